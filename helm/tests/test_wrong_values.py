"""A wrong value is refused, by the schema or by the templates, with what to do about it."""

import copy
import json

import pytest
import yaml

from chart import CHART, SIX, TRIAL, at, merged, refused

VALUES = yaml.safe_load((CHART / "values.yaml").read_text())
SCHEMA = json.loads((CHART / "values.schema.json").read_text())


def leaves(schema: dict, path: str = ""):
    """Every value with a form of its own: its path and its schema."""
    if schema.get("additionalProperties") is False and path != "settings" or path == "global":
        for key, below in schema["properties"].items():
            yield from leaves(below, f"{path}.{key}" if path else key)
    else:
        yield path, schema


def form(schema: dict) -> dict:
    name = schema.get("$ref", "").removeprefix("#/definitions/")
    return SCHEMA["definitions"][name] if name else schema


def test_every_value_has_a_form_and_a_default():
    told = {path for path, _ in leaves(SCHEMA)}
    for path in told - {"enabled"}:  # the condition of a parent chart
        value = VALUES
        for key in path.split("."):
            # Within values that are taken as a whole, such as a strategy, only the whole has a default.
            if not isinstance(value, dict) or key not in value:
                assert path.startswith(("strategy.", "probes."))
                break
            value = value[key]

    def known(value, schema, path):
        assert schema is not None, f"{path} is in values.yaml and not in the schema"
        schema = form(schema)
        if isinstance(value, dict) and "properties" in schema:
            for key, below in value.items():
                known(below, schema["properties"].get(key), f"{path}.{key}")

    known(VALUES, SCHEMA, "")


def test_every_value_of_another_kind_is_refused():
    wrong: dict = {}
    expected = []
    for path, schema in leaves(SCHEMA):
        kinds = form(schema).get("type", "")
        value = 5 if "object" in kinds or "array" in kinds else {"wrong": "kind"}
        wrong = merged(wrong, at(path, value))
        expected.append(path)
    told = refused(wrong)
    missing = [path for path in expected if f"- {path}: " not in told]
    assert not missing, missing


def test_every_unknown_key_is_refused():
    wrong: dict = {}
    closed = {".".join(path.split(".")[:-1]) for path, _ in leaves(SCHEMA)} - {"global"}
    for path in closed | {"settings"}:
        wrong = merged(wrong, at(f"{path}.misspelt" if path else "misspelt", 1))
    told = refused(wrong)
    for path in closed | {"settings"}:
        assert f"- {path or '(root)'}: Additional property misspelt is not allowed" in told, path


FORMATS = yaml.safe_load((CHART / "formats.yaml").read_text())
WRONG_TEXT = {"otel.endpoint": "collector:4317", "settings.cors_origins": "x"}


@pytest.mark.parametrize("path", [path for row in FORMATS for path in row["values"]])
def test_every_format_is_held(path):
    say = next(row["say"] for row in FORMATS if path in row["values"])
    told = refused(merged(SIX, at(path, WRONG_TEXT.get(path, "_ no such thing _"))))
    assert f'- {path}: "' in told and say in told


