// Field types for Datagen in JavaScript: random numbers and columns. See markov.js for an example.
//
// Numbers of 64 bits arrive as JavaScript numbers, which are exact up to 2^53; seeds are smaller.

// The random numbers of a row: SplitMix64, started from its seed, in halves of 32 bits.
export class Random {
  constructor(seed) {
    const number = Number(seed);
    this.high = Math.floor(number / 4294967296) >>> 0;
    this.low = number >>> 0;
  }

  // The next 64 bits; the upper half is returned, the lower one stays in `lower`.
  upper() {
    let low = this.low + 0x7f4a7c15;
    let high = (this.high + 0x9e3779b9 + (low > 0xffffffff ? 1 : 0)) >>> 0;
    this.high = high;
    this.low = low = low >>> 0;
    low = (low ^ ((low >>> 30) | (high << 2))) >>> 0;
    high ^= high >>> 30;
    high = (upperOf(low, 0x1ce4e5b9) + Math.imul(high, 0x1ce4e5b9) + Math.imul(low, 0xbf58476d)) >>> 0;
    low = Math.imul(low, 0x1ce4e5b9) >>> 0;
    low = (low ^ ((low >>> 27) | (high << 5))) >>> 0;
    high ^= high >>> 27;
    high = (upperOf(low, 0x133111eb) + Math.imul(high, 0x133111eb) + Math.imul(low, 0x94d049bb)) >>> 0;
    low = Math.imul(low, 0x133111eb) >>> 0;
    this.lower = (low ^ ((low >>> 31) | (high << 1))) >>> 0;
    return (high ^ (high >>> 31)) >>> 0;
  }

  // Uniform in 0 .. bound - 1, for bounds up to 2^21.
  below(bound) {
    return Math.floor((this.upper() * bound) / 4294967296);
  }

  // Uniform in [0, 1).
  unit() {
    const upper = this.upper();
    return (upper * 2097152 + (this.lower >>> 11)) / 9007199254740992;
  }

  pick(items) {
    return items[this.below(items.length)];
  }
}

// The upper half of the product of two numbers of 32 bits.
function upperOf(a, b) {
  return Math.floor(((a >>> 16) * b + Math.floor(((a & 0xffff) * b) / 65536)) / 65536);
}

// Writes the UTF-8 bytes of a text at `at`, where three bytes a letter have room; the place behind them.
// Loops over typed arrays by index: iterators cost the interpreter a hundred times as much.
function encode(text, data, at) {
  for (let i = 0; i < text.length; i++) {
    let c = text.charCodeAt(i);
    if (c < 0x80) {
      data[at++] = c;
      continue;
    }
    if (c >= 0xd800 && c < 0xdc00) {
      c = text.codePointAt(i);
      if (c > 0xffff) i++;
    }
    if (c < 0x800) data[at++] = 0xc0 | (c >> 6);
    else {
      if (c < 0x10000) data[at++] = 0xe0 | (c >> 12);
      else {
        data[at++] = 0xf0 | (c >> 18);
        data[at++] = 0x80 | ((c >> 12) & 63);
      }
      data[at++] = 0x80 | ((c >> 6) & 63);
    }
    data[at++] = 0x80 | (c & 63);
  }
  return at;
}

// A column of texts; null and undefined are nulls.
export function texts(values) {
  const offsets = new Uint32Array(values.length + 1), validity = new Uint8Array(values.length);
  let data = new Uint8Array(1024), at = 0, nulls = false;
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (value === null || value === undefined) nulls = true;
    else {
      if (at + 3 * value.length > data.length) {
        const larger = new Uint8Array(2 * (at + 3 * value.length));
        larger.set(data);
        data = larger;
      }
      at = encode(value, data, at);
      validity[i] = 1;
    }
    offsets[i + 1] = at;
  }
  return {
    data: { tag: "utf8", val: { offsets, data: data.subarray(0, at) } },
    validity: nulls ? validity : undefined,
  };
}

