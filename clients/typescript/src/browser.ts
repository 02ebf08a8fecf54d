// The example in a browser: gRPC-Web by fetch. The server must name the origin of the page in its setting `cors_origins`.

import type { Transport } from "@connectrpc/connect";
import { createGrpcWebTransport } from "@connectrpc/connect-web";
import { repeatReads, signIn } from "./client.js";
import { run } from "./example.js";

/** A browser trusts the authorities that it was told to trust: a page cannot name one. */
export function connect(baseUrl: string, token?: string): Transport {
  return createGrpcWebTransport({
    baseUrl,
    interceptors: token ? [repeatReads, signIn(token, baseUrl)] : [repeatReads],
  });
}

// `browser.html?address=…`
const parameters = new URLSearchParams(location.search);
const transport = connect(parameters.get("address") ?? "http://127.0.0.1:50051");
const output = document.getElementById("output")!;
const limits = { timeoutMs: 5_000, patienceMs: 30_000 };
const isAnswered = await run(transport, limits, (line) => output.append(line, "\n"));
output.dataset["done"] = String(isAnswered);