CASES = [
    # what is wrong, and what is told
    (TRIAL, {"replicaCount": -1}, "replicaCount: Must be greater than or equal to 0"),
    (TRIAL, {"database": {"engine": "mysql"}}, 'must be one of the following: "sqlite", "postgres"'),
    (TRIAL, {"database": {"maxConnections": 0}}, "database.maxConnections: Must be greater than or equal to 1"),
    (TRIAL, {"grpc": {"port": 70000}}, "grpc.port: Must be less than or equal to 65535"),
    (TRIAL, {"grpc": {"port": 9090}}, "grpc.port and metrics.port are the same"),
    (TRIAL, {"podLabels": {"app.kubernetes.io/name": "x"}}, "podLabels: app.kubernetes.io/name is the chart's own"),
    (TRIAL, {"image": {"tag": 1.2}}, "image.tag: Invalid type. Expected: string"),
    (TRIAL, {"settings": {"max_calls": 0}}, "settings.max_calls: Must be greater than or equal to 1"),
    (TRIAL, {"settings": {"listen": "x"}}, "settings: Additional property listen is not allowed"),
    (TRIAL, {"database": {"postgres": {"host": "db"}}}, "set database.engine to postgres"),
    (TRIAL, {"migrations": {"mode": "job"}}, "SQLite is migrated by the server itself"),
    (TRIAL, {"auth": {"allowInsecure": False}}, "set auth.allowInsecure to true if that is meant"),
    (TRIAL, {"auth": {"tokens": {"content": "x"}}}, "auth.mode: none contradicts"),
    (TRIAL, {"tls": {"clientAuth": "required"}}, "certificates of callers need TLS"),
    (TRIAL, {"podDisruptionBudget": {"enabled": "yes"}}, "podDisruptionBudget.enabled must be one of"),
    ({}, {}, "tls: there is no certificate; set tls.certManager.issuerRef.name"),
    ({}, {}, "auth: nothing says who may call; set auth.oidc.issuer"),
    (SIX, {"database": {"postgres": {"existingSecret": ""}}}, "nothing says where PostgreSQL is"),
    (SIX, {"database": {"postgres": {"host": "db"}}}, "three ways to say the same"),
    (SIX, {"tls": {"existingSecret": "x"}}, "two certificates; keep one"),
    (SIX, {"tls": {"clientAuth": "optional"}}, "tls.clientCA.existingSecret: nothing says whose certificates"),
    (SIX, {"auth": {"tokens": {"existingSecret": "a", "content": "b"}}}, "auth.tokens: existingSecret and content"),
    (SIX, {"auth": {"certificates": {"existingSecret": "a"}}}, "set tls.clientAuth to optional or required"),
    (SIX, {"auth": {"oidc": {"roleMap": {"x": "boss"}}}}, "auth.oidc.roleMap.x must be one of the following"),
    (SIX, {"autoscaling": {"enabled": True}, "keda": {"enabled": True}}, "two autoscalers would fight"),
    (SIX, {"autoscaling": {"enabled": True, "maxReplicas": 1}}, "autoscaling.minReplicas: 2 is more than maxReplicas"),
    (SIX, {"keda": {"enabled": True}}, "keda.triggers: without one nothing scales"),
    (SIX, {"strategy": {"type": "Recreate"}}, "set strategy.rollingUpdate to null"),
    (SIX, {"catalog": {"files": [{"name": "a", "content": "b"}], "existingConfigMap": "c", "keys": ["a"]}}, "keep one"),
    (SIX, {"catalog": {"existingConfigMap": "c"}}, "catalog.keys: name the files"),
    (SIX, {"catalog": {"keys": ["a"]}}, "catalog.existingConfigMap, which is missing"),
    (SIX, {"catalog": {"alone": True}}, "catalog.alone: there is no file"),
    (SIX, {"ingress": {"enabled": True}}, "ingress.hosts: name a host"),
    (SIX, {"gatewayApi": {"grpcRoute": {"enabled": True}}}, "parentRefs: name the gateway"),
    (SIX, {"serviceMonitor": {"enabled": True}, "podMonitor": {"enabled": True}}, "counted twice"),
    (SIX, {"podMonitor": {"tlsConfig": {"a": 1}}}, "podMonitor.tlsConfig: it needs podMonitor.scheme https"),
    (SIX, {"ledgerVerify": {"enabled": True}}, "set client.tokenSecret.name to a Secret with a token"),
    (SIX, {"prometheusRule": {"rules": {"Nonsense": {}}}}, "there is no such alert; there are EntitledDown, "),
    (SIX, {"prometheusRule": {"rules": {"EntitledDown": {"for": "soon"}}}}, "prometheusRule.rules.EntitledDown.for"),
]


@pytest.mark.parametrize("base, change, told", CASES)
def test_values_that_do_not_fit_are_refused(base, change, told):
    assert told in refused(merged(copy.deepcopy(base), change))


def test_all_that_is_wrong_is_told_at_once():
    told = refused({"replicaCount": 3, "ingress": {"enabled": True}})
    assert told.count("\n- ") == 4, told
