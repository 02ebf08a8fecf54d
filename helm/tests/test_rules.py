"""The fifteen rules of the chart, each of which is a complaint that other charts got."""

import re
import shutil

import pytest
import yaml

from chart import CHART, PRESETS, SIX, TRIAL, Rendered, at, merged, preset, refused

EVERY = pytest.mark.parametrize("name", PRESETS)
HOOK = "helm.sh/hook"
URL = {"existingSecret": "", "url": "postgres://u:s3cret@db/e"}


def annotations(doc: dict) -> dict:
    return doc["metadata"].get("annotations", {})


def hooks(rendered: Rendered) -> list[dict]:
    return [doc for doc in rendered.objects if "pre-install" in annotations(doc).get(HOOK, "")]


def names_in(spec: dict) -> set[str]:
    """The Secrets and ConfigMaps that a pod names."""
    names = set()
    for volume in spec["volumes"]:
        names |= {volume.get("secret", {}).get("secretName"), volume.get("configMap", {}).get("name")}
    for container in spec.get("initContainers", []) + spec["containers"]:
        for variable in container.get("env", []):
            names |= {ref["name"] for key, ref in variable.get("valueFrom", {}).items() if key.endswith("KeyRef")}
        for source in container.get("envFrom", []):
            names |= {ref["name"] for ref in source.values() if isinstance(ref, dict)}
    return names - {None}


def test_01_a_hook_needs_nothing_of_the_chart():
    rendered = Rendered(SIX)
    found = hooks(rendered)
    assert {doc["kind"] for doc in found} == {"Job", "ServiceAccount", "NetworkPolicy"}
    job = next(doc for doc in found if doc["kind"] == "Job")
    spec = job["spec"]["template"]["spec"]
    own = {doc["metadata"]["name"] for doc in rendered.objects if HOOK not in annotations(doc)}
    assert names_in(spec) == {"entitled-database"} and not names_in(spec) & own
    assert spec["serviceAccountName"] in {doc["metadata"]["name"] for doc in found if doc["kind"] == "ServiceAccount"}
    assert spec["serviceAccountName"] != rendered.pod["serviceAccountName"]
    assert spec["automountServiceAccountToken"] is False
    weights = {doc["kind"]: int(annotations(doc)["helm.sh/hook-weight"]) for doc in found}
    assert weights["ServiceAccount"] < weights["Job"] and weights["NetworkPolicy"] < weights["Job"]

    of_chart = Rendered(merged(SIX, at("database.postgres", URL)))
    assert not hooks(of_chart)
    assert [c["args"] for c in of_chart.pod["initContainers"]] == [["migrate"]]
    told = refused(merged(SIX, at("database.postgres", URL), at("migrations.mode", "job")))
    assert "migrations.mode: the job runs before the chart's Secret" in told


def test_01_migrations_have_credentials_of_their_own():
    rendered = Rendered(merged(SIX, at("migrations.existingSecret", "ddl")))
    job = rendered.one("Job")["spec"]["template"]["spec"]
    assert names_in(job) == {"ddl"} and "ddl" not in names_in(rendered.pod)
    inside = Rendered(merged(SIX, at("migrations", {"existingSecret": "ddl", "mode": "initContainer"})))
    mounts = {c["name"]: {m["name"] for m in c["volumeMounts"]} for c in inside.pod["initContainers"] + [inside.server]}
    assert "migration" in mounts["migrate"] and "migration" not in mounts["entitled"]


@EVERY
def test_02_nothing_waits_with_access_to_kubernetes(name):
    rendered = Rendered(preset(name))
    assert not rendered.all("Role") + rendered.all("RoleBinding") + rendered.all("ClusterRole")
    assert rendered.pod["automountServiceAccountToken"] is False


@pytest.mark.parametrize("scaler", ["autoscaling", "keda"])
def test_03_an_autoscaler_has_the_replicas_alone(scaler):
    on = at(scaler, {"enabled": True, "triggers": [{"type": "cpu"}]} if scaler == "keda" else {"enabled": True})
    assert "replicas" not in Rendered(merged(SIX, on, {"replicaCount": 5})).deployment["spec"]
    assert Rendered(merged(SIX, {"replicaCount": 5})).deployment["spec"]["replicas"] == 5


