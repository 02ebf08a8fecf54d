"""What a portal needs of entitled in Python: a channel, errors that are read, and writes that are repeated safely."""

import random
import time
from dataclasses import dataclass, field
from pathlib import Path

import grpc
from google.rpc import error_details_pb2
from grpc_status import rpc_status

SERVICE_CONFIG = Path(__file__).resolve().parent.parent / "service-config.json"
JUDGED = {"INVALID_ARGUMENT", "FAILED_PRECONDITION", "NOT_FOUND", "ALREADY_EXISTS"}
REPEATABLE = {"UNAVAILABLE", "DEADLINE_EXCEEDED", "ABORTED", "CANCELLED", "UNKNOWN", "INTERNAL"}
# Without a reason the error is not the server's: the answer was lost, or never made.
OPEN_REASONS = {"", "COMMIT_OUTCOME_UNKNOWN", "INTERNAL", "RECORD_UNREADABLE"}


def connect(address, ca_file=None, cert_file=None, key_file=None, token=None, authority=None):
    """A channel to `http://host:port` or `https://host:port`. It repeats reads and watches the server's health.

    The host may be several addresses: `https://ipv4:10.0.0.1:50051,10.0.0.2:50051`. Then `authority` must be the name that the
    server's certificate has. Without it gRPC takes the list for the name, which fits no certificate and no HTTP/2.

    `ca_file` is the authority of the server's certificate; without it, gRPC's own list counts. `cert_file` and `key_file`
    are the client's own certificate, if the server asks for one. A token is sent over TLS only: whoever sees it on its way
    can use it.
    """
    scheme, _, target = address.rpartition("://")
    options = [
        ("grpc.service_config", SERVICE_CONFIG.read_text()),
        # A server that restarts is found again within a second, not within two minutes.
        ("grpc.max_reconnect_backoff_ms", 1_000),
    ]
    if authority:
        options.append(("grpc.default_authority", authority))
    if scheme != "https":
        if token:
            raise ValueError("a token is sent over TLS only: give an address with https://")
        return grpc.insecure_channel(target, options)
    ca, key, cert = (Path(file).read_bytes() if file else None for file in (ca_file, key_file, cert_file))
    credentials = grpc.ssl_channel_credentials(ca, key, cert)
    if token:
        credentials = grpc.composite_channel_credentials(credentials, grpc.access_token_call_credentials(token))
    return grpc.secure_channel(target, credentials, options)


@dataclass
class Failure:
    """An error, read: `code` and `reason` for programs, `message` for people."""

    code: str
    message: str
    reason: str = ""
    metadata: dict = field(default_factory=dict)
    violations: list = field(default_factory=list)  # BadRequest: field, reason and description of every mistake
    preconditions: list = field(default_factory=list)  # PreconditionFailure: type, subject and description
    retry_after: float | None = None  # seconds, from RetryInfo

    @classmethod
    def of(cls, error):
        failure = cls(error.code().name, error.details() or "")
        status = rpc_status.from_call(error)
        for detail in status.details if status else []:
            info, bad = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
            precondition, retry = error_details_pb2.PreconditionFailure(), error_details_pb2.RetryInfo()
            if detail.Unpack(info) and info.domain == "entitled.v1":
                failure.reason, failure.metadata = info.reason, dict(info.metadata)
            elif detail.Unpack(bad):
                failure.violations = list(bad.field_violations)
            elif detail.Unpack(precondition):
                failure.preconditions = list(precondition.violations)
            elif detail.Unpack(retry):
                failure.retry_after = retry.retry_delay.ToTimedelta().total_seconds()
        return failure

    @property
    def is_judged(self):
        """Whether this settles a write: the server judged it, and it does not stand."""
        return bool(self.reason) and (self.code in JUDGED or self.reason == "ETAG_MISMATCH")

    @property
    def leaves_open(self):
        """Whether the write may stand or not: the server did not say, or says that it does not know."""
        return self.reason in OPEN_REASONS

    @property
    def is_repeatable(self):
        return self.code in REPEATABLE or self.retry_after is not None


class WriteOpen(Exception):
    """Nobody knows whether the write stands. Repeat it later with this `request_id`, and never with another."""

    def __init__(self, request_id):
        super().__init__(f"the write {request_id} is open: repeat it with the same request_id")
        self.request_id = request_id


def write(call, request, *, timeout=5.0, patience=30.0, tell=lambda attempt, failure, delay: None):
    """Makes a write until it is settled, for at most `patience` seconds, and returns the answer.

    Every attempt sends the same `request_id`, so that the server carries the write out once. It waits as long as the
    server says in RetryInfo, else twice as long after each attempt, up to 2 seconds, with jitter.
    """
    give_up, attempt, is_open = time.monotonic() + patience, 0, False
    while True:
        attempt += 1
        try:
            return call(request, timeout=timeout)
        except grpc.RpcError as error:
            failure = Failure.of(error)
            if failure.is_judged:
                raise
            is_open = is_open or failure.leaves_open
            backoff = min(2.0, 0.1 * 2**attempt) * random.uniform(0.5, 1.0)
            delay = backoff if failure.retry_after is None else failure.retry_after
            if not failure.is_repeatable or time.monotonic() + delay > give_up:
                if is_open:
                    raise WriteOpen(request.request_id) from error
                raise
            tell(attempt, failure, delay)
            time.sleep(delay)
