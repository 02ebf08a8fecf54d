"""Every preset renders, is what Kubernetes takes, and needs nothing that is not there."""

import re
import subprocess

import kubernetes_validate
import pytest

from chart import CHART, PRESETS, SIX, TRIAL, Rendered, helm, preset

# The oldest that the chart allows and the schemas of which are there, and newer ones.
VERSIONS = ["1.27.0", "1.30.0", "1.33.0", "1.37.0"]
# Kinds of others, which Kubernetes has no schema of.
FOREIGN = {
    "Certificate", "GRPCRoute", "BackendTLSPolicy", "ScaledObject", "ServiceMonitor", "PodMonitor", "PrometheusRule",
}
NAMED = re.compile(r"^[a-z0-9]([-a-z0-9.]{0,61}[a-z0-9])?$")
EVERY = {**{name: preset(name) for name in PRESETS}, "trial": TRIAL, "six values": SIX}
SETS = pytest.mark.parametrize("name", EVERY)


@SETS
def test_lint(name, tmp_path):
    values = tmp_path / "values.yaml"
    values.write_text(__import__("json").dumps(EVERY[name]))
    done = subprocess.run([helm(), "lint", "--strict", str(CHART), "-f", str(values)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@SETS
@pytest.mark.parametrize("version", VERSIONS)
def test_kubernetes_takes_it(name, version):
    for doc in Rendered(EVERY[name], kube=version).objects:
        if doc["kind"] in FOREIGN:
            assert doc["apiVersion"] and doc["spec"]
        else:
            kubernetes_validate.validate(doc, version, strict=True)


@SETS
def test_names_fit(name):
    for release in ["r", "a-release-name-that-is-quite-long-so-to-say-53-chars"]:
        rendered = Rendered(EVERY[name], release=release)
        for doc in rendered.objects:
            found = doc["metadata"]["name"]
            assert NAMED.match(found), found
            assert doc["kind"] != "CronJob" or len(found) <= 52, found
            for value in doc["metadata"].get("labels", {}).values():
                assert len(value) <= 63 and re.fullmatch(r"([A-Za-z0-9]([-\w.]*[A-Za-z0-9])?)?", value), value
        names = [(doc["kind"], doc["metadata"]["name"]) for doc in rendered.objects]
        assert len(names) == len(set(names)), "two objects of one name"


@SETS
def test_what_pods_use_is_there(name):
    """Volumes that are mounted exist, and objects of the chart that are named are made by it."""
    rendered = Rendered(EVERY[name])
    own = {(doc["kind"], doc["metadata"]["name"]) for doc in rendered.objects}
    full = rendered.deployment["metadata"]["name"]
    certificates = {doc["spec"]["secretName"] for doc in rendered.all("Certificate")}
    for _, spec in rendered.pods():
        volumes = {volume["name"]: volume for volume in spec.get("volumes", [])}
        assert len(volumes) == len(spec.get("volumes", []))
        mounted = set()
        for container in spec.get("initContainers", []) + spec["containers"]:
            mounted |= {mount["name"] for mount in container.get("volumeMounts", [])}
            paths = [mount["mountPath"] for mount in container.get("volumeMounts", [])]
            assert len(paths) == len(set(paths)), paths
        assert mounted == set(volumes), "mounts and volumes differ"
        for volume in volumes.values():
            for kind, key, field in [("Secret", "secret", "secretName"), ("ConfigMap", "configMap", "name")]:
                target = volume.get(key, {}).get(field, "")
                if target.startswith(full) and target not in certificates:
                    assert (kind, target) in own, f"{kind} {target} is not there"


@SETS
def test_monitors_and_services_find_the_pods(name):
    rendered = Rendered(EVERY[name])
    labels = rendered.deployment["spec"]["template"]["metadata"]["labels"]
    ports = {port["name"] for port in rendered.server["ports"]}
    for service in rendered.all("Service"):
        assert service["spec"]["selector"].items() <= labels.items()
        assert all(port["targetPort"] in ports for port in service["spec"]["ports"])
    for monitor in rendered.all("ServiceMonitor"):
        selector = monitor["spec"]["selector"]["matchLabels"].items()
        found = [s for s in rendered.all("Service") if selector <= s["metadata"]["labels"].items()]
        assert [s["spec"]["ports"][0]["name"] for s in found] == ["metrics"]
    for doc in rendered.all("PodMonitor") + rendered.all("PodDisruptionBudget"):
        assert doc["spec"]["selector"]["matchLabels"].items() <= labels.items()
    for _, spec in rendered.pods():
        assert spec["automountServiceAccountToken"] is False and spec["enableServiceLinks"] is False
