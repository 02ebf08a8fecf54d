"""Renders the chart, and finds things in what it renders."""

import functools
import json
import os
import pathlib
import shutil
import subprocess
import sysconfig
import tempfile

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
CHART = ROOT / "helm" / "entitled"
PRESETS = sorted(path.name.removesuffix("-values.yaml") for path in (CHART / "ci").glob("*-values.yaml"))
# Both the file of settings and the entry point of the image; see the Makefile.
BINARY = pathlib.Path(os.environ.get("ENTITLED_BINARY", ROOT / "target" / "debug" / "entitled"))

# The least that renders: a trial on SQLite, and production in six values.
TRIAL = {"tls": {"enabled": False}, "auth": {"mode": "none", "allowInsecure": True}}
SIX = {
    "image": {"repository": "registry.example.org/support/entitled"},
    "database": {"engine": "postgres", "postgres": {"existingSecret": "entitled-database"}},
    "tls": {"certManager": {"issuerRef": {"name": "internal"}}},
    "auth": {"oidc": {"issuer": "https://login.example.org", "audience": "entitled"}},
}


class Refused(Exception):
    """The chart does not render; the text says why."""


def helm() -> str:
    beside = [sysconfig.get_path("scripts"), str(ROOT / ".tools" / "chart" / "bin"), os.environ.get("PATH", "")]
    found = shutil.which("helm", path=os.pathsep.join(beside))
    assert found, "no helm: run `make chart-test`, which installs it"
    return found


def merged(*layers: dict) -> dict:
    """Values laid over each other, as helm does it."""
    result: dict = {}
    for layer in layers:
        for key, value in layer.items():
            both = isinstance(value, dict) and isinstance(result.get(key), dict)
            result[key] = merged(result[key], value) if both else value
    return result


def at(path: str, value) -> dict:
    """The value alone, at a path such as `image.tag`."""
    for key in reversed(path.split(".")):
        value = {key: value}
    return value


def preset(name: str) -> dict:
    return yaml.safe_load((CHART / "ci" / f"{name}-values.yaml").read_text())


@functools.cache
def _template(values: str, chart: str, release: str, kube: str) -> str:
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        file.write(values)
        file.flush()
        command = [helm(), "template", release, chart, "--namespace", "support", "--values", file.name]
        if kube:
            command += ["--kube-version", kube]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    if done.returncode:
        raise Refused(done.stderr)
    return done.stdout


class Rendered:
    """The objects of one release."""

    def __init__(self, values: dict, chart: pathlib.Path = CHART, release: str = "r", kube: str = ""):
        self.text = _template(json.dumps(values), str(chart), release, kube)
        self.objects = [doc for doc in yaml.safe_load_all(self.text) if doc]

    def all(self, kind: str) -> list[dict]:
        return [doc for doc in self.objects if doc["kind"] == kind]

    def one(self, kind: str, suffix: str = "") -> dict:
        """The object of this kind, or the one whose name ends so."""
        found = [doc for doc in self.all(kind) if doc["metadata"]["name"].endswith(suffix)]
        assert len(found) == 1, f"{len(found)} of {kind} {suffix}"
        return found[0]

    @property
    def deployment(self) -> dict:
        return self.one("Deployment")

    @property
    def pod(self) -> dict:
        return self.deployment["spec"]["template"]["spec"]

    @property
    def server(self) -> dict:
        return next(c for c in self.pod["containers"] if c["name"] == "entitled")

    @property
    def settings(self) -> dict:
        return self.one("ConfigMap", self.deployment["metadata"]["name"])["data"]

    def pods(self) -> list[tuple[dict, dict]]:
        """Every pod there is or will be: its metadata and its spec."""
        found = []
        for doc in self.objects:
            spec = doc.get("spec", {})
            match doc["kind"]:
                case "Pod":
                    found.append((doc["metadata"], spec))
                case "Deployment" | "Job":
                    found.append((spec["template"].get("metadata", {}), spec["template"]["spec"]))
                case "CronJob":
                    template = spec["jobTemplate"]["spec"]["template"]
                    found.append((template["metadata"], template["spec"]))
        return found

    def own_containers(self) -> list[dict]:
        """Those of the image of the program."""
        image = self.server["image"]
        pods = [spec for _, spec in self.pods()]
        every = [c for spec in pods for c in spec.get("initContainers", []) + spec["containers"]]
        return [container for container in every if container["image"] == image]


def refused(values: dict, kube: str = "") -> str:
    """Why the chart does not render with these values."""
    try:
        Rendered(values, kube=kube)
    except Refused as error:
        return str(error)
    raise AssertionError(f"rendered with {json.dumps(values)}")
