// The judgement on a proof of two levels, by @confio/ics23, which shares no code with ours.

import ics23 from "@confio/ics23";

const { iavlSpec, tendermintSpec, calculateExistenceRoot, verifyMembership, verifyNonMembership } =
  ics23;
const bytes = (text) => Uint8Array.from(Buffer.from(text, "hex"));
const decode = (text) => ics23.ics23.CommitmentProof.decode(bytes(text));

// What the lower proof computes is the store's root, which the upper one proves.
export function judge({ root, store, key, value, ops }) {
  const [lower, upper] = ops.map(decode);
  const leaf = lower.exist ?? lower.nonexist?.left ?? lower.nonexist?.right;
  if (!leaf) return "false neither existence nor absence";
  const between = calculateExistenceRoot(leaf);
  const proven = value === null
    ? verifyNonMembership(lower, iavlSpec, between, bytes(key))
    : verifyMembership(lower, iavlSpec, between, bytes(key), bytes(value));
  if (!proven) return "false the key's tree";
  const name = Uint8Array.from(Buffer.from(store));
  const held = verifyMembership(upper, tendermintSpec, bytes(root), name, between);
  return held ? "true" : "false the store's root";
}
