// Field types for Datagen in JavaScript: random numbers and columns. See markov.js for an example.
//
// Numbers of 64 bits arrive as JavaScript numbers, which are exact up to 2^53; seeds are smaller.

// The log of Datagen; there is none in tests without it.
const log = await import("datagen:field/log@1.0.0").then((host) => host.default, () => null);

// What would make a value depend on more than its row fails, with the cure.
const lacking = (name, cure) => () => {
  throw new Error(`${name} is not there: a value depends on its row alone; ${cure}`);
};
const NO_RANDOM = "draw from the row's own numbers: random.unit(), random.below(bound), random.pick(items)";
const NO_CLOCK = "read the time from a field (inputs) or a parameter";

if (log !== null) {
  const print = (level) => (...values) => log.log(level, values.map(shown).join(" "));
  globalThis.console = {
    debug: print("debug"), log: print("info"), info: print("info"), warn: print("warn"), error: print("error"),
  };
  Math.random = lacking("Math.random()", NO_RANDOM);
  globalThis.crypto = {
    getRandomValues: lacking("crypto.getRandomValues()", NO_RANDOM),
    randomUUID: lacking("crypto.randomUUID()", NO_RANDOM),
  };
  globalThis.performance = { now: lacking("performance.now()", NO_CLOCK) };
  const noDate = lacking("new Date() without a time", NO_CLOCK);
  globalThis.Date = class extends Date {
    constructor(...time) {
      if (time.length === 0) noDate();
      super(...time);
    }
  };
  Date.now = lacking("Date.now()", NO_CLOCK);
}

// A value as it is printed.
function shown(value) {
  if (typeof value !== "object" || value === null) return String(value);
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  return JSON.stringify(value, (_, part) => (typeof part === "bigint" ? String(part) : part)) ?? String(value);
}

const imul = Math.imul;

// The random numbers of a row: SplitMix64, started from its seed, in halves of 32 bits.
export class Random {
  constructor(seed) {
    const number = Number(seed);
    this.high = Math.floor(number / 4294967296) >>> 0;
    this.low = number >>> 0;
  }

  // The next 64 bits; the upper half is returned, the lower one stays in `lower`. Products of halves go by
  // digits of 16 bits: nothing here is a call or a fraction, which cost the interpreter most.
  upper() {
    let low = (this.low + 0x7f4a7c15) >>> 0;
    let high = (this.high + 0x9e3779b9 + (low < 0x7f4a7c15 ? 1 : 0)) | 0;
    this.high = high;
    this.low = low;
    low ^= (low >>> 30) | (high << 2);
    high ^= high >>> 30;
    let a = low & 0xffff, b = low >>> 16, c = b * 0xe5b9 + ((a * 0xe5b9) >>> 16);
    high = b * 0x1ce4 + (c >>> 16) + ((a * 0x1ce4 + (c & 0xffff)) >>> 16)
      + imul(high, 0x1ce4e5b9) + imul(low, 0xbf58476d) | 0;
    low = imul(low, 0x1ce4e5b9);
    low ^= (low >>> 27) | (high << 5);
    high ^= high >>> 27;
    a = low & 0xffff, b = low >>> 16, c = b * 0x11eb + ((a * 0x11eb) >>> 16);
    high = b * 0x1331 + (c >>> 16) + ((a * 0x1331 + (c & 0xffff)) >>> 16)
      + imul(high, 0x133111eb) + imul(low, 0x94d049bb) | 0;
    low = imul(low, 0x133111eb);
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
    if (items.length === 0) throw new Error("random.pick(items): there is no item");
    return items[this.below(items.length)];
  }
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

// A value that is none of its column's type.
class WrongType extends Error {}

// Refuses a value: `row` counts from the start of the block.
function wrong(value, kind, row) {
  const type = value instanceof Date ? "Date" : Array.isArray(value) ? "array" : typeof value;
  const error = new WrongType(`it gives ${excerpt(shown(value))} (${type}), expected ${EXPECTED[kind] ?? kind}`);
  error.row = row;
  return error;
}

const excerpt = (text) => (text.length > 100 ? `${text.slice(0, 100)}…` : text);

// What the values of a kind are in JavaScript.
const WHOLE = "a whole number of at most 2^53 - 1, which is what JavaScript hands over exactly";
const EXPECTED = {
  boolean: "boolean",
  int32: "int32: a whole number of 32 bits",
  int64: `int64: ${WHOLE}`,
  float32: "float32: a number",
  float64: "float64: a number",
  decimal: `decimal: the digits without the point, ${WHOLE}`,
  date: "date: the days since 1970-01-01, a whole number",
  timestamp: `timestamp: the microseconds since 1970-01-01, ${WHOLE}`,
  utf8: "utf8: a string",
  bytes: "bytes: a Uint8Array",
};

const isNull = (value) => value === null || value === undefined;

// Values of any number of bytes, one behind the other, which `write(value, data, at)` writes.
function laidOut(kind, values, is, write, mostBytes) {
  const offsets = new Uint32Array(values.length + 1), validity = new Uint8Array(values.length);
  let data = new Uint8Array(1024), at = 0, nulls = false;
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (isNull(value)) nulls = true;
    else {
      if (!is(value)) throw wrong(value, kind, i);
      const most = at + mostBytes * value.length;
      if (most > data.length) {
        const larger = new Uint8Array(2 * most);
        larger.set(data);
        data = larger;
      }
      at = write(value, data, at);
      validity[i] = 1;
    }
    offsets[i + 1] = at;
  }
  return {
    data: { tag: kind, val: { offsets, data: data.subarray(0, at) } },
    validity: nulls ? validity : undefined,
  };
}

