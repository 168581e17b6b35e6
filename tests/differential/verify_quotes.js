// Judges quotes with @phala/dcap-qvl, which shares no code with the verifier of the enclave.
//
// In: JSON lines {quote: hex, collateral: object, root: hex of a certificate's DER, now: unix
// seconds}. Out, in the same order: {status, advisories, code: hex of mr_enclave or mr_td,
// reportData: hex} or {refused: reason}. (Its PPID is left out: version 0.3.9 finds none.)

import readline from "node:readline";
import dcap from "@phala/dcap-qvl";

const hex = (bytes) => Buffer.from(bytes).toString("hex");

function judge({ quote, collateral, root, now }) {
  const verifier = dcap.QuoteVerifier.newWithRootCa(Buffer.from(root, "hex"));
  try {
    const verified = verifier.verify(Buffer.from(quote, "hex"), collateral, now);
    const body = verified.report.asSgx() ?? verified.report.asTd10();
    return {
      status: verified.status,
      advisories: verified.advisory_ids,
      code: hex(body.mrEnclave ?? body.mrTd),
      reportData: hex(body.reportData),
    };
  } catch (error) {
    return { refused: error.cause ? `${error.message}: ${error.cause.message}` : error.message };
  }
}

for await (const line of readline.createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(judge(JSON.parse(line))));
}
