"""Runs what the chart renders without a cluster: each container is a process on this machine.

Volumes become directories, whose paths take the place of the mount paths; names of services become addresses of this
machine; ports become free ones. The process has the variables of its container and no other, and the user of the
image, where the tests run as root.
"""

import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from chart import BINARY, Rendered

USER = 65532
PATIENCE = 60


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Cluster:
    """The directory of one release: its volumes, its outside Secrets, and where its names lead."""

    def __init__(self, rendered: Rendered, directory: pathlib.Path, secrets: dict[str, dict[str, str]]):
        self.rendered, self.directory, self.secrets = rendered, directory, secrets
        self.names: dict[str, str] = {}
        self.ports = {port["containerPort"]: free_port() for port in rendered.server["ports"]}
        self.running: list[Process] = []
        directory.chmod(0o755)
        # The image's file, readable for its user wherever the build directory is.
        self.binary = directory / "entitled"
        shutil.copy(BINARY, self.binary)
        full = rendered.deployment["metadata"]["name"]
        grpc_port = rendered.server["ports"][0]["containerPort"]
        self.names[f"{full}.support.svc:50051"] = f"localhost:{self.ports[grpc_port]}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in self.running:
            process.kill()

    def data(self, kind: str, name: str) -> dict[str, str]:
        """What a Secret or a ConfigMap holds: one of the chart, or one that the release expects to be there."""
        for doc in self.rendered.all(kind):
            if doc["metadata"]["name"] == name:
                return doc["data" if kind == "ConfigMap" else "stringData"]
        return self.secrets[name]

    def local(self, text: str) -> str:
        for name, address in self.names.items():
            text = text.replace(name, address)
        return text

    def volume(self, volume: dict) -> pathlib.Path:
        """The directory of a volume; those that hold data are the same for every pod."""
        path = self.directory / "volumes" / volume["name"]
        path.mkdir(parents=True, exist_ok=True)
        source = volume.get("secret") or volume.get("configMap")
        if not source:
            own(path, 0o775)
            return path
        kind = "Secret" if "secret" in volume else "ConfigMap"
        content = self.data(kind, source.get("secretName") or source["name"])
        items = source.get("items") or [{"key": key, "path": key} for key in content]
        for item in items:
            file = path / item["path"]
            file.unlink(missing_ok=True)
            file.write_text(self.mapped(self.local(content[item["key"]])))
            own(file, source.get("defaultMode", 0o644), owner=0)
        return path

    def mapped(self, text: str) -> str:
        """A text of a Secret that names files of the pod, such as the URL of a database."""
        return re.sub(r"/etc/entitled/([a-z-]+)/", lambda found: f"{self.directory}/volumes/{found[1]}/", text)

    def container(self, spec: dict, container: dict) -> "Process":
        """Starts one container of a pod."""
        volumes = {volume["name"]: volume for volume in spec["volumes"]}
        paths = {}
        for mount in container.get("volumeMounts", []):
            paths[mount["mountPath"]] = str(self.volume(volumes[mount["name"]]))
        # The programs write nothing there, and the rest of this machine does.
        paths.pop("/tmp", None)

        def here(text: str) -> str:
            for inside in sorted(paths, key=len, reverse=True):
                text = text.replace(inside, paths[inside])
            return self.local(text)

        environment = {key: here(value) for key, value in self.environment(container).items()}
        for inside, outside in self.ports.items():
            for key in ["ENTITLED_LISTEN", "ENTITLED_METRICS_LISTEN"]:
                if environment.get(key, "").endswith(f":{inside}"):
                    environment[key] = environment[key].removesuffix(str(inside)) + str(outside)
        command = [str(self.binary), *map(here, container["args"])]
        process = Process(command, environment, self.directory / f"{container['name']}.log")
        self.running.append(process)
        return process

    def environment(self, container: dict) -> dict[str, str]:
        result: dict[str, str] = {}
        for source in container.get("envFrom", []):
            kind, reference = ("ConfigMap", source.get("configMapRef")) if "configMapRef" in source else (
                "Secret", source["secretRef"])
            if reference.get("optional") and reference["name"] not in self.secrets:
                continue
            result |= self.data(kind, reference["name"])
        for variable in container.get("env", []):
            source = variable.get("valueFrom", {})
            if "fieldRef" in source:
                value = "r-entitled-0"
            elif "secretKeyRef" in source:
                value = self.data("Secret", source["secretKeyRef"]["name"])[source["secretKeyRef"]["key"]]
            else:
                value = re.sub(r"\$\((\w+)\)", lambda found: result.get(found[1], found[0]), variable["value"])
            result[variable["name"]] = value
        return result

    def run(self, spec: dict, container: dict) -> str:
        """Runs a container to its end, which must be a good one; what it printed."""
        process = self.container(spec, container)
        status = process.wait(PATIENCE)
        assert status == 0, f"{container['name']} ended with {status}: {process.log()}"
        return process.log()

    def metrics(self) -> str:
        """What Prometheus is told."""
        port = next(port["containerPort"] for port in self.rendered.server["ports"] if port["name"] == "metrics")
        with urllib.request.urlopen(f"http://127.0.0.1:{self.ports[port]}/metrics", timeout=10) as answer:
            return answer.read().decode()

    def probe(self, probe: dict) -> bool:
        """Asks as the kubelet does."""
        timeout = probe["timeoutSeconds"]
        if "grpc" in probe:
            return asks(f"127.0.0.1:{self.ports[probe['grpc']['port']]}", probe["grpc"]["service"], timeout)
        named = {port["name"]: port["containerPort"] for port in self.rendered.server["ports"]}
        port = self.ports[named[probe["httpGet"]["port"]]]
        try:
            url = f"http://127.0.0.1:{port}{probe['httpGet']['path']}"
            with urllib.request.urlopen(url, timeout=timeout) as answer:
                return answer.status == 200
        except (urllib.error.URLError, OSError):
            return False

    def until(self, probe: dict, process: "Process", wanted: bool = True) -> None:
        """Probes until the answer is the wanted one."""
        deadline = time.monotonic() + PATIENCE
        while self.probe(probe) is not wanted:
            assert process.is_running(), process.log()
            assert time.monotonic() < deadline, f"{probe} did not become {wanted}: {process.log()}"
            time.sleep(0.05)