def test_04_zero_values_survive():
    values = merged(SIX, {
        "replicaCount": 0, "revisionHistoryLimit": 0, "minReadySeconds": 0,
        "shutdown": {"lameDuck": "0s", "drainTimeout": "0s"},
        "settings": {"rate_limit_reads": 0, "log_calls_sample": 0, "decision_log_keep": 0, "grpc_web": False,
                     "reflection": False},
        "migrations": {"backoffLimit": 0, "ttlSecondsAfterFinished": 0},
        "otel": {"endpoint": "http://collector:4317", "traceSample": 0},
        "probes": {"readiness": {"initialDelaySeconds": 0}},
        "prometheusRule": {"enabled": True, "rules": {"EntitledFeedLag": {"threshold": 0}}},
        "networkPolicy": {"egress": {"enabled": False}},
        "ledgerVerify": {"enabled": True, "successfulJobsHistoryLimit": 0}, "client": {"tokenSecret": {"name": "t"}},
    })
    rendered = Rendered(values)
    spec, settings = rendered.deployment["spec"], rendered.settings
    assert (spec["replicas"], spec["revisionHistoryLimit"], spec["minReadySeconds"]) == (0, 0, 0)
    assert settings["ENTITLED_LAME_DUCK"] == settings["ENTITLED_DRAIN_TIMEOUT"] == "0s"
    for key in ["RATE_LIMIT_READS", "LOG_CALLS_SAMPLE", "DECISION_LOG_KEEP", "OTEL_TRACE_SAMPLE"]:
        assert settings[f"ENTITLED_{key}"] == "0"
    assert settings["ENTITLED_GRPC_WEB"] == settings["ENTITLED_REFLECTION"] == "false"
    job = rendered.one("Job")["spec"]
    assert (job["backoffLimit"], job["ttlSecondsAfterFinished"]) == (0, 0)
    assert rendered.server["readinessProbe"]["initialDelaySeconds"] == 0
    rules = rendered.one("PrometheusRule")["spec"]["groups"][0]["rules"]
    assert next(r for r in rules if r["alert"] == "EntitledFeedLag")["expr"].endswith("> 0")
    assert all(policy["spec"]["policyTypes"] == ["Ingress"] for policy in rendered.all("NetworkPolicy"))
    assert rendered.one("CronJob")["spec"]["successfulJobsHistoryLimit"] == 0

    scaled = {"autoscaling": {"enabled": True}, "podDisruptionBudget": {"maxUnavailable": 0}}
    assert Rendered(merged(SIX, scaled)).one("PodDisruptionBudget")["spec"]["maxUnavailable"] == 0
    kept = {"podDisruptionBudget": {"minAvailable": 0}}
    assert Rendered(merged(SIX, kept)).one("PodDisruptionBudget")["spec"]["minAvailable"] == 0
    to_none = {"keda": {"enabled": True, "minReplicas": 0, "triggers": [{"type": "cpu"}]}}
    assert Rendered(merged(SIX, to_none)).one("ScaledObject")["spec"]["minReplicaCount"] == 0


def test_04_large_numbers_are_written_out():
    settings = Rendered(merged(SIX, {"settings": {"max_calls": 1000000}})).settings
    assert settings["ENTITLED_MAX_CALLS"] == "1000000"


def test_05_no_disruption_budget_for_one_replica():
    for one in [{"replicaCount": 1}, {"replicaCount": 0}, {"autoscaling": {"enabled": True, "minReplicas": 1}}]:
        for enabled in ["auto", True]:
            values = merged(SIX, one, at("podDisruptionBudget.enabled", enabled))
            assert not Rendered(values).all("PodDisruptionBudget")
    assert not Rendered(TRIAL).all("PodDisruptionBudget")
    assert not Rendered(merged(SIX, at("podDisruptionBudget.enabled", False))).all("PodDisruptionBudget")
    assert Rendered(SIX).one("PodDisruptionBudget")["spec"]["unhealthyPodEvictionPolicy"] == "AlwaysAllow"


def test_06_sqlite_is_for_one_process():
    spec = Rendered(TRIAL).deployment["spec"]
    assert spec["replicas"] == 1 and spec["strategy"] == {"type": "Recreate"}
    assert "replicaCount: SQLite is for one process" in refused(merged(TRIAL, {"replicaCount": 2}))
    for scaler in ["autoscaling", "keda"]:
        told = refused(merged(TRIAL, at(f"{scaler}.enabled", True)))
        assert "SQLite is for one process" in told and "database.engine to postgres" in told
    assert Rendered(merged(TRIAL, at("strategy.type", "RollingUpdate"))).deployment["spec"]["strategy"] == {
        "type": "Recreate"
    }


