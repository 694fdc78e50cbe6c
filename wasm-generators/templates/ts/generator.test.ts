// Tests the generator without Datagen: `npm test`.
import assert from "node:assert";
import test from "node:test";
import { trial } from "./datagen_field.js";
import { generators } from "./generator.js";

test("codes have their prefix and digits", () => {
  const codes = trial(generators, { params: { prefix: "T", digits: 4 }, seeds: [42, 7] });
  assert.deepEqual(codes, ["T-7123", "T-3095"]);
});

test("too many digits are refused", () => {
  assert.throws(() => trial(generators, { params: { digits: 19 }, seeds: [1] }));
});