class Process:
    """A container that runs."""

    def __init__(self, command: list[str], environment: dict[str, str], log: pathlib.Path):
        self.file = log
        user = {"user": USER, "group": USER, "extra_groups": []} if os.geteuid() == 0 else {}
        with open(log, "w") as output:
            self.child = subprocess.Popen(
                command, env=environment, cwd="/", stdin=subprocess.DEVNULL, stdout=output, stderr=output, **user
            )

    def log(self) -> str:
        return self.file.read_text()

    def is_running(self) -> bool:
        return self.child.poll() is None

    def terminate(self) -> None:
        self.child.send_signal(signal.SIGTERM)

    def wait(self, seconds: float) -> int:
        return self.child.wait(seconds)

    def kill(self) -> None:
        self.child.kill()
        self.child.wait()


def own(path: pathlib.Path, mode: int, owner: int = USER) -> None:
    """Gives a file to the user of the image's group, as `fsGroup` does."""
    path.chmod(mode if os.geteuid() == 0 else mode | 0o600)
    if os.geteuid() == 0:
        os.chown(path, owner, USER)


def asks(address: str, service: str, timeout: float) -> bool:
    """Whether `grpc.health.v1` says SERVING, over a connection without TLS."""
    with grpc.insecure_channel(address) as channel:
        request = health_pb2.HealthCheckRequest(service=service)
        try:
            answer = health_pb2_grpc.HealthStub(channel).Check(request, timeout=timeout)
        except grpc.RpcError:
            return False
    return answer.status == health_pb2.HealthCheckResponse.SERVING