def test_07_an_issuer_needs_an_audience():
    told = refused(merged(SIX, at("auth.oidc.audience", "")))
    assert "auth.oidc.audience: tokens made for others would be believed" in told
    assert "auth.oidc.issuer: it is missing" in refused(merged(SIX, at("auth.oidc.issuer", "")))


SECRET = "s3cret-w0rd"


def test_08_no_secret_stands_in_a_pod_or_a_config_map():
    values = merged(SIX, at("database.postgres", {"existingSecret": "", "url": f"postgres://u:{SECRET}@db/e"}),
                    at("auth.tokens.content", f"# {SECRET}"))
    holders = [doc["kind"] for doc in Rendered(values).objects if SECRET in yaml.safe_dump(doc)]
    assert holders == ["Secret"]
    for name in PRESETS:
        for container in Rendered(preset(name)).own_containers():
            plain = {v["name"]: v["value"] for v in container.get("env", []) if "value" in v}
            assert not {"PGPASSWORD", "OTEL_EXPORTER_OTLP_HEADERS", "ENTITLED_TOKEN"} & set(plain)
            # A URL that is no secret: a user, and no password.
            assert re.fullmatch(r"(postgres://[^:@]+@.*)?", plain.get("ENTITLED_DATABASE_URL", ""))


def test_09_a_change_of_settings_or_of_the_charts_secrets_renews_the_pods():
    base = merged(SIX, at("database.postgres", URL), at("catalog.files", [{"name": "a.toml", "content": "a"}]))

    def checksums(*changes):
        template = Rendered(merged(base, *changes)).deployment["spec"]["template"]
        return {k: v for k, v in template["metadata"]["annotations"].items() if k.startswith("checksum/")}

    before = checksums()
    assert set(before) == {"checksum/settings", "checksum/secret", "checksum/catalog"}
    for changed, change in {
        "checksum/settings": {"settings": {"log": "debug"}},
        "checksum/secret": at("database.postgres.url", "postgres://u:other@db/e"),
        "checksum/catalog": at("catalog.files", [{"name": "a.toml", "content": "b"}]),
    }.items():
        after = checksums(change)
        assert {key for key in before if before[key] != after[key]} == {changed}
    assert checksums({"replicaCount": 7}) == before


@EVERY
def test_10_selectors_stay_the_same_in_every_version(name, tmp_path):
    newer = tmp_path / "entitled"
    shutil.copytree(CHART, newer)
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text())
    (newer / "Chart.yaml").write_text(yaml.safe_dump({**chart, "version": "9.8.7", "appVersion": "9.8.7"}))
    values = preset(name)
    other = merged(values, {"image": {"tag": "2.0.0"}, "commonLabels": {"added": "later"}})
    old, new = Rendered(values), Rendered(other, chart=newer)
    assert old.deployment["spec"]["selector"] == new.deployment["spec"]["selector"]
    assert "9.8.7" in new.text and old.deployment["metadata"]["labels"] != new.deployment["metadata"]["labels"]
    for kind in ["Service", "PodDisruptionBudget", "PersistentVolumeClaim", "ServiceMonitor", "PodMonitor"]:
        for before, after in zip(old.all(kind), new.all(kind), strict=True):
            assert before["metadata"]["name"] == after["metadata"]["name"]
            assert before["spec"].get("selector") == after["spec"].get("selector")


def test_11_the_kubelets_grpc_probe_is_not_asked_to_speak_tls():
    for probe in ["startupProbe", "livenessProbe", "readinessProbe"]:
        secure, clear = Rendered(SIX).server[probe], Rendered(TRIAL).server[probe]
        assert "grpc" not in secure and secure["httpGet"]["port"] == "metrics" and clear["grpc"]["port"] == 50051
    assert "probes.type: the kubelet's gRPC probe speaks no TLS" in refused(merged(SIX, at("probes.type", "grpc")))
    assert Rendered(TRIAL).server["livenessProbe"]["grpc"]["service"] == "liveness"
    assert Rendered(TRIAL).server["readinessProbe"]["grpc"]["service"] == "readiness"
    for name in PRESETS:
        for service in Rendered(preset(name)).all("Service"):
            ports = [port["targetPort"] for port in service["spec"]["ports"]]
            assert ports == (["metrics"] if service["metadata"]["name"].endswith("-metrics") else ["grpc"])


