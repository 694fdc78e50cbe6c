//go:build wasip1

package datagen

import (
	"encoding/binary"
	"math"
	"unsafe"
)

// What is handed to and from Datagen, laid out as the canonical ABI of the component model says:
// https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md

// Memory that Datagen reads or writes until the next call: the collector leaves it alone.
var lent [][]uint64

//go:wasmexport cabi_realloc
func reallocate(old unsafe.Pointer, oldBytes, align, bytes uint32) unsafe.Pointer {
	fresh := area(int(bytes))
	if old != nil {
		copy(fresh, unsafe.Slice((*byte)(old), oldBytes))
	}
	return unsafe.Pointer(unsafe.SliceData(fresh))
}

// A piece of memory at a multiple of 8.
func area(bytes int) []byte {
	words := make([]uint64, bytes/8+1)
	lent = append(lent, words)
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(words))), bytes)
}

func address(of []byte) uint32 { return uint32(uintptr(unsafe.Pointer(unsafe.SliceData(of)))) }

func put32(to []byte, value uint32) { binary.LittleEndian.PutUint32(to, value) }

// A list of bytes, or a text.
func putBytes(to, bytes []byte) {
	kept := area(len(bytes))
	copy(kept, bytes)
	put32(to, address(kept))
	put32(to[4:], uint32(len(bytes)))
}

func putText(to []byte, text string) { putBytes(to, []byte(text)) }

// A list of `count` items.
func putList(to []byte, count, size int) (items []byte) {
	items = area(count * size)
	put32(to, address(items))
	put32(to[4:], uint32(count))
	return items
}

func boolean(value bool) byte {
	if value {
		return 1
	}
	return 0
}

//go:wasmexport datagen:field/generators@1.0.0#describe
func exportDescribe() unsafe.Pointer {
	lent = nil
	info := area(24)
	putText(info, module.name)
	putText(info[8:], module.version)
	list := putList(info[16:], len(module.generators), 48)
	for number, generator := range module.generators {
		putDescriptor(list[number*48:], generator.describe())
	}
	return unsafe.Pointer(unsafe.SliceData(info))
}

func putDescriptor(to []byte, made descriptor) {
	putText(to, made.name)
	putText(to[8:], made.summary)
	to[16], to[19] = made.kind, boolean(made.nullable)
	list := putList(to[20:], len(made.parameters), 32)
	for number, parameter := range made.parameters {
		spec := list[number*32:]
		putText(spec, parameter.name)
		spec[8], spec[9] = parameter.kind, boolean(parameter.standard == nil)
		if parameter.standard != nil {
			spec[12] = 1
			putText(spec[16:], *parameter.standard)
		}
		putText(spec[24:], parameter.doc)
	}
	list = putList(to[28:], len(made.inputs), 28)
	for number, input := range made.inputs {
		spec := list[number*28:]
		putText(spec, input.name)
		putBytes(spec[8:], []byte{input.kind})
		putText(spec[20:], input.doc)
	}
	putList(to[36:], 0, 12)
	to[44] = 1
}

func text(pointer unsafe.Pointer, bytes uint32) string {
	return string(unsafe.Slice((*byte)(pointer), bytes))
}

// A list that lies at the address in `from`.
func list(from []byte, size int) []byte {
	return slice(binary.LittleEndian.Uint32(from), int(binary.LittleEndian.Uint32(from[4:]))*size)
}

func slice(at uint32, bytes int) []byte {
	if bytes == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(unsafe.Add(unsafe.Pointer(nil), at)), bytes)
}

func find(name string) Registered {
	for _, generator := range module.generators {
		if generator.name() == name {
			return generator
		}
	}
	panic("there is no generator " + name)
}

func parameters(pointer unsafe.Pointer, count uint32) []any {
	values := make([]any, count)
	for number := range values {
		from := unsafe.Slice((*byte)(unsafe.Add(pointer, number*16)), 16)
		switch from[0] {
		case 1:
			values[number] = from[8] != 0
		case 2:
			values[number] = int64(binary.LittleEndian.Uint64(from[8:]))
		case 3:
			values[number] = math.Float64frombits(binary.LittleEndian.Uint64(from[8:]))
		case 4, 5:
			values[number] = string(list(from[8:], 1))
		}
	}
	return values
}

// The error of a result whose payload stands at `to`.
func putFailure(to []byte, kind uint8, failed failure) {
	to[0] = kind
	putText(to[4:], failed.message)
	if failed.row >= 0 {
		to[12] = 1
		put32(to[16:], uint32(failed.row))
	}
	if failed.parameter != "" {
		to[20] = 1
		putText(to[24:], failed.parameter)
	}
}

const badParameters, internal = 0, 4

//go:wasmexport datagen:field/generators@1.0.0#check
func exportCheck(name unsafe.Pointer, nameBytes uint32, values unsafe.Pointer, count uint32, _ unsafe.Pointer, _ uint32) unsafe.Pointer {
	generator := find(text(name, nameBytes))
	given := parameters(values, count)
	lent = nil
	result := area(36)
	if err := generator.check(given); err != nil {
		result[0] = 1
		putFailure(result[4:], badParameters, failure{message: err.Error(), row: -1})
	} else {
		result[4] = generator.describe().kind
	}
	return unsafe.Pointer(unsafe.SliceData(result))
}

//go:wasmexport datagen:field/generators@1.0.0#generate
func exportGenerate(
	name unsafe.Pointer, nameBytes uint32, _ unsafe.Pointer, _ uint32, values unsafe.Pointer, count uint32,
	seeds unsafe.Pointer, seedCount uint32, fieldSeed, firstRow uint64, rows uint32, _ uint32, _ uint64,
	inputs unsafe.Pointer, inputCount uint32,
) unsafe.Pointer {
	generator := find(text(name, nameBytes))
	asked := request{
		parameters: parameters(values, count), seeds: unsafe.Slice((*uint64)(seeds), seedCount),
		fieldSeed: fieldSeed, firstRow: firstRow, rows: rows, inputs: make([]*input, inputCount),
	}
	for number := range asked.inputs {
		from := unsafe.Slice((*byte)(unsafe.Add(inputs, number*36)), 36)
		if from[0] == 1 {
			asked.inputs[number] = readInput(from[4:])
		}
	}
	made, failed := generator.generate(&asked)
	lent = nil
	result := area(44)
	if failed != nil {
		result[0] = 1
		putFailure(result[4:], internal, *failed)
	} else {
		putColumn(result[4:], made)
		putList(result[36:], 0, 32)
	}
	return unsafe.Pointer(unsafe.SliceData(result))
}

func readInput(from []byte) *input {
	read := &input{kind: from[0]}
	if read.kind == kindUtf8 || read.kind == kindBytes {
		if offsets := list(from[4:], 4); offsets != nil {
			read.offsets = unsafe.Slice((*uint32)(unsafe.Pointer(unsafe.SliceData(offsets))), len(offsets)/4)
		}
		read.data = list(from[12:], 1)
	} else {
		read.data = list(from[4:], width(read.kind))
	}
	if from[20] == 1 {
		read.validity = list(from[24:], 1)
	}
	return read
}

func putColumn(to []byte, made column) {
	to[0] = made.kind
	if made.offsets != nil {
		offsets := putList(to[4:], len(made.offsets), 4)
		for place, offset := range made.offsets {
			put32(offsets[place*4:], offset)
		}
		putBytes(to[12:], made.data)
	} else {
		putBytes(to[4:], made.data)
		put32(to[8:], uint32(made.rows))
	}
	if made.validity != nil {
		to[20] = 1
		putBytes(to[24:], made.validity)
	}
}
