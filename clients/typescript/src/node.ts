// The example on Node: gRPC over HTTP/2, in clear or by TLS.

import { readFileSync } from "node:fs";
import type { Transport } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { repeatReads, signIn } from "./client.js";
import { run } from "./example.js";

/** `caFile` is the authority of the server's certificate; without it, Node's own list counts. */
export function connect(baseUrl: string, caFile?: string, token?: string): Transport {
  return createGrpcTransport({
    baseUrl,
    nodeOptions: caFile ? { ca: readFileSync(caFile) } : {},
    interceptors: token ? [repeatReads, signIn(token, baseUrl)] : [repeatReads],
  });
}

const { ENTITLED_ADDRESS, ENTITLED_CA, ENTITLED_TOKEN_FILE, ENTITLED_TIMEOUT, ENTITLED_PATIENCE } = process.env;
const token = ENTITLED_TOKEN_FILE && readFileSync(ENTITLED_TOKEN_FILE, "utf8").trim();
const transport = connect(ENTITLED_ADDRESS ?? "http://127.0.0.1:50051", ENTITLED_CA, token);
const limits = { timeoutMs: Number(ENTITLED_TIMEOUT ?? 5) * 1000, patienceMs: Number(ENTITLED_PATIENCE ?? 30) * 1000 };
const isAnswered = await run(transport, limits, console.log);
process.exitCode = isAnswered ? 0 : 1;
