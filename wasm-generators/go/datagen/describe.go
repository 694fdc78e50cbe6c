package datagen

import (
	"encoding/json"
	"fmt"
	"reflect"
	"runtime/debug"
	"strings"
)

// Kinds of columns, in the order of the interface.
const (
	kindBoolean uint8 = iota
	kindInt32
	kindInt64
	kindFloat32
	kindFloat64
	kindDecimal
	kindDate
	kindTimestamp
	kindUtf8
	kindBytes
)

// Registered is a generator that a module offers: Register makes it.
type Registered interface {
	name() string
	describe() descriptor
	check(parameters []any) error
	generate(request *request) (column, *failure)
}

// Register offers a generator.
func Register[P, I any, V Value](generator Generator[P, I, V]) Registered {
	return &registered[P, I, V]{generator}
}

type registered[P, I any, V Value] struct{ own Generator[P, I, V] }

type descriptor struct {
	name, summary string
	kind          uint8
	nullable      bool
	parameters    []parameterSpec
	inputs        []inputSpec
}

type parameterSpec struct {
	name, doc string
	// 0 boolean, 1 whole number, 2 number, 3 text
	kind uint8
	// As JSON; nil: it must be given.
	standard *string
}

type inputSpec struct {
	name, doc string
	kind      uint8
}

// What Datagen asks for: rows of a block.
type request struct {
	parameters          []any
	seeds               []uint64
	fieldSeed, firstRow uint64
	rows                uint32
	inputs              []*input
}

type failure struct {
	message   string
	parameter string
	row       int
}

func (own *registered[P, I, V]) name() string { return own.own.Name }

func (own *registered[P, I, V]) describe() descriptor {
	var value V
	return descriptor{
		name: own.own.Name, summary: own.own.Summary, kind: kindOf(reflect.TypeOf(value)), nullable: own.own.Nullable,
		parameters: parametersOf(reflect.TypeFor[P]()), inputs: inputsOf(reflect.TypeFor[I]()),
	}
}

func kindOf(of reflect.Type) uint8 {
	switch of.Kind() {
	case reflect.Bool:
		return kindBoolean
	case reflect.Int32:
		return kindInt32
	case reflect.Int64:
		return kindInt64
	case reflect.Float32:
		return kindFloat32
	case reflect.Float64:
		return kindFloat64
	case reflect.String:
		return kindUtf8
	case reflect.Slice:
		return kindBytes
	}
	panic(fmt.Sprintf("values of %v are not known: bool, int32, int64, float32, float64, string and []byte are", of))
}

func nameOf(field reflect.StructField) string {
	if name := field.Tag.Get("name"); name != "" {
		return name
	}
	return strings.ToLower(field.Name)
}

func parametersOf(of reflect.Type) []parameterSpec {
	specs := make([]parameterSpec, 0, of.NumField())
	for _, field := range reflect.VisibleFields(of) {
		spec := parameterSpec{name: nameOf(field), doc: field.Tag.Get("doc")}
		switch field.Type.Kind() {
		case reflect.Bool:
			spec.kind = 0
		case reflect.Int64:
			spec.kind = 1
		case reflect.Float64:
			spec.kind = 2
		case reflect.String:
			spec.kind = 3
		default:
			panic(fmt.Sprintf("parameter %s: bool, int64, float64 and string are known, not %v", field.Name, field.Type))
		}
		if standard, given := field.Tag.Lookup("default"); given {
			if spec.kind == 3 {
				quoted, _ := json.Marshal(standard)
				standard = string(quoted)
			}
			spec.standard = &standard
		}
		specs = append(specs, spec)
	}
	return specs
}

func inputsOf(of reflect.Type) []inputSpec {
	specs := make([]inputSpec, 0, of.NumField())
	for _, field := range reflect.VisibleFields(of) {
		if field.Type.Kind() != reflect.Pointer {
			panic(fmt.Sprintf("input %s: it may be null, so it is a pointer: *%v", field.Name, field.Type))
		}
		specs = append(specs, inputSpec{nameOf(field), field.Tag.Get("doc"), kindOf(field.Type.Elem())})
	}
	return specs
}

// The struct of parameters with these values, in the order of its fields.
func bound[P any](values []any) P {
	var parameters P
	to := reflect.ValueOf(&parameters).Elem()
	for place, value := range values {
		if value != nil {
			to.Field(place).Set(reflect.ValueOf(value))
		}
	}
	return parameters
}

func (own *registered[P, I, V]) check(values []any) error {
	if own.own.Check == nil {
		return nil
	}
	return own.own.Check(bound[P](values))
}

// A panic or an error of a row, as it is told.
func told(row int, what any) *failure {
	message := fmt.Sprint(what)
	if place := authorsPlace(); place != "" {
		message += " (" + place + ")"
	}
	return &failure{message: message, row: row}
}

func (own *registered[P, I, V]) generate(request *request) (made column, failed *failure) {
	number := -1
	defer func() {
		if thrown := recover(); thrown != nil {
			failed = told(number, thrown)
		}
	}()
	row := Row[P, I]{Parameters: bound[P](request.parameters), FieldSeed: request.fieldSeed}
	if own.own.Check != nil {
		if err := own.own.Check(row.Parameters); err != nil {
			return column{}, &failure{message: err.Error(), row: -1}
		}
	}
	var values V
	made = newColumn(kindOf(reflect.TypeOf(values)), int(request.rows))
	read := readers(reflect.ValueOf(&row.Inputs).Elem(), request.inputs)
	for number = 0; number < int(request.rows); number++ {
		row.Random = &Random{request.seeds[number]}
		row.Number = request.firstRow + uint64(number)
		for _, next := range read {
			next(number)
		}
		value, err := own.own.Value(&row)
		if err == Null {
			made.addNull()
			continue
		}
		if err != nil {
			return column{}, &failure{message: err.Error(), row: number}
		}
		add(&made, value)
	}
	return made, nil
}

// Functions that set the inputs of a row.
func readers(inputs reflect.Value, columns []*input) []func(row int) {
	read := make([]func(row int), 0, len(columns))
	for place, from := range columns {
		field := inputs.Field(place)
		if from == nil {
			continue
		}
		read = append(read, func(row int) {
			if from.validity != nil && from.validity[row] == 0 {
				field.SetZero()
				return
			}
			value := reflect.New(field.Type().Elem())
			from.read(value.Elem(), row)
			field.Set(value)
		})
	}
	return read
}

// Where in the author's files the panic that is being recovered came from. A file of the standard library is told by
// its path, which has no module's name before it.
func authorsPlace() string {
	build, known := debug.ReadBuildInfo()
	if !known {
		return ""
	}
	own := build.Main.Path + "/"
	for _, line := range strings.Split(string(debug.Stack()), "\n") {
		line, _, _ = strings.Cut(strings.TrimSpace(line), " +")
		if strings.HasPrefix(line, own) && !strings.HasPrefix(line, own+"datagen/") && strings.Contains(line, ".go:") {
			return line[len(own):]
		}
	}
	return ""
}
