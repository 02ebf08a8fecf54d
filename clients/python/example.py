"""Asks a server with the sample customers: checks, a list by pages, a write that is repeated safely, and errors."""

import os
import sys
import uuid
from pathlib import Path

import grpc

import entitled_client as client
from entitled.v1.consistency_pb2 import Consistency
from entitled.v1.decision_pb2 import DECISION_ENTITLED, Decision
from entitled.v1.entitlement_service_pb2 import CheckEntitlementRequest, ListEntitlementsRequest
from entitled.v1.entitlement_service_pb2_grpc import EntitlementServiceStub
from entitled.v1.ledger_service_pb2 import ConsumeUnitsRequest
from entitled.v1.ledger_service_pb2_grpc import LedgerServiceStub
from entitled.v1.quantity_pb2 import UNIT_HOURS, UNIT_MINUTES, Quantity

CUSTOMER = "halden-mills"
TIMEOUT = float(os.environ.get("ENTITLED_TIMEOUT", "5"))  # seconds for one attempt
PATIENCE = float(os.environ.get("ENTITLED_PATIENCE", "30"))  # seconds for all attempts of a write
QUESTION = {
    "customer_id": CUSTOMER,
    "location_id": "nl-utrecht",
    "product_id": "azure",
    "service_id": "enhanced-designated-engineering",
}


def check(entitlements):
    answer = entitlements.CheckEntitlement(CheckEntitlementRequest(**QUESTION), timeout=TIMEOUT)
    decision = Decision.Name(answer.decision).removeprefix("DECISION_")
    print(f"check at nl-utrecht: {decision} until {answer.valid_until.ToJsonString()}")
    # A "no" is an answer, too, and says why.
    elsewhere = QUESTION | {"location_id": "nl-tilburg"}
    answer = entitlements.CheckEntitlement(CheckEntitlementRequest(**elsewhere), timeout=TIMEOUT)
    decision = Decision.Name(answer.decision).removeprefix("DECISION_")
    print(f"check at nl-tilburg: {decision} by {', '.join(reason.code for reason in answer.reasons)}")


def list_all(entitlements):
    request, rows, pages = ListEntitlementsRequest(customer_id=CUSTOMER, page_size=25), [], 0
    while True:
        page = entitlements.ListEntitlements(request, timeout=TIMEOUT)
        rows.extend(page.entitlements)
        pages += 1
        request.page_token = page.next_page_token
        if not page.next_page_token:
            break
    entitled = sum(row.decision == DECISION_ENTITLED for row in rows)
    print(f"list: {len(rows)} rows on {pages} pages, {entitled} of them entitled")


def consume(ledger):
    """Takes 90 minutes and returns the revision that has them."""
    request = ConsumeUnitsRequest(
        **QUESTION,
        quantity=Quantity(amount=90, unit=UNIT_MINUTES),
        note="case 4711",
        # Made once for this write, and kept with the case until the write is settled.
        request_id=str(uuid.uuid4()),
    )
    answer = write(ledger.ConsumeUnits, request)
    left = sum(block.available for block in answer.balances)
    print(f"consume: {left} minutes left, replayed: {str(answer.replayed).lower()}")
    return answer.revision


def write(call, request):
    def tell(attempt, failure, delay):
        print(f"write: attempt {attempt} failed with {failure.code} {failure.reason or '-'}, again in {delay:.3f} s")

    return client.write(call, request, timeout=TIMEOUT, patience=PATIENCE, tell=tell)


def read_own_write(entitlements, revision):
    # Without the revision, the cache of another replica may answer from before the write.
    request = CheckEntitlementRequest(**QUESTION, consistency=Consistency(at_least_revision=revision))
    answer = entitlements.CheckEntitlement(request, timeout=TIMEOUT)
    print(f"check at that revision: {sum(block.available for block in answer.coverage.blocks)} minutes left")


def refusals(entitlements, ledger):
    """Three errors, each with the details that a program reads."""
    too_much = ConsumeUnitsRequest(
        **QUESTION, quantity=Quantity(amount=500, unit=UNIT_HOURS), request_id=str(uuid.uuid4())
    )
    mistaken = CheckEntitlementRequest(customer_id=CUSTOMER, product_id="azure//x")
    misspelt = CheckEntitlementRequest(**QUESTION | {"location_id": "nl-utrech"})
    for title, call in [
        ("consume 500 hours", lambda: write(ledger.ConsumeUnits, too_much)),
        ("a wrong request", lambda: entitlements.CheckEntitlement(mistaken, timeout=TIMEOUT)),
        ("a wrong location", lambda: entitlements.CheckEntitlement(misspelt, timeout=TIMEOUT)),
    ]:
        try:
            call()
        except grpc.RpcError as error:
            tell_failure(title, client.Failure.of(error))


def tell_failure(title, failure):
    print(f"{title}: {failure.code} {failure.reason or '-'}")
    for key in ("available", "requested", "nearest"):
        if key in failure.metadata:
            print(f"  {key}: {failure.metadata[key]}")
    for violation in failure.preconditions:
        print(f"  forbidden by {violation.type}: {violation.description}")
    for violation in failure.violations:
        print(f"  wrong field {violation.field}: {violation.reason}")


def main():
    address = os.environ.get("ENTITLED_ADDRESS", "http://127.0.0.1:50051")
    ca, cert, key = (os.environ.get(f"ENTITLED_{name}") for name in ("CA", "CERT", "KEY"))
    token_file = os.environ.get("ENTITLED_TOKEN_FILE")
    token = Path(token_file).read_text().strip() if token_file else None
    with client.connect(address, ca, cert, key, token) as channel:
        entitlements, ledger = EntitlementServiceStub(channel), LedgerServiceStub(channel)
        try:
            check(entitlements)
            list_all(entitlements)
            read_own_write(entitlements, consume(ledger))
            refusals(entitlements, ledger)
        except grpc.RpcError as error:
            tell_failure("failed", client.Failure.of(error))
            sys.exit(1)
        except client.WriteOpen as error:
            print(error)
            sys.exit(1)


if __name__ == "__main__":
    main()
