// @TYPE@: a code of letters and digits. Say here what your type gives.
import { columnType, generator, module } from "./datagen_field.js";

const code = generator({
  summary: "A code of letters and digits.",
  // What is returned: utf8, int64, float64, boolean …
  output: columnType("utf8"),
  params: [
    { name: "prefix", kind: "text", defaultValue: '"A"', doc: "What every code begins with." },
    { name: "digits", kind: "int", defaultValue: "6", doc: "Digits of a code, 1 to 18." },
  ],
  // Once for a field: refuse parameters that make no sense.
  check: ({ digits }) => (digits >= 1 && digits <= 18 ? null : "digits: expected 1 to 18"),
  // Once for a row. `row.number` is its number, `row.NAME` the value of the input NAME; null is null.
  value: (random, { prefix, digits }, row) => {
    let text = prefix + "-";
    for (let digit = 0; digit < digits; digit++) text += random.below(10);
    return text;
  },
});

export const generators = module("@kebab@", "1.0.0", { "@kebab@": code });
