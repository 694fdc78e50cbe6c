// Package datagen makes field types for Datagen: a generator is a function from a row's own random numbers, its
// number, its inputs and some parameters to a value.
package datagen

import (
	cryptorand "crypto/rand"
	"errors"
	"math/bits"
)

// Null makes the value of a row null; the generator must be Nullable.
var Null = errors.New("null")

// None stands where a generator has no parameters, or no inputs.
type None struct{}

// Value is what generators return.
type Value interface {
	bool | int32 | int64 | float32 | float64 | string | []byte
}

// Generator makes the values of one field type.
//
// P is a struct of parameters: bool, int64, float64 and string fields, with tags `default:"…"` and `doc:"…"`; one
// without default must be given. I is a struct of inputs, the values of other fields: pointers to bool, int32, int64,
// float32, float64 or string, which are nil for nulls. Names are those of the fields in lower case, or a tag
// `name:"…"`.
type Generator[P, I any, V Value] struct {
	// Name, [a-z][a-z0-9-]*: what models call it, in capitals or not.
	Name string
	// Summary is one sentence.
	Summary string
	// Nullable says whether values may be Null.
	Nullable bool
	// Check refuses parameters that make no sense, once for a field; it may be nil.
	Check func(parameters P) error
	// Value makes the value of a row, which depends on nothing but the row.
	Value func(row *Row[P, I]) (V, error)
}

// Row is what a value is made of.
type Row[P, I any] struct {
	// Random are the row's own numbers, the only ones that may be used.
	Random *Random
	// Number counts over the whole command.
	Number uint64
	// FieldSeed is the same for all rows, for permutations and the like.
	FieldSeed  uint64
	Parameters P
	Inputs     I
}

// Random are the random numbers of a row: SplitMix64, started from its seed.
type Random struct{ state uint64 }

// Word gives 64 bits.
func (random *Random) Word() uint64 {
	random.state += 0x9e3779b97f4a7c15
	value := random.state
	value = (value ^ value>>30) * 0xbf58476d1ce4e5b9
	value = (value ^ value>>27) * 0x94d049bb133111eb
	return value ^ value>>31
}

// Below is uniform in 0 … bound-1.
func (random *Random) Below(bound uint32) uint32 {
	high, _ := bits.Mul32(uint32(random.Word()>>32), bound)
	return high
}

// Unit is uniform in [0, 1).
func (random *Random) Unit() float64 { return float64(random.Word()>>11) / 9007199254740992 }

// Pick gives one of the items.
func Pick[T any](random *Random, items []T) T { return items[random.Below(uint32(len(items)))] }

// Module registers the generators of a module; it is called once, from main's init.
func Module(name, version string, generators ...Registered) {
	module = moduleInfo{name, version, generators}
	// The standard library's own numbers do not depend on the row alone.
	cryptorand.Reader = lacking{}
}

// Trial makes the values for these seeds, in tests without Datagen: rows from 0 on, without inputs.
func Trial[P, I any, V Value](generator Generator[P, I, V], parameters P, seeds ...uint64) ([]V, error) {
	if generator.Check != nil {
		if err := generator.Check(parameters); err != nil {
			return nil, err
		}
	}
	values := make([]V, 0, len(seeds))
	for number, seed := range seeds {
		row := Row[P, I]{Random: &Random{seed}, Number: uint64(number), Parameters: parameters}
		value, err := generator.Value(&row)
		if err != nil {
			return nil, err
		}
		values = append(values, value)
	}
	return values, nil
}

type lacking struct{}

func (lacking) Read([]byte) (int, error) {
	panic("crypto/rand is not there: a value depends on its row alone; draw from row.Random")
}

type moduleInfo struct {
	name, version string
	generators    []Registered
}

var module moduleInfo
