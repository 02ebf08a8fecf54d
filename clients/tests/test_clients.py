"""Every client says the same: of answers, of errors, and of writes whose answer did not arrive."""

import re
import threading

import pytest

from entitled.v1.ledger_service_pb2 import ConsumeUnitsRequest
from grpc_proxy import CHECK, CONSUME, GrpcProxy, error
from server import make_certificate
from tcp_proxy import TcpProxy

READS = [
    "check at nl-utrecht: ENTITLED until 2099-12-31T23:00:00Z",
    "check at nl-tilburg: NOT_ENTITLED by LOCATION_NOT_DESIGNATED",
    "list: 110 rows on 5 pages, 27 of them entitled",
]
ERRORS = [
    "check at that revision: 23910 minutes left",
    "consume 500 hours: FAILED_PRECONDITION HOURS_EXHAUSTED",
    "  available: 23910",
    "  requested: 30000",
    "  forbidden by HOURS_EXHAUSTED: Not enough time is left on Enhanced Designated Engineering (EDE): 398 h 30 min available, "
    "500 h needed. Buy more time, or take at most what is available. (section 2.2, 2.3)",
    "  wrong field quantity: HOURS_EXHAUSTED",
    "a wrong request: INVALID_ARGUMENT FIELD_REQUIRED",
    "  wrong field location_id: FIELD_REQUIRED",
    "  wrong field product_id: FIELD_INVALID",
    "  wrong field service_id: FIELD_REQUIRED",
    "a wrong location: NOT_FOUND LOCATION_NOT_FOUND",
    "  nearest: nl-utrecht",
]
CONSUMED = "consume: 23910 minutes left, replayed: false"
REPLAYED = "consume: 23910 minutes left, replayed: true"
# Of each consume, the request and its answer have it.
MARKER = b"case 4711"


def failed_attempts(lines):
    """Code and reason of each attempt that was repeated, and after how many seconds."""
    pattern = r"write: attempt \d+ failed with (\w+) (\S+), again in ([\d.]+) s"
    return [match.groups() for line in lines if (match := re.fullmatch(pattern, line))]


def without_attempts(lines):
    return [line for line in lines if not line.startswith("write: attempt")]


def test_in_clear(client, clear):
    assert client.run({"ENTITLED_ADDRESS": clear.address}) == ([*READS, CONSUMED, *ERRORS], 0)
    assert clear.used_minutes() == 90


def test_by_tls_with_a_token(client, secure):
    settings = {"ENTITLED_ADDRESS": secure.address} | secure.client_settings
    assert client.run(settings) == ([*READS, CONSUMED, *ERRORS], 0)
    assert secure.used_minutes() == 90


def test_a_caller_or_a_server_that_is_not_known(client, secure, tmp_path):
    settings = {"ENTITLED_ADDRESS": secure.address} | secure.client_settings
    wrong = tmp_path / "wrong"
    wrong.write_text("0" * 64)
    lines, status = client.run(settings | {"ENTITLED_TOKEN_FILE": str(wrong)})
    assert (lines, status) == (["failed: UNAUTHENTICATED CREDENTIALS_INVALID"], 1)

    without = {name: value for name, value in settings.items() if name not in ("ENTITLED_CERT", "ENTITLED_KEY")}
    lines, status = client.run(without)
    assert status == 1 and len(lines) == 1 and lines[0].endswith(" -"), "the server asks for a certificate"

    (tmp_path / "other").mkdir()
    other = make_certificate(tmp_path / "other")
    lines, status = client.run(settings | {"ENTITLED_CA": str(other)})
    assert status == 1 and len(lines) == 1 and lines[0].endswith(" -"), "no server was asked"

    lines, status = client.run(settings | {"ENTITLED_ADDRESS": f"http://localhost:{secure.port}"})
    assert status != 0 and lines == []
    assert "a token is sent over TLS only" in client.complaints


def lost(_):
    """The answer is lost with its connection."""
    return False


def late(proxy):
    """The answer comes after the client has given it up and sent the request again."""
    proxy.until_requests(2)
    return True


@pytest.mark.parametrize("fault", [lost, late])
def test_an_answer_that_does_not_arrive(client, clear, fault):
    proxy = TcpProxy(clear.port, MARKER, fault)
    lines, status = client.run({"ENTITLED_ADDRESS": proxy.address})
    proxy.close()
    assert without_attempts(lines) == [*READS, REPLAYED, *ERRORS] and status == 0
    code, reason, _ = failed_attempts(lines)[0]
    assert code in ({"UNAVAILABLE", "CANCELLED"} if fault is lost else {"DEADLINE_EXCEEDED"})
    assert reason == "-", "no answer of the server"
    assert clear.used_minutes() == 90, "consumed once"


