// Types of datagen_field.js, for TypeScript and for editors.

/** Kinds of values that a generator can return. */
export type Kind =
  | "boolean" | "int32" | "int64" | "float32" | "float64" | "decimal" | "date" | "timestamp" | "utf8" | "bytes";

/** What the values of a kind are in JavaScript. Whole numbers are exact up to 2^53 - 1. */
export type Value<K extends Kind = Kind> =
  K extends "boolean" ? boolean
  : K extends "utf8" ? string
  : K extends "bytes" ? Uint8Array
  : K extends "float32" | "float64" ? number
  : number | bigint;

/** The type of a column. Precision and scale are those of a decimal. */
export interface ColumnType<K extends Kind = Kind> {
  readonly kind: K;
  readonly precision: number;
  readonly scale: number;
}

export function columnType<K extends Kind>(kind: K, precision?: number, scale?: number): ColumnType<K>;

/** A parameter that models may give. */
export interface ParamSpec {
  readonly name: string;
  /** `json` arrives as its text. */
  readonly kind: "boolean" | "int" | "float" | "text" | "json";
  /** Whether a model must give it; false unless it is said. */
  readonly required?: boolean;
  /** The default as JSON text: `'"A"'`, `"6"`. */
  readonly defaultValue?: string;
  readonly doc?: string;
}

type ParamValue<P extends ParamSpec> =
  P["kind"] extends "boolean" ? boolean : P["kind"] extends "int" | "float" ? number : string;

/** The parameters by name. */
export type Params<P extends readonly ParamSpec[]> = { readonly [S in P[number] as S["name"]]: ParamValue<S> };

/** Another field that is read. */
export interface InputSpec {
  readonly name: string;
  /** Kinds that it takes, the best first; any unless it is said. */
  readonly accepts?: readonly Kind[];
  readonly required?: boolean;
  readonly doc?: string;
}

/** The row's number, counted over the whole command, and the values of inputs by name. */
export type Row<I extends readonly InputSpec[] = readonly []> =
  & { readonly number: number }
  & { readonly [S in I[number] as S["name"]]: (S["accepts"] extends readonly (infer K extends Kind)[] ? InputValue<K> : InputValue<Kind>) | null };

type InputValue<K extends Kind> = K extends "boolean" ? boolean : K extends "utf8" ? string : number;

/** The random numbers of a row, the only ones there are. */
export class Random {
  constructor(seed: number | bigint);
  /** Uniform in 0 .. bound - 1, for bounds up to 2^21. */
  below(bound: number): number;
  /** Uniform in [0, 1). */
  unit(): number;
  pick<T>(items: readonly T[]): T;
}

export interface Generator<
  K extends Kind = Kind,
  P extends readonly ParamSpec[] = readonly ParamSpec[],
  I extends readonly InputSpec[] = readonly InputSpec[],
> {
  readonly summary: string;
  readonly output: ColumnType<K>;
  /** Whether values may be null; false unless it is said. */
  readonly nullable?: boolean;
  readonly params: P;
  readonly inputs?: I;
  /** Once for a field: why the parameters are refused, or null. */
  check?(params: Params<P>): string | null;
  /** Once for a row: its value, which depends on nothing but what is handed in. */
  value(random: Random, params: Params<P>, row: Row<I>): Value<K> | null | undefined;
}

/** The generator as it is, with the types of its parameters and inputs. */
export function generator<
  K extends Kind,
  const P extends readonly ParamSpec[],
  const I extends readonly InputSpec[] = readonly [],
>(own: Generator<K, P, I>): Generator<K, P, I>;

/** What a module exports as `generators`. */
export interface Module {
  describe(): unknown;
  check(name: string, params: unknown[]): ColumnType;
  generate(request: unknown): unknown;
}

// Parameters of different generators have nothing in common.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export function module(name: string, version: string, generators: Readonly<Record<string, Generator<any, any, any>>>): Module;

/** The values that the first generator of a module makes, for tests: without Datagen, rows from 0 on. */
export function trial(
  generators: Module,
  request: { params?: Readonly<Record<string, unknown>>; seeds: readonly (number | bigint)[] },
): unknown[];
