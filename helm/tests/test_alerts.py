"""Alerts fire when they should and only then, and each has its paragraph in the run book."""

import os
import re
import shutil
import subprocess

import pytest
import yaml

from chart import CHART, ROOT, Rendered, merged, preset

ALERTS = {alert["name"]: alert for alert in yaml.safe_load((CHART / "alerts.yaml").read_text())}
RUNBOOK = (ROOT / "docs" / "OPERATIONS.md").read_text()
POD = 'namespace="support",pod="r-entitled-5d4f-x7k2p"'
CALLS = "rpc_server_call_duration_seconds"
CHECK = 'rpc_method="entitled.v1.EntitlementService/CheckEntitlement",rpc_status_code="OK"'
CONSUME = 'rpc_method="entitled.v1.LedgerService/ConsumeUnits",rpc_status_code="OK"'


def everything() -> Rendered:
    """All alerts: a release with TLS, an issuer, PostgreSQL and the verification."""
    watched = {"prometheusRule": {"enabled": True}, "tls": {"clientAuth": "optional"}}
    return Rendered(merged(preset("secure"), watched))


def rules() -> list[dict]:
    return everything().one("PrometheusRule")["spec"]["groups"][0]["rules"]


def slow(call: str, fast: int, all_of_them: int) -> dict[str, str]:
    """A histogram of a call, of which so many each minute take less than 10 ms, and all less than a second."""
    return {
        f'{CALLS}_bucket{{{POD},{call},le="0.01"}}': f"0+{fast}x90",
        f'{CALLS}_bucket{{{POD},{call},le="1"}}': f"0+{all_of_them}x90",
        f'{CALLS}_bucket{{{POD},{call},le="+Inf"}}': f"0+{all_of_them}x90",
        f"{CALLS}_count{{{POD},{call}}}": f"0+{all_of_them}x90",
    }


def failing(share_of_1000: int) -> dict[str, str]:
    failed = 'rpc_method="entitled.v1.EntitlementService/CheckEntitlement",rpc_status_code="UNAVAILABLE"'
    return {
        f"{CALLS}_count{{{POD},{CHECK}}}": f"0+{1000 - share_of_1000}x90",
        f"{CALLS}_count{{{POD},{failed}}}": f"0+{share_of_1000}x90",
    }


def refusals(reason: str, a_minute: int = 5) -> dict[str, str]:
    return {f'entitled_refusals_total{{{POD},reason="{reason}"}}': f"0+{a_minute}x90"}


def once(reason: str) -> dict[str, str]:
    """The first refusal for this reason, at the 85th minute: a counter that was not there before."""
    return {f'entitled_refusals_total{{{POD},reason="{reason}"}}': "_x85 1 1 1 1 1 1"}


# What a healthy release tells; an alert is given its own series instead of some of these.
HEALTHY = {
    f"entitled_build_info{{{POD}}}": "1x90",
    f"entitled_feed_lag_seconds{{{POD}}}": "0.2x90",
    f"entitled_ledger_queue_depth{{{POD}}}": "3x90",
    f'db_client_connection_count{{{POD},db_client_connection_pool_name="ledger",db_client_connection_state="used"}}':
        "4x90",
    f"entitled_tls_certificate_expiry_seconds{{{POD}}}": f"{60 * 86400}x90",
    f"entitled_log_lines_dropped_total{{{POD}}}": "7x90",
    f'kube_pod_status_ready{{{POD},condition="false"}}': "0x90",
    f'kube_pod_container_status_restarts_total{{{POD},container="entitled"}}': "1x90",
    'kube_job_status_failed{namespace="support",job_name="r-entitled-migrate"}': "0x90",
    'kube_job_status_failed{namespace="support",job_name="r-entitled-verify-29481"}': "0x90",
    f'entitled_ledger_units_total{{{POD},kind="EXPIRE",unit="MINUTES"}}': "0+10x90",
    f'entitled_auth_key_fetches_total{{{POD},result="failed"}}': "3x90",
    **slow(CHECK, 1000, 1000), **slow(CONSUME, 100, 100), **refusals("HOURS_EXHAUSTED", 0),
}
FIRING = {
    "EntitledDown": {f"entitled_build_info{{{POD}}}": "1x20"},
    "EntitledErrors": failing(20),
    "EntitledErrorBudget": failing(1),
    "EntitledCheckSlow": slow(CHECK, 900, 1000),
    "EntitledWriteSlow": slow(CONSUME, 90, 100),
    "EntitledStoreUnavailable": refusals("STORE_UNAVAILABLE"),
    "EntitledFeedLag": {f"entitled_feed_lag_seconds{{{POD}}}": "6x90"},
    "EntitledConnectionsUsed": {next(key for key in HEALTHY if key.startswith("db_client")): "10x90"},
    "EntitledLedgerQueue": {f"entitled_ledger_queue_depth{{{POD}}}": "1001x90"},
    "EntitledOverloaded": refusals("OVERLOADED"),
    "EntitledAmbiguousCommits": once("COMMIT_OUTCOME_UNKNOWN"),
    "EntitledRecordUnreadable": once("RECORD_UNREADABLE"),
    "EntitledHoursExhausted": refusals("HOURS_EXHAUSTED", 2),
    "EntitledHoldsExpired": {f'entitled_ledger_units_total{{{POD},kind="EXPIRE",unit="MINUTES"}}': "0+200x90"},
    "EntitledCredentialsRefused": refusals("CREDENTIALS_INVALID", 120),
    "EntitledKeysUnavailable": refusals("KEYS_UNAVAILABLE"),
    "EntitledKeyFetchesFail": {f'entitled_auth_key_fetches_total{{{POD},result="failed"}}': "0+2x90"},
    "EntitledCertificateExpires": {f"entitled_tls_certificate_expiry_seconds{{{POD}}}": f"{13 * 86400}x90"},
    "EntitledTelemetryDropped": {f"entitled_log_lines_dropped_total{{{POD}}}": "7+1x90"},
    "EntitledNotReady": {f'kube_pod_status_ready{{{POD},condition="false"}}': "1x90"},
    "EntitledCrashLoop": {f'kube_pod_container_status_restarts_total{{{POD},container="entitled"}}': "0+1x90"},
    "EntitledMigrationFailed": {'kube_job_status_failed{namespace="support",job_name="r-entitled-migrate"}': "1x90"},
    "EntitledLedgerVerifyFailed": {
        'kube_job_status_failed{namespace="support",job_name="r-entitled-verify-29481"}': "1x90"
    },
}