def test_a_server_that_dies_before_it_answers(client, clear):
    def fault(_):
        clear.kill()
        threading.Thread(target=clear.start).start()
        return False

    proxy = TcpProxy(clear.port, MARKER, fault)
    lines, status = client.run({"ENTITLED_ADDRESS": proxy.address})
    proxy.close()
    assert without_attempts(lines) == [*READS, REPLAYED, *ERRORS] and status == 0
    assert failed_attempts(lines) and clear.used_minutes() == 90, "consumed once"


def test_a_write_waits_as_long_as_the_server_says(client, clear):
    errors = [
        error("RESOURCE_EXHAUSTED", "OVERLOADED", retry_after_ms=321),
        error("UNAVAILABLE", "COMMIT_OUTCOME_UNKNOWN"),
        error("ABORTED", "WRITE_CONFLICT"),
    ]
    proxy = GrpcProxy(clear.port, {CONSUME: errors})
    lines, status = client.run({"ENTITLED_ADDRESS": proxy.address})
    proxy.close()
    assert without_attempts(lines) == [*READS, CONSUMED, *ERRORS] and status == 0
    attempts = failed_attempts(lines)
    assert [attempt[:2] for attempt in attempts] == [
        ("RESOURCE_EXHAUSTED", "OVERLOADED"),
        ("UNAVAILABLE", "COMMIT_OUTCOME_UNKNOWN"),
        ("ABORTED", "WRITE_CONFLICT"),
    ]
    assert attempts[0][2] == "0.321"
    sent = [ConsumeUnitsRequest.FromString(request) for request in proxy.requests[CONSUME]]
    first, other = {request.request_id for request in sent[:4]}, {request.request_id for request in sent[4:]}
    assert len(first) == len(other) == 1 and first != other, "one id a write, and another for another write"


@pytest.mark.parametrize(
    "refusal",
    [error("PERMISSION_DENIED", "PERMISSION_MISSING"), error("NOT_FOUND", "NO_ROUTE", domain="gateway.example")],
    ids=["refused", "refused-by-another"],
)
def test_a_write_that_stays_open_is_told(client, clear, refusal):
    # A refusal that did not judge the write settles nothing, once the write is open.
    proxy = GrpcProxy(clear.port, {CONSUME: [error("UNAVAILABLE", "COMMIT_OUTCOME_UNKNOWN"), refusal]})
    lines, status = client.run({"ENTITLED_ADDRESS": proxy.address})
    proxy.close()
    request = ConsumeUnitsRequest.FromString(proxy.requests[CONSUME][0])
    told = f"the write {request.request_id} is open: repeat it with the same request_id"
    assert (without_attempts(lines), status) == ([*READS, told], 1)


def test_patience_ends(client, clear):
    proxy = GrpcProxy(clear.port, {CONSUME: [error("RESOURCE_EXHAUSTED", "OVERLOADED", retry_after_ms=60_000)]})
    lines, status = client.run({"ENTITLED_ADDRESS": proxy.address})
    proxy.close()
    # It wrote nothing, and so there is nothing to repeat.
    assert (lines, status) == ([*READS, "failed: RESOURCE_EXHAUSTED OVERLOADED"], 1)


def test_a_read_is_repeated_while_the_server_is_unavailable(client, clear):
    proxy = GrpcProxy(clear.port, {CHECK: [error("UNAVAILABLE", "STORE_UNAVAILABLE")] * 3})
    lines, status = client.run({"ENTITLED_ADDRESS": proxy.address})
    proxy.close()
    assert (lines, status) == ([*READS, CONSUMED, *ERRORS], 0)
    first = proxy.requests[CHECK][0]
    assert proxy.requests[CHECK].count(first) == 4


def test_a_server_that_is_not_healthy_gets_no_calls(client, clear):
    if client.language == "typescript":
        pytest.skip("Connect does not watch the health of servers")
    proxy = GrpcProxy(clear.port, is_serving=False)
    lines, status = client.run({"ENTITLED_ADDRESS": proxy.address})
    proxy.close()
    assert status == 1 and len(lines) == 1 and lines[0].endswith(" -")
    assert not proxy.requests
