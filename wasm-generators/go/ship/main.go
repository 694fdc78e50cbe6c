// SHIP: IMO numbers, by which ships are known for life: six digits and one that checks them.
package main

import (
	"errors"
	"strconv"

	"generator/datagen"
)

// Parameters are what a model may say of a field.
type Parameters struct {
	Prefix bool  `default:"true" doc:"Whether the letters IMO stand before the number."`
	First  int64 `default:"500000" doc:"The smallest number, without its check digit."`
	Last   int64 `default:"999999" doc:"The largest number, without its check digit."`
}

var ship = datagen.Generator[Parameters, datagen.None, string]{
	Name:    "ship",
	Summary: "IMO numbers of ships, with their check digit.",
	Check: func(parameters Parameters) error {
		if parameters.First < 100_000 || parameters.Last > 999_999 || parameters.First > parameters.Last {
			return errors.New("first and last: expected 100000 to 999999, the smaller one first")
		}
		return nil
	},
	Value: func(row *datagen.Row[Parameters, datagen.None]) (string, error) {
		from, to := row.Parameters.First, row.Parameters.Last
		number := from + int64(row.Random.Below(uint32(to-from+1)))
		digits := strconv.FormatInt(number, 10)
		sum := 0
		for place, digit := range digits {
			sum += int(digit-'0') * (7 - place)
		}
		digits += strconv.Itoa(sum % 10)
		if row.Parameters.Prefix {
			return "IMO " + digits, nil
		}
		return digits, nil
	},
}

func init() { datagen.Module("ship", "1.0.0", datagen.Register(ship)) }

func main() {}