def test_12_pods_have_the_time_to_end():
    told = refused(merged(SIX, {"terminationGracePeriodSeconds": 33}))
    assert "must be more than preStopSleepSeconds, lameDuck, drainTimeout and 8 s, together 33 s" in told
    assert Rendered(merged(SIX, {"terminationGracePeriodSeconds": 34}))
    for more in [{"lameDuck": "18s"}, {"drainTimeout": "1m"}, {"preStopSleepSeconds": 12}]:
        assert "terminationGracePeriodSeconds: 45 s" in refused(merged(SIX, {"shutdown": more}), kube="1.33.0")
    for name in PRESETS:
        rendered = Rendered(preset(name))
        seconds = [int(rendered.settings[f"ENTITLED_{key}"][:-1]) for key in ["LAME_DUCK", "DRAIN_TIMEOUT"]]
        assert rendered.pod["terminationGracePeriodSeconds"] > sum(seconds) + 8
    sleeping = merged(SIX, {"shutdown": {"preStopSleepSeconds": 5}})
    assert Rendered(sleeping, kube="1.33.0").server["lifecycle"]["preStop"]["sleep"]["seconds"] == 5
    assert "the kubelet sleeps from Kubernetes 1.30 on" in refused(sleeping, kube="1.29.0")


def test_12_a_rolling_update_leaves_no_gap():
    for name in PRESETS:
        spec = Rendered(preset(name)).deployment["spec"]
        if spec["strategy"]["type"] != "Recreate":
            assert spec["strategy"]["rollingUpdate"] == {"maxUnavailable": 0, "maxSurge": 1}
            assert spec["minReadySeconds"] > 0


@pytest.mark.parametrize("monitor", ["serviceMonitor", "podMonitor"])
def test_13_monitors_speak_tls_where_that_is_wanted(monitor):
    prometheus = at("networkPolicy.metricsFrom", [{"namespaceSelector": {}}])
    tls = {"enabled": True, "scheme": "https", "tlsConfig": {"serverName": "entitled"}}
    spec = Rendered(merged(SIX, prometheus, at(monitor, tls))).one(monitor[0].upper() + monitor[1:])["spec"]
    endpoint = (spec.get("endpoints") or spec["podMetricsEndpoints"])[0]
    assert endpoint["scheme"] == "https" and endpoint["tlsConfig"] == {"serverName": "entitled"}
    told = refused(merged(SIX, at(monitor, {"enabled": True})))
    assert "networkPolicy.metricsFrom: Prometheus could not read the metrics" in told


def test_14_texts_stay_texts():
    odd = "1e3"
    rendered = Rendered(merged(SIX, {
        "image": {"tag": odd}, "podAnnotations": {"a": odd}, "commonLabels": {"b": odd}, "settings": {"log": odd},
        "database": {"postgres": {"existingSecret": "", "host": "db", "user": odd, "name": "0123"}},
        "extraEnv": [{"name": "C", "value": odd}], "namespaceOverride": "123",
    }))
    assert rendered.server["image"].endswith(":1e3")
    assert rendered.deployment["metadata"]["labels"]["app.kubernetes.io/version"] == odd
    assert rendered.deployment["metadata"]["labels"]["b"] == odd
    assert rendered.deployment["metadata"]["namespace"] == "123"
    assert rendered.settings["ENTITLED_LOG"] == odd
    env = {variable["name"]: variable.get("value") for variable in rendered.server["env"]}
    assert env["C"] == odd and env["ENTITLED_DATABASE_URL"].startswith("postgres://1e3@db:5432/0123?")
    for name in PRESETS:
        for doc in Rendered(preset(name)).all("ConfigMap"):
            assert all(isinstance(value, str) for value in doc["data"].values())


@EVERY
def test_15_pods_pass_pod_security_restricted(name):
    for _, spec in Rendered(preset(name)).pods():
        security = spec["securityContext"]
        assert security["runAsNonRoot"] is True and security["runAsUser"] == 65532
        assert security["seccompProfile"]["type"] == "RuntimeDefault"
        assert not any(spec.get(key) for key in ["hostNetwork", "hostPID", "hostIPC"])
        allowed = {"configMap", "emptyDir", "secret", "persistentVolumeClaim", "projected", "downwardAPI"}
        assert all(set(volume) - {"name"} <= allowed for volume in spec["volumes"])
    for container in Rendered(preset(name)).own_containers():
        security = container.get("securityContext")
        if container["name"] == "before":  # of the preset itself, not of the chart
            continue
        assert security["allowPrivilegeEscalation"] is False and security["readOnlyRootFilesystem"] is True
        assert security["capabilities"]["drop"] == ["ALL"] and not security.get("privileged")
        assert "limits" in container["resources"] and "cpu" not in container["resources"]["limits"]
