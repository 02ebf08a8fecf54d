"""The tools for calls by hand: the lines of docs/CLIENTS.md, the collection for Bruno, and the service config."""

import json
import platform
import re

import pytest
from entitled.v1 import catalog_service_pb2, contract_service_pb2, entitlement_service_pb2, ledger_service_pb2
from entitled.v1 import server_service_pb2

from readme import commands
from server import ROOT, run

PAGE = ROOT / "docs/CLIENTS.md"
SERVICES = [
    service
    for file in (
        catalog_service_pb2, contract_service_pb2, entitlement_service_pb2, ledger_service_pb2, server_service_pb2
    )
    for service in file.DESCRIPTOR.services_by_name.values()
]
METHODS = {f"{service.full_name}/{method.name}" for service in SERVICES for method in service.methods}
READS = {name for name in METHODS if re.search(r"/(Get|List|Check|BatchCheck|Diff|WhoAmI)", name)}


def answers(lines, server):
    """Runs lines in the directory of the server's files, with its address in place of the usual one."""
    return [run(line.replace(":50051", f":{server.port}"), {}, shell=True, cwd=server.folder) for line in lines]


def by_tls(section):
    """The lines of a section: those in clear, and those by TLS."""
    lines = commands(PAGE, section)
    return [line for line in lines if "cert.pem" not in line], [line for line in lines if "cert.pem" in line]


def test_buf_curl_as_written(clear, secure_elsewhere):
    in_clear, with_tls = by_tls("buf curl")
    methods, check, listed, consumed = answers(in_clear, clear)
    assert METHODS <= set(methods.split())
    assert json.loads(check)["decision"] == "DECISION_ENTITLED"
    assert len(json.loads(listed)["entitlements"]) == 25
    assert json.loads(consumed)["balances"][0]["available"] == "23910"
    (blocks,) = answers(with_tls, secure_elsewhere)
    assert len(json.loads(blocks)["blocks"]) == 2


@pytest.mark.skipif(platform.machine() != "x86_64", reason="the grpcurl of PyPI is for x86-64")
def test_grpcurl_as_written(clear, secure_elsewhere):
    in_clear, with_tls = by_tls("grpcurl and grpcui")
    services, description, check, listed = answers([line for line in in_clear if line.startswith("grpcurl")], clear)
    assert {service.full_name for service in SERVICES} <= set(services.split())
    assert "rpc CheckEntitlement" in description
    assert json.loads(check)["decision"] == "DECISION_ENTITLED"
    assert len(json.loads(listed)["entitlements"]) == 25
    (blocks,) = answers([line for line in with_tls if line.startswith("grpcurl")], secure_elsewhere)
    assert len(json.loads(blocks)["blocks"]) == 2


def test_every_call_of_the_collection_is_answered(clear):
    answered = run(["node", str(ROOT / "clients/tests/bruno.cjs"), f"127.0.0.1:{clear.port}"], {})
    assert {method[1:] for method in answered.split()} == METHODS


def test_the_service_config_repeats_reads_alone():
    config = json.loads((ROOT / "clients/service-config.json").read_text())
    policies = {
        f"{name['service']}/{name.get('method', '')}": method
        for method in config["methodConfig"]
        for name in method["name"]
    }
    assert all(name in METHODS or name[:-1] in {service.full_name for service in SERVICES} for name in policies)
    for name in METHODS:
        # The method's own entry counts, else that of its service.
        policy = policies.get(name) or policies[name[: name.index("/") + 1]]
        assert policy["timeout"] == "5s", name
        assert ("retryPolicy" in policy) == (name in READS), name
        assert policy.get("retryPolicy", {}).get("retryableStatusCodes", ["UNAVAILABLE"]) == ["UNAVAILABLE"], name
