// MARKOV: sentences that read like the text they were learnt from: each word follows one that it follows
// there too (a Markov chain of the first order).
import { columnType, module } from "./datagen_field.js";

const TEXT = `
The parcel left the warehouse on Monday and reached the customer on Friday. The customer opened the parcel
and found the lamp broken. The warehouse sent a new lamp on Monday and the customer was pleased. The new lamp
was brighter than the old one and the old one went back to the warehouse. A driver found the parcel behind
the door and left a note for the customer. The note said that the driver would come back on Friday. The
customer waited at the door and the driver came with the parcel and a smile. A smile costs nothing and the
lamp was cheap too.`;

const START = "";
const followers = new Map();
for (const sentence of TEXT.trim().split(".")) {
  let last = START;
  for (const word of sentence.trim().split(/\s+/).filter(Boolean)) {
    if (!followers.has(last)) followers.set(last, []);
    followers.get(last).push(word);
    last = word;
  }
}

export const generators = module("markov", "1.0.0", {
  markov: {
    summary: "Sentences in the manner of a text.",
    output: columnType("utf8"),
    params: [{ name: "words", kind: "int", defaultValue: "12", doc: "Most words of a sentence." }],
    check: ({ words }) => (words >= 1 && words <= 200 ? null : "words: expected 1 to 200"),
    value: (random, { words }) => {
      const sentence = [];
      let last = START;
      while (sentence.length < words && followers.has(last)) {
        last = random.pick(followers.get(last));
        sentence.push(last);
      }
      return sentence.join(" ") + ".";
    },
  },
});
