package datagen

import (
	"encoding/binary"
	"math"
	"reflect"
)

// The values of a block, as they are handed over.
type column struct {
	kind     uint8
	rows     int
	data     []byte
	offsets  []uint32
	validity []byte
	done     int
}

func newColumn(kind uint8, rows int) column {
	made := column{kind: kind, rows: rows, data: make([]byte, 0, rows*8)}
	if kind == kindUtf8 || kind == kindBytes {
		made.offsets = make([]uint32, 1, rows+1)
	}
	return made
}

func add[V Value](to *column, value V) {
	switch value := any(value).(type) {
	case bool:
		number := byte(0)
		if value {
			number = 1
		}
		to.data = append(to.data, number)
	case int32:
		to.data = binary.LittleEndian.AppendUint32(to.data, uint32(value))
	case int64:
		to.data = binary.LittleEndian.AppendUint64(to.data, uint64(value))
	case float32:
		to.data = binary.LittleEndian.AppendUint32(to.data, math.Float32bits(value))
	case float64:
		to.data = binary.LittleEndian.AppendUint64(to.data, math.Float64bits(value))
	case string:
		to.data = append(to.data, value...)
	case []byte:
		to.data = append(to.data, value...)
	}
	to.close()
}

func (to *column) close() {
	if to.offsets != nil {
		to.offsets = append(to.offsets, uint32(len(to.data)))
	}
	if to.validity != nil {
		to.validity[to.done] = 1
	}
	to.done++
}

func (to *column) addNull() {
	if to.validity == nil {
		to.validity = make([]byte, to.rows)
		for row := range to.done {
			to.validity[row] = 1
		}
	}
	to.data = append(to.data, make([]byte, width(to.kind))...)
	to.close()
	to.validity[to.done-1] = 0
}

// Bytes of a value; 0 where they vary.
func width(kind uint8) int {
	switch kind {
	case kindBoolean:
		return 1
	case kindInt32, kindFloat32, kindDate:
		return 4
	case kindUtf8, kindBytes:
		return 0
	}
	return 8
}

// The values of another field, as they are handed in.
type input struct {
	kind     uint8
	data     []byte
	offsets  []uint32
	validity []byte
}

// Sets `to`, whose type is that of the kind.
func (from *input) read(to reflect.Value, row int) {
	at := row * width(from.kind)
	switch from.kind {
	case kindBoolean:
		to.SetBool(from.data[at] != 0)
	case kindInt32, kindDate:
		to.SetInt(int64(int32(binary.LittleEndian.Uint32(from.data[at:]))))
	case kindInt64, kindTimestamp, kindDecimal:
		to.SetInt(int64(binary.LittleEndian.Uint64(from.data[at:])))
	case kindFloat32:
		to.SetFloat(float64(math.Float32frombits(binary.LittleEndian.Uint32(from.data[at:]))))
	case kindFloat64:
		to.SetFloat(math.Float64frombits(binary.LittleEndian.Uint64(from.data[at:])))
	case kindUtf8:
		to.SetString(string(from.data[from.offsets[row]:from.offsets[row+1]]))
	case kindBytes:
		to.SetBytes(append([]byte(nil), from.data[from.offsets[row]:from.offsets[row+1]]...))
	}
}
