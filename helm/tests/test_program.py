"""The chart uses only what the program has: settings, variables, commands, metrics, reasons, calls."""

import json
import os
import re
import subprocess

import pytest
import yaml

from chart import BINARY, CHART, PRESETS, ROOT, Rendered, preset

OPERATIONS = (ROOT / "docs" / "OPERATIONS.md").read_text()
SETTINGS = json.loads((CHART / "values.schema.json").read_text())["properties"]["settings"]["properties"]
# Settings that other values of the chart stand for.
MANAGED = {
    "listen", "metrics_listen", "lame_duck", "drain_timeout", "database", "max_connections", "tls_cert", "tls_key",
    "tls_client_ca", "tls_client_auth", "auth_mode", "insecure", "auth_tokens_file", "auth_certificates_file",
    "auth_issuer", "auth_audience", "auth_jwks_url", "auth_roles_claim", "auth_role_map", "auth_customers_claim",
    "auth_customers", "catalog", "catalog_only", "default_edition", "otel_endpoint", "otel_trace_sample",
}


def run(*args: str, env: dict | None = None) -> subprocess.CompletedProcess:
    assert BINARY.exists(), f"no {BINARY}: run `make chart-test`, which builds it"
    return subprocess.run([BINARY, *args], capture_output=True, text=True, timeout=60, env=env or {})


def table() -> dict[str, tuple[str, str]]:
    """The table of settings: variable and range by key."""
    rows = re.findall(r"^\| `(\w+)` \| `(ENTITLED_\w+)` \| [^|]*\| [^|]*\| ([^|]*) \|", OPERATIONS, re.M)
    return {key: (variable, limits) for key, variable, limits in rows}


def test_every_setting_can_be_set():
    keys = {row["key"] for row in json.loads(run("config", "show", "--output", "json").stdout)}
    assert keys == set(SETTINGS) | MANAGED and not set(SETTINGS) & MANAGED
    assert keys == set(table())


def test_variables_are_named_after_their_keys():
    for key in SETTINGS:
        assert table()[key][0] == f"ENTITLED_{key.upper()}"


def test_ranges_are_those_of_the_program():
    for key, schema in SETTINGS.items():
        limits = table()[key][1]
        if schema.get("type") == "integer":
            assert limits == f"{schema['minimum']} to {schema['maximum']}", key
        elif "enum" in schema:
            assert limits == ", ".join(f"`{word}`" for word in schema["enum"]), key
        elif schema.get("type") == "boolean":
            assert set(re.findall(r"`(\w+)`", limits)) == {"true", "false"}, key


def test_every_variable_of_the_chart_is_one_of_the_program():
    text = "".join(path.read_text() for path in CHART.rglob("templates/**/*") if path.is_file())
    names = set(re.findall(r"ENTITLED_[A-Z_]+[A-Z]", text))
    assert len(names) > 30
    # Those of the clients are flags as well, and a flag must not be empty.
    clients = {"ENTITLED_ADDRESS", "ENTITLED_CA", "ENTITLED_CERT", "ENTITLED_KEY", "ENTITLED_TOKEN_FILE"}
    done = run("config", "show", env={name: "x" if name in clients else "" for name in names})
    assert done.returncode == 0, done.stderr
    refused = run("config", "show", env={"ENTITLED_NONSENSE": ""})
    assert refused.returncode == 2 and "ENTITLED_NONSENSE" in refused.stderr


@pytest.mark.parametrize("name", PRESETS)
def test_every_command_of_the_chart_is_one_of_the_program(name):
    for container in Rendered(preset(name)).own_containers():
        args = container["args"]
        words = [word for word in args if not word.startswith(("/", "http"))]
        flags = [word for word in words if word.startswith("--")]
        commands = [word for word in words[:2] if re.fullmatch(r"[a-z]+", word)]
        help_text = run(*commands, "--help")
        assert help_text.returncode == 0, f"{args}: {help_text.stderr}"
        assert all(flag in help_text.stdout for flag in flags), args


def documented_metrics() -> dict[str, str]:
    """The table of metrics: the name for OpenTelemetry by the name for Prometheus."""
    return dict(re.findall(r"^\| `([a-z_]+)` \| `([a-z_.]+)` \|", OPERATIONS, re.M))


def expressions() -> list[str]:
    """Every expression of the alerts and the dashboards."""
    alerts = [alert["expr"] for alert in yaml.safe_load((CHART / "alerts.yaml").read_text())]
    boards = [json.loads(path.read_text()) for path in (CHART / "dashboards").glob("*.json")]
    panels = [target["expr"] for board in boards for panel in board["panels"] for target in panel["targets"]]
    return alerts + panels


def test_metrics_are_those_of_the_program():
    source = "".join(path.read_text() for path in (ROOT / "src").rglob("*.rs"))
    known = documented_metrics()
    used = {name for text in expressions() for name in re.findall(r"\b([a-z_]+)\{(?:SELECTOR|namespace=)", text)}
    ours = {name for name in used if not name.startswith("kube_")}
    histograms = re.compile(r"(.*(?:_seconds|_batch_size))_(?:bucket|count|sum)")
    ours = {found[1] if (found := histograms.fullmatch(name)) else name for name in ours}
    assert len(ours) > 15
    for name in ours:
        assert name in known, f"{name} is not in docs/OPERATIONS.md"
        assert f'"{known[name]}"' in source, f"{known[name]} is not in src"


def test_labels_have_values_that_there_are():
    reasons = (ROOT / "proto/entitled/v1/error_reason.proto").read_text()
    clauses = "".join(path.read_text() for path in (ROOT / "core/src/catalog/editions").rglob("clauses.toml"))
    calls = {
        f"entitled.v1.{service}/{call}"
        for path in (ROOT / "proto/entitled/v1").glob("*_service.proto")
        for service in re.findall(r"^service (\w+)", path.read_text(), re.M)
        for call in re.findall(r"rpc (\w+)\(", path.read_text())
    }
    for text in expressions():
        for found in re.findall(r'reason="(\w+)"', text):
            assert f"ERROR_REASON_{found} " in reasons or f'"{found}"' in clauses, found
        for pattern in re.findall(r'rpc_method=~?"([^"]+)"', text):
            assert any(re.fullmatch(pattern, call) for call in calls), pattern


def test_the_chart_has_the_version_of_the_program():
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text())
    version = run("--version").stdout.split()[1]
    assert (chart["version"], chart["appVersion"]) == (version, version)
    assert os.access(BINARY, os.X_OK)
