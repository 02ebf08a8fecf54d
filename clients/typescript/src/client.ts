// What a portal needs of entitled, in Node and in browsers: errors that are read, reads that are repeated, and writes that
// are repeated safely.

import { Code, ConnectError, type CallOptions, type Interceptor } from "@connectrpc/connect";
import {
  BadRequestSchema,
  ErrorInfoSchema,
  PreconditionFailureSchema,
  RetryInfoSchema,
  type BadRequest_FieldViolation,
  type PreconditionFailure_Violation,
} from "../gen/google/rpc/error_details_pb.js";

const JUDGED = [Code.InvalidArgument, Code.FailedPrecondition, Code.NotFound, Code.AlreadyExists];
const REPEATABLE = [Code.Unavailable, Code.DeadlineExceeded, Code.Aborted, Code.Canceled, Code.Unknown, Code.Internal];
// Without a reason the error is not the server's: the answer was lost, or never made.
const OPEN_REASONS = ["", "COMMIT_OUTCOME_UNKNOWN", "INTERNAL", "RECORD_UNREADABLE"];

/** An error, read: `code` and `reason` for programs, `message` for people. */
export class Failure {
  readonly code: Code;
  readonly message: string;
  readonly reason: string;
  readonly metadata: Record<string, string>;
  /** Of BadRequest: every mistake, with its field and reason. */
  readonly violations: BadRequest_FieldViolation[];
  /** Of PreconditionFailure: every clause that forbids it. */
  readonly preconditions: PreconditionFailure_Violation[];
  /** Of RetryInfo, in milliseconds. */
  readonly retryAfter: number | undefined;

  constructor(cause: unknown) {
    const error = ConnectError.from(cause);
    const info = error.findDetails(ErrorInfoSchema).find(({ domain }) => domain === "entitled.v1");
    this.code = error.code;
    this.message = error.rawMessage;
    this.reason = info?.reason ?? "";
    this.metadata = info?.metadata ?? {};
    this.violations = error.findDetails(BadRequestSchema).flatMap((detail) => detail.fieldViolations);
    this.preconditions = error.findDetails(PreconditionFailureSchema).flatMap((detail) => detail.violations);
    const delay = error.findDetails(RetryInfoSchema)[0]?.retryDelay;
    this.retryAfter = delay && Number(delay.seconds) * 1000 + delay.nanos / 1e6;
  }

  /** The code as gRPC writes it. */
  get codeName(): string {
    return Code[this.code].replace(/(?<=[a-z])(?=[A-Z])/g, "_").toUpperCase().replace("CANCELED", "CANCELLED");
  }

  /** Whether this settles a write: the server judged it, and it does not stand. */
  get isJudged(): boolean {
    return this.reason !== "" && (JUDGED.includes(this.code) || this.reason === "ETAG_MISMATCH");
  }

  /** Whether the write may stand or not: the server did not say, or says that it does not know. */
  get leavesOpen(): boolean {
    return OPEN_REASONS.includes(this.reason);
  }

  get isRepeatable(): boolean {
    return REPEATABLE.includes(this.code) || this.retryAfter !== undefined;
  }
}

/** Nobody knows whether the write stands. Repeat it later with this `requestId`, and never with another. */
export class WriteOpen extends Error {
  constructor(
    readonly requestId: string,
    cause: unknown,
  ) {
    super(`the write ${requestId} is open: repeat it with the same request_id`, { cause });
  }
}

/** In milliseconds: for one attempt, and for all attempts of a write. */
export type Limits = { timeoutMs: number; patienceMs: number };

/**
 * Makes a write until it is settled, for at most `patienceMs`, and returns the answer. `tell` is told of every attempt that
 * failed and is repeated after `delay` milliseconds.
 *
 * Every attempt sends the same `requestId`, so that the server carries the write out once. It waits as long as the server
 * says in RetryInfo, else twice as long after each attempt, up to 2 seconds, with jitter.
 */
export async function write<Request extends { requestId: string }, Response>(
  call: (request: Request, options: CallOptions) => Promise<Response>,
  request: Request,
  { timeoutMs, patienceMs }: Limits = { timeoutMs: 5_000, patienceMs: 30_000 },
  tell: (attempt: number, failure: Failure, delay: number) => void = () => {},
): Promise<Response> {
  const giveUp = Date.now() + patienceMs;
  let isOpen = false;
  for (let attempt = 1; ; attempt++) {
    try {
      return await call(request, { timeoutMs });
    } catch (error) {
      const failure = new Failure(error);
      if (failure.isJudged) throw error;
      isOpen ||= failure.leavesOpen;
      const delay = failure.retryAfter ?? backoff(attempt);
      if (!failure.isRepeatable || Date.now() + delay > giveUp) {
        throw isOpen ? new WriteOpen(request.requestId, error) : error;
      }
      tell(attempt, failure, delay);
      await sleep(delay);
    }
  }
}

/** Makes a read up to four times while the server is UNAVAILABLE. A write is never repeated here: see `write`. */
export const repeatReads: Interceptor = (next) => async (request) => {
  if (!/^(Get|List|Check|BatchCheck|Diff|WhoAmI)/.test(request.method.name)) return next(request);
  for (let attempt = 1; ; attempt++) {
    try {
      return await next(request);
    } catch (error) {
      const failure = new Failure(error);
      if (failure.code !== Code.Unavailable || attempt === 4) throw error;
      await sleep(failure.retryAfter ?? backoff(attempt));
    }
  }
};

/** Signs every call in. Whoever sees a token on its way can use it: it is sent over TLS only. */
export function signIn(token: string, baseUrl: string): Interceptor {
  if (!baseUrl.startsWith("https:")) throw new Error("a token is sent over TLS only: give an address with https://");
  return (next) => (request) => {
    request.header.set("authorization", `Bearer ${token}`);
    return next(request);
  };
}

function backoff(attempt: number): number {
  return Math.min(2_000, 100 * 2 ** attempt) * (0.5 + Math.random() / 2);
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