// The type of a column.
export const columnType = (kind, precision = 0, scale = 0) => ({ kind, precision, scale });

// A column of any kind; null and undefined are nulls.
function column(kind, values) {
  if (kind === "utf8") return texts(values);
  const [list, placeholder] = {
    boolean: [Uint8Array, 0],
    int32: [Int32Array, 0],
    date: [Int32Array, 0],
    float32: [Float32Array, 0],
    float64: [Float64Array, 0],
  }[kind] ?? [Array, 0];
  const present = values.map((value) => (value === null || value === undefined ? 0 : 1));
  return {
    data: { tag: kind, val: list.from(values, (value) => Number(value ?? placeholder)) },
    validity: present.includes(0) ? Uint8Array.from(present) : undefined,
  };
}

// The UTF-8 bytes from `start` to `end` as a text.
function decode(data, start, end) {
  let text = "";
  for (let i = start; i < end; ) {
    const first = data[i++];
    const more = first < 0x80 ? 0 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
    let c = more === 0 ? first : first & (0x3f >> more);
    for (let k = 0; k < more; k++) c = (c << 6) | (data[i++] & 63);
    text += String.fromCodePoint(c);
  }
  return text;
}

// The values of an input's column; nulls are null.
function cells({ data: { tag, val }, validity }) {
  const list = tag === "utf8"
    ? Array.from({ length: val.offsets.length - 1 }, (_, i) => decode(val.data, val.offsets[i], val.offsets[i + 1]))
    : Array.from(val, tag === "boolean" ? (flag) => flag === 1 : Number);
  return validity ? list.map((value, i) => (validity[i] ? value : null)) : list;
}

// What a module exports: its generators by name, each { summary, output, params, inputs, check, value }.
// value(random, params, row) gives the value of a row; row.number is its number, row.NAME the input NAME.
export function module(name, version, generators) {
  const prepare = (own, values) => {
    const params = {};
    own.params.forEach((param, index) => (params[param.name] = values[index].val));
    const refusal = own.check?.(params);
    if (refusal) throw { kind: "bad-params", message: refusal, row: undefined, param: undefined };
    return params;
  };
  return {
    describe: () => ({
      name,
      version,
      generators: Object.entries(generators).map(([name, own]) => ({
        name,
        summary: own.summary,
        output: own.output,
        nullable: own.nullable ?? false,
        params: own.params.map((param) => ({ required: false, doc: "", defaultValue: undefined, ...param })),
        inputs: (own.inputs ?? []).map((input) => ({ accepts: [], required: false, doc: "", ...input })),
        subValues: [],
        random: true,
      })),
    }),
    check: (name, values) => {
      prepare(generators[name], values);
      return generators[name].output;
    },
    generate: (request) => {
      const own = generators[request.generator];
      const params = prepare(own, request.params);
      const inputs = (own.inputs ?? []).map((input, index) => {
        const bound = request.inputs[index];
        return [input.name, bound === null || bound === undefined ? null : cells(bound)];
      });
      const seeds = request.rowSeeds, first = Number(request.firstRow), values = [];
      for (let index = 0; index < seeds.length; index++) {
        const row = { number: first + index };
        for (let input = 0; input < inputs.length; input++) {
          const list = inputs[input][1];
          row[inputs[input][0]] = list === null ? null : list[index];
        }
        values.push(own.value(new Random(seeds[index]), params, row));
      }
      return { values: column(own.output.kind, values), subValues: [] };
    },
  };
}

// The texts that the first generator of a module makes, for tests: without Datagen, rows from 0 on.
export function trial(generators, { params = {}, seeds }) {
  const own = generators.describe().generators[0];
  const value = ({ name, kind, defaultValue }) => ({ tag: kind, val: params[name] ?? JSON.parse(defaultValue) });
  const request = { generator: own.name, params: own.params.map(value), rowSeeds: seeds, firstRow: 0, inputs: [] };
  return cells(generators.generate(request).values);
}
