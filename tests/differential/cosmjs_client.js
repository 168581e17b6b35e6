// A client of the chain with nothing but CosmJS: through CometBFT's RPC alone.
//
// Reads one JSON object from stdin, prints one to stdout. It knows no message of ours: a registration
// is read from the events of its transactions.

import { readFileSync } from "node:fs";
import { DirectSecp256k1HdWallet } from "@cosmjs/proto-signing";
import { GasPrice, SigningStargateClient } from "@cosmjs/stargate";

const POLL_MS = 200;
const PATIENCE_MS = 60_000;

const wish = JSON.parse(readFileSync(0, "utf-8"));
const wallet = await DirectSecp256k1HdWallet.fromMnemonic(wish.mnemonic, { prefix: "seed" });
const [{ address }] = await wallet.getAccounts();
const client = await SigningStargateClient.connectWithSigner(wish.rpc, wallet, {
  gasPrice: GasPrice.fromString("0.001useed"),
  broadcastPollIntervalMs: POLL_MS,
  broadcastTimeoutMs: PATIENCE_MS,
});

const chainId = await client.getChainId();
const nobody = await client.getAccount(wish.nobody);
const before = await client.getBalance(wish.receiver, "useed");
const sent = await client.sendTokens(
  address,
  wish.receiver,
  [{ denom: "useed", amount: String(wish.amount) }],
  "auto",
  "from CosmJS",
);
const block = await client.getBlock(sent.height);
const after = await client.getBalance(wish.receiver, "useed");
const all = await client.getAllBalances(wish.receiver);
const account = await client.getAccount(address);

let overdrawn = "";
try {
  await client.simulate(
    address,
    [{
      typeUrl: "/cosmos.bank.v1beta1.MsgSend",
      value: {
        fromAddress: address,
        toAddress: wish.receiver,
        amount: [{ denom: "useed", amount: "9".repeat(30) }],
      },
    }],
    "",
  );
} catch (error) {
  overdrawn = error.message;
}

const registration = {};
for (const event of ["register_node", "confirm_node", "freshness"]) {
  const [found] = await client.searchTx(`${event}.node_id = '${wish.node_id}'`);
  const facts = found.events.find(({ type }) => type === event).attributes;
  registration[event] = {
    tx_hash: found.hash,
    height: found.height,
    code: found.code,
    ...Object.fromEntries(facts.map(({ key, value }) => [key, value])),
  };
}

console.log(
  JSON.stringify({
    chain_id: chainId,
    address,
    nobody,
    before: Number(before.amount),
    after: Number(after.amount),
    all,
    sent: { code: sent.code, height: sent.height, tx_hash: sent.transactionHash },
    block: { height: block.header.height, txs: block.txs.length },
    sequence: account.sequence,
    overdrawn,
    registration,

  }),
);
client.disconnect();
