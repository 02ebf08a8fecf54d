// The example on Node: gRPC over HTTP/2, in clear or by TLS.

import { readFileSync } from "node:fs";
import type { Transport } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { repeatReads, signIn } from "./client.js";
import { run } from "./example.js";

type Files = { ca?: string | undefined; cert?: string | undefined; key?: string | undefined };

/**
 * `ca` is the authority of the server's certificate; without it, Node's own list counts. `cert` and `key` are the client's
 * own certificate, if the server asks for one.
 */
export function connect(baseUrl: string, files: Files, token?: string): Transport {
  const given = Object.entries(files).filter(([, file]) => file);
  return createGrpcTransport({
    baseUrl,
    nodeOptions: Object.fromEntries(given.map(([name, file]) => [name, readFileSync(file!)])),
    interceptors: token ? [repeatReads, signIn(token, baseUrl)] : [repeatReads],
  });
}

const { ENTITLED_ADDRESS, ENTITLED_CA, ENTITLED_CERT, ENTITLED_KEY, ENTITLED_TOKEN_FILE } = process.env;
const { ENTITLED_TIMEOUT, ENTITLED_PATIENCE } = process.env;
const files = { ca: ENTITLED_CA, cert: ENTITLED_CERT, key: ENTITLED_KEY };
const token = ENTITLED_TOKEN_FILE && readFileSync(ENTITLED_TOKEN_FILE, "utf8").trim();
const transport = connect(ENTITLED_ADDRESS ?? "http://127.0.0.1:50051", files, token);
const limits = { timeoutMs: Number(ENTITLED_TIMEOUT ?? 5) * 1000, patienceMs: Number(ENTITLED_PATIENCE ?? 30) * 1000 };
const isAnswered = await run(transport, limits, console.log);
process.exitCode = isAnswered ? 0 : 1;
