// PLATE: number plates, made from a pattern: L is a letter that cannot be taken for a digit, D a digit, all else is
// itself.
import { columnType, generator, module } from "../js/datagen_field.js";

const LETTERS = "ABCDEFGHJKLMNPRSTUVWXYZ";

const plate = generator({
  summary: "Number plates of a pattern.",
  output: columnType("utf8"),
  params: [
    { name: "pattern", kind: "text", defaultValue: '"LL DDDDD"', doc: "L is a letter, D a digit, all else is itself." },
  ],
  check: ({ pattern }) => (/[LD]/.test(pattern) && pattern.length <= 40 ? null : "pattern: expected up to 40 letters with an L or a D"),
  value: (random, { pattern }) => {
    let text = "";
    for (let i = 0; i < pattern.length; i++) {
      const sign = pattern.charAt(i);
      text += sign === "L" ? LETTERS.charAt(random.below(LETTERS.length)) : sign === "D" ? random.below(10) : sign;
    }
    return text;
  },
});

export const generators = module("plate", "1.0.0", { plate });