// A column of texts; null and undefined are nulls.
export const texts = (values) => laidOut("utf8", values, (value) => typeof value === "string", encode, 3);

function bytes(values) {
  const write = (value, data, at) => (data.set(value, at), at + value.length);
  return laidOut("bytes", values, (value) => value instanceof Uint8Array, write, 1);
}

// The type of a column.
export function columnType(kind, precision = 0, scale = 0) {
  if (!Object.hasOwn(EXPECTED, kind)) {
    throw new Error(`there is no type "${kind}" of columns, expected one of ${Object.keys(EXPECTED).join(", ")}`);
  }
  return { kind, precision, scale };
}

const isSmall = (value) => Number.isInteger(value) && value >= -2147483648 && value <= 2147483647;
const isWhole = (value) => Number.isSafeInteger(value)
  || (typeof value === "bigint" && Number.isSafeInteger(Number(value)));
const isNumber = (value) => typeof value === "number";

// How the numbers of a kind are handed over, and which values are some.
const NUMBERS = {
  boolean: [Uint8Array, (value) => typeof value === "boolean"],
  int32: [Int32Array, isSmall],
  date: [Int32Array, isSmall],
  int64: [Array, isWhole],
  timestamp: [Array, isWhole],
  decimal: [Array, isWhole],
  float32: [Float32Array, isNumber],
  float64: [Float64Array, isNumber],
};

// A column of any kind; null and undefined are nulls.
function column(kind, values) {
  if (kind === "utf8") return texts(values);
  if (kind === "bytes") return bytes(values);
  const [list, is] = NUMBERS[kind];
  const val = new list(values.length), validity = new Uint8Array(values.length);
  let nulls = false;
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (isNull(value)) {
      nulls = true;
      val[i] = 0;
    } else {
      if (!is(value)) throw wrong(value, kind, i);
      val[i] = Number(value);
      validity[i] = 1;
    }
  }
  return { data: { tag: kind, val }, validity: nulls ? validity : undefined };
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

// Where in the author's files an error came up: "generator.js:12:5", or nothing.
function place(error) {
  for (const line of String(error?.stack ?? "").split("\n")) {
    const found = /([^/(\s]+\.[a-z]+:\d+:\d+)\)?$/.exec(line.trim());
    if (found && !found[1].startsWith("datagen_field.js:")) return found[1];
  }
  return "";
}

// What a generator throws, as the interface tells it: with its text, its place and, where there is one, its row.
function failure(thrown, row = undefined) {
  if (!(thrown instanceof Error)) {
    if (typeof thrown?.kind === "string") return { row, param: undefined, ...thrown };
    return { kind: "internal", message: shown(thrown), row, param: undefined };
  }
  const at = thrown instanceof WrongType ? "" : place(thrown);
  const text = thrown instanceof WrongType ? thrown.message : `${thrown.name}: ${thrown.message}`;
  return { kind: "internal", message: at ? `${text} (${at})` : text, row: thrown.row ?? row, param: undefined };
}

// A generator as it is: TypeScript learns the types of its parameters and inputs here.
export const generator = (own) => own;

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
  for (const [own, { output, params }] of Object.entries(generators)) {
    if (output === undefined) throw new Error(`generator "${own}": no output, expected columnType("utf8") or another`);
    if (!Array.isArray(params)) throw new Error(`generator "${own}": no list of params; it may be empty`);
  }
  return {
    describe: () => ({
      name,
      version,
      generators: Object.entries(generators).map(([name, own]) => ({
        name,
        summary: own.summary ?? "",
        output: own.output,
        nullable: own.nullable ?? false,
        params: own.params.map((param) => ({ required: false, doc: "", defaultValue: undefined, ...param })),
        inputs: (own.inputs ?? []).map((input) => ({ accepts: [], required: false, doc: "", ...input })),
        subValues: [],
        random: true,
      })),
    }),
    check: (name, values) => {
      try {
        prepare(generators[name], values);
      } catch (thrown) {
        throw failure(thrown);
      }
      return generators[name].output;
    },
    generate: (request) => {
      const own = generators[request.generator];
      let row;
      try {
        const params = prepare(own, request.params);
        const inputs = (own.inputs ?? []).map((input, index) => {
          const bound = request.inputs[index];
          return [input.name, isNull(bound) ? null : cells(bound)];
        });
        const seeds = request.rowSeeds, first = Number(request.firstRow), values = [];
        for (row = 0; row < seeds.length; row++) {
          const read = { number: first + row };
          for (let input = 0; input < inputs.length; input++) {
            const list = inputs[input][1];
            read[inputs[input][0]] = list === null ? null : list[row];
          }
          values.push(own.value(new Random(seeds[row]), params, read));
        }
        row = undefined;
        return { values: column(own.output.kind, values), subValues: [] };
      } catch (thrown) {
        throw failure(thrown, row);
      }
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
