// Asks a server with the sample customers, by whatever transport: checks, a list by pages, a write that is repeated safely,
// and errors. Node and browsers run the same code.

import { create } from "@bufbuild/protobuf";
import { timestampDate } from "@bufbuild/protobuf/wkt";
import { createClient, type Client, type Transport } from "@connectrpc/connect";
import { Decision } from "../gen/entitled/v1/decision_pb.js";
import { EntitlementService, type Entitlement } from "../gen/entitled/v1/entitlement_service_pb.js";
import type { Block } from "../gen/entitled/v1/ledger_pb.js";
import { ConsumeUnitsRequestSchema, LedgerService } from "../gen/entitled/v1/ledger_service_pb.js";
import { Unit } from "../gen/entitled/v1/quantity_pb.js";
import { Failure, write, WriteOpen, type Limits } from "./client.js";

const QUESTION = {
  customerId: "halden-mills",
  locationId: "nl-utrecht",
  productId: "azure",
  serviceId: "enhanced-designated-engineering",
};

type Print = (line: string) => void;
type Entitlements = Client<typeof EntitlementService>;
type Ledger = Client<typeof LedgerService>;

/** Resolves to whether everything was answered. */
export async function run(transport: Transport, limits: Limits, print: Print): Promise<boolean> {
  const entitlements = createClient(EntitlementService, transport);
  const ledger = createClient(LedgerService, transport);
  try {
    await check(entitlements, limits, print);
    await listAll(entitlements, limits, print);
    const revision = await consume(ledger, limits, print);
    await readOwnWrite(entitlements, revision, limits, print);
    await refusals(entitlements, ledger, limits, print);
    return true;
  } catch (error) {
    if (error instanceof WriteOpen) print(error.message);
    else tellFailure("failed", new Failure(error), print);
    return false;
  }
}

async function check(entitlements: Entitlements, { timeoutMs }: Limits, print: Print): Promise<void> {
  const answer = await entitlements.checkEntitlement(QUESTION, { timeoutMs });
  const until = answer.validUntil && timestampDate(answer.validUntil).toISOString().replace(".000Z", "Z");
  print(`check at nl-utrecht: ${Decision[answer.decision]} until ${until}`);
  // A "no" is an answer, too, and says why.
  const elsewhere = await entitlements.checkEntitlement({ ...QUESTION, locationId: "nl-tilburg" }, { timeoutMs });
  const codes = elsewhere.reasons.map((reason) => reason.code).join(", ");
  print(`check at nl-tilburg: ${Decision[elsewhere.decision]} by ${codes}`);
}

async function listAll(entitlements: Entitlements, { timeoutMs }: Limits, print: Print): Promise<void> {
  const rows: Entitlement[] = [];
  let pages = 0;
  let pageToken = "";
  do {
    const request = { customerId: QUESTION.customerId, pageSize: 25, pageToken };
    const page = await entitlements.listEntitlements(request, { timeoutMs });
    rows.push(...page.entitlements);
    pages++;
    pageToken = page.nextPageToken;
  } while (pageToken !== "");
  const entitled = rows.filter((row) => row.decision === Decision.ENTITLED).length;
  print(`list: ${rows.length} rows on ${pages} pages, ${entitled} of them entitled`);
}

/** Takes 90 minutes and resolves to the revision that has them. */
async function consume(ledger: Ledger, limits: Limits, print: Print): Promise<string> {
  const request = create(ConsumeUnitsRequestSchema, {
    ...QUESTION,
    quantity: { amount: 90n, unit: Unit.MINUTES },
    note: "case 4711",
    // Made once for this write, and kept with the case until the write is settled.
    requestId: crypto.randomUUID(),
  });
  const answer = await write(ledger.consumeUnits, request, limits, tell(print));
  print(`consume: ${available(answer.balances)} minutes left, replayed: ${answer.replayed}`);
  return answer.revision;
}

function tell(print: Print) {
  return (attempt: number, { codeName, reason }: Failure, delay: number) =>
    print(`write: attempt ${attempt} failed with ${codeName} ${reason || "-"}, again in ${(delay / 1000).toFixed(3)} s`);
}

async function readOwnWrite(entitlements: Entitlements, revision: string, { timeoutMs }: Limits, print: Print): Promise<void> {
  // Without the revision, the cache of another replica may answer from before the write.
  const consistency = { requirement: { case: "atLeastRevision", value: revision } } as const;
  const answer = await entitlements.checkEntitlement({ ...QUESTION, consistency }, { timeoutMs });
  print(`check at that revision: ${available(answer.coverage?.blocks ?? [])} minutes left`);
}

/** Three errors, each with the details that a program reads. */
async function refusals(entitlements: Entitlements, ledger: Ledger, limits: Limits, print: Print): Promise<void> {
  const { timeoutMs } = limits;
  const quantity = { amount: 500n, unit: Unit.HOURS };
  const tooMuch = create(ConsumeUnitsRequestSchema, { ...QUESTION, quantity, requestId: crypto.randomUUID() });
  const mistaken = { customerId: QUESTION.customerId, productId: "azure//x" };
  const misspelt = { ...QUESTION, locationId: "nl-utrech" };
  const calls: [string, () => Promise<unknown>][] = [
    ["consume 500 hours", () => write(ledger.consumeUnits, tooMuch, limits, tell(print))],
    ["a wrong request", () => entitlements.checkEntitlement(mistaken, { timeoutMs })],
    ["a wrong location", () => entitlements.checkEntitlement(misspelt, { timeoutMs })],
  ];
  for (const [title, call] of calls) {
    await call().catch((error: unknown) => {
      if (error instanceof WriteOpen) throw error;
      tellFailure(title, new Failure(error), print);
    });
  }
}

function tellFailure(title: string, failure: Failure, print: Print): void {
  print(`${title}: ${failure.codeName} ${failure.reason || "-"}`);
  for (const key of ["available", "requested", "nearest"]) {
    if (key in failure.metadata) print(`  ${key}: ${failure.metadata[key]}`);
  }
  for (const { type, description } of failure.preconditions) print(`  forbidden by ${type}: ${description}`);
  for (const { field, reason } of failure.violations) print(`  wrong field ${field}: ${reason}`);
}

function available(blocks: Block[]): bigint {
  return blocks.reduce((sum, block) => sum + block.available, 0n);
}