def promtool() -> str:
    found = shutil.which("promtool", path=os.pathsep.join([os.environ["PATH"], str(ROOT / ".tools")]))
    assert found, "no promtool: run scripts/ensure-promtool.sh"
    return found


def test_every_alert_is_rendered_and_tested():
    assert [rule["alert"] for rule in rules()] == list(ALERTS) == list(FIRING)


def test_alerts_fire_when_they_should_and_only_then(tmp_path):
    (tmp_path / "rules.yaml").write_text(yaml.safe_dump({"groups": [{"name": "entitled", "rules": rules()}]}))
    # One failing share sets off both alerts of errors; the rest set off their own alone.
    both = {"EntitledErrors": {"EntitledErrors", "EntitledErrorBudget"}}
    cases = [("healthy", {}, set())] + [(name, series, both.get(name, {name})) for name, series in FIRING.items()]
    tests = []
    for name, series, firing in cases:
        given = {**HEALTHY, **series}
        tests.append({
            "name": name,
            "interval": "1m",
            "input_series": [{"series": key, "values": values} for key, values in given.items()],
            "promql_expr_test": [{
                "expr": 'count by (alertname) (ALERTS{alertstate="firing"})',
                "eval_time": "88m",
                "exp_samples": [{"labels": f'{{alertname="{alert}"}}', "value": 1} for alert in sorted(firing)],
            }],
        })
    test = {"rule_files": ["rules.yaml"], "evaluation_interval": "1m", "tests": tests}
    (tmp_path / "test.yaml").write_text(yaml.safe_dump(test))
    for command in [["check", "rules", "rules.yaml"], ["test", "rules", "test.yaml"]]:
        done = subprocess.run([promtool(), *command], cwd=tmp_path, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", ALERTS)
def test_every_alert_has_its_paragraph(name):
    rule = next(rule for rule in rules() if rule["alert"] == name)
    assert rule["annotations"]["runbook_url"] == f"docs/OPERATIONS.md#{name.lower()}"
    paragraph = re.search(rf"^#### {name}\n\n(Critical|Warning|Information)\. [^#]+", RUNBOOK, re.M)
    assert paragraph, f"docs/OPERATIONS.md has no paragraph `#### {name}`"
    words = {"critical": "Critical", "warning": "Warning", "info": "Information"}
    assert paragraph.group(1) == words[rule["labels"]["severity"]]


def test_alerts_are_there_where_they_make_sense():
    def names(*layers: dict) -> set[str]:
        rendered = Rendered(merged(*layers, {"prometheusRule": {"enabled": True}}))
        return {rule["alert"] for rule in rendered.one("PrometheusRule")["spec"]["groups"][0]["rules"]}

    trial = names(preset("sqlite"))
    assert not trial & {"EntitledConnectionsUsed", "EntitledKeysUnavailable", "EntitledKeyFetchesFail",
                        "EntitledCertificateExpires", "EntitledCredentialsRefused", "EntitledLedgerVerifyFailed"}
    off = {"prometheusRule": {"kubeStateMetrics": False, "rules": {"EntitledDown": {"enabled": False}}}}
    assert set(ALERTS) - names(preset("secure"), off) == {
        "EntitledDown", "EntitledNotReady", "EntitledCrashLoop", "EntitledMigrationFailed", "EntitledLedgerVerifyFailed"
    }


def test_values_of_an_alert_can_be_changed():
    changed = {"EntitledFeedLag": {"threshold": 0.5, "for": "3m", "severity": "info"}}
    values = merged(preset("secure"), {"prometheusRule": {
        "enabled": True, "rules": changed, "alertLabels": {"team": "a"}, "runbookBaseUrl": "https://x/y",
    }})
    found = Rendered(values).one("PrometheusRule")["spec"]["groups"][0]["rules"]
    rule = next(rule for rule in found if rule["alert"] == "EntitledFeedLag")
    assert rule["expr"].endswith("> 0.5") and rule["for"] == "3m"
    assert rule["labels"] == {"severity": "info", "team": "a"}
    assert rule["annotations"]["runbook_url"] == "https://x/y#entitledfeedlag"
