// Judges proofs with @confio/ics23.
//
// In: JSON lines {root, store, key, value, ops}, as ics23/main.go has them. Out, in the same order:
// "true", or "false" and why.

import readline from "node:readline";
import { judge } from "./proofs.js";

function answer(line) {
  try {
    return judge(JSON.parse(line));
  } catch (error) {
    return `false ${error.message.replaceAll("\n", " ")}`;
  }
}

for await (const line of readline.createInterface({ input: process.stdin })) {
  console.log(answer(line));
}
