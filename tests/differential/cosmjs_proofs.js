// A client that trusts no node's word: CosmJS for the way to a node, @confio/ics23 for the proofs.
//
// Reads {rpc, questions: [{store, key, height}]} from stdin, bytes in hex; a height of 0 is the
// newest. Prints for each what the node answered, and how its proof is judged under the app hash of
// the header after the state.

import { readFileSync } from "node:fs";
import { Comet38Client } from "@cosmjs/tendermint-rpc";
import { judge } from "./proofs.js";

const POLL_MS = 100;

const hex = (bytes) => Buffer.from(bytes).toString("hex");
const wish = JSON.parse(readFileSync(0, "utf-8"));
const client = await Comet38Client.connect(wish.rpc);

async function header(height) {
  while ((await client.status()).syncInfo.latestBlockHeight < height) {
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  return (await client.commit(height)).header;
}

async function ask({ store, key, height }) {
  const data = Uint8Array.from(Buffer.from(key, "hex"));
  const path = `/store/${store}/key`;
  const found = await client.abciQuery({ path, data, prove: true, height: height || undefined });
  if (found.code) return { code: found.code, log: found.log };
  const [lower, upper] = found.proof.ops;
  const { appHash } = await header(found.height + 1);
  const value = found.value.length ? hex(found.value) : null;
  const verdict = judge({
    root: hex(appHash), store, key, value, ops: [hex(lower.data), hex(upper.data)],
  });
  return {
    code: 0,
    height: found.height,
    key: hex(found.key),
    value,
    types: found.proof.ops.map(({ type }) => type),
    keys: found.proof.ops.map((op) => hex(op.key)),
    verdict,
  };
}

const answers = [];
for (const question of wish.questions) answers.push(await ask(question));
console.log(JSON.stringify(answers));
client.disconnect();
