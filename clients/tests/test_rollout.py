"""Two replicas of the chart's preset `secure` are replaced one after the other, while a client asks both of them."""

import re
import threading
import uuid
from pathlib import Path

import entitled_client as client
from entitled.v1.consistency_pb2 import Consistency
from entitled.v1.entitlement_service_pb2 import CheckEntitlementRequest
from entitled.v1.entitlement_service_pb2_grpc import EntitlementServiceStub
from entitled.v1.ledger_service_pb2 import ConsumeUnitsRequest
from entitled.v1.ledger_service_pb2_grpc import LedgerServiceStub
from entitled.v1.quantity_pb2 import UNIT_MINUTES, Quantity
from releases import another, clients, serve, shows, stop
from secure_preset import token_file, used
from server import CUSTOMER

QUESTION = {
    "customer_id": CUSTOMER,
    "location_id": "nl-utrecht",
    "product_id": "azure",
    "service_id": "enhanced-designated-engineering",
}
THREADS, PATIENCE = 4, 60


class Load:
    """Threads that each take a minute, and ask until a read has seen it, over and over. A call that fails is told."""

    def __init__(self, channel):
        self.entitlements, self.ledger = EntitlementServiceStub(channel), LedgerServiceStub(channel)
        self.changed, self.taken, self.failures, self.is_over = threading.Condition(), 0, [], False
        self.threads = [threading.Thread(target=self._run, daemon=True) for _ in range(THREADS)]
        for thread in self.threads:
            thread.start()

    def _run(self):
        while not self.is_over:
            try:
                self._take()
            except Exception as error:
                self._failed(error)

    def _take(self):
        minute, request_id = Quantity(amount=1, unit=UNIT_MINUTES), str(uuid.uuid4())
        request = ConsumeUnitsRequest(**QUESTION, quantity=minute, request_id=request_id)
        answer = client.write(self.ledger.ConsumeUnits, request, tell=lambda _, failure, __: self._failed(failure))
        with self.changed:
            self.taken += 1
            self.changed.notify_all()
        seen = Consistency(at_least_revision=answer.revision)
        self.entitlements.CheckEntitlement(CheckEntitlementRequest(**QUESTION, consistency=seen), timeout=5)

    def _failed(self, error):
        with self.changed:
            self.failures.append(error)
            self.changed.notify_all()

    def goes_on(self):
        """Waits until some more minutes were taken."""
        with self.changed:
            wanted = self.taken + 5 * THREADS
            assert self.changed.wait_for(lambda: self.taken >= wanted or self.failures, PATIENCE), "nothing is answered"
            assert not self.failures, self.failures

    def end(self):
        """How many minutes were taken."""
        self.is_over = True
        for thread in self.threads:
            thread.join(PATIENCE)
            assert not thread.is_alive()
        assert not self.failures, self.failures
        return self.taken


def has_taken(replica):
    """How many writes this process has answered."""
    found = re.findall(r"^rpc_server_call_duration_seconds_count\{(.*)\} (\d+)$", replica.metrics(), re.MULTILINE)
    return sum(int(count) for labels, count in found if "ConsumeUnits" in labels)


def test_replicas_are_replaced_and_no_call_fails(secure_release, world):
    first = secure_release
    second = another(first, Path(first.directory / "second"))
    with second:
        second.process = serve(second)
        ports = [next(iter(replica.ports.values())) for replica in (first, second)]
        files = shows("portal", first, world)
        token = Path(token_file(first, world, "support-desk")["ENTITLED_TOKEN_FILE"]).read_text()
        address = "https://ipv4:" + ",".join(f"127.0.0.1:{port}" for port in ports)
        keys = [files[f"ENTITLED_{name}"] for name in ("CA", "CERT", "KEY")]
        with client.connect(address, *keys, token, authority="localhost") as channel:
            load = Load(channel)
            for replica in (first, second):
                while not has_taken(replica):
                    load.goes_on()
                stop(replica, replica.process)
                load.goes_on()
                replica.process = serve(replica)
                # The one that is new gets its part again.
                while not has_taken(replica):
                    load.goes_on()
            taken = load.end()
        assert used(first, world) == taken, "each minute once"
        assert '"misfit": null' in clients(first)["verify"]
