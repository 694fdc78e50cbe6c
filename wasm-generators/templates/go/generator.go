// @TYPE@: a code of letters and digits. Say here what your type gives.
package main

import (
	"errors"

	"generator/datagen"
)

// Parameters are what a model may say of a field.
type Parameters struct {
	Prefix string `default:"A" doc:"What every code begins with."`
	Digits int64  `default:"6" doc:"Digits of a code, 1 to 18."`
}

// Inputs are values of other fields; a struct of pointers, which are nil for nulls.
type Inputs = datagen.None

var code = datagen.Generator[Parameters, Inputs, string]{
	Name:    "@kebab@",
	Summary: "A code of letters and digits.",
	Check:   check,
	Value:   value,
}

// Once for a field: refuses parameters that make no sense.
func check(parameters Parameters) error {
	if parameters.Digits < 1 || parameters.Digits > 18 {
		return errors.New("digits: expected 1 to 18")
	}
	return nil
}

// Once for a row. An error ends the command, with the row.
func value(row *datagen.Row[Parameters, Inputs]) (string, error) {
	text := []byte(row.Parameters.Prefix + "-")
	for range row.Parameters.Digits {
		text = append(text, '0'+byte(row.Random.Below(10)))
	}
	return string(text), nil
}

func init() { datagen.Module("@kebab@", "1.0.0", datagen.Register(code)) }

func main() {}
