"""The clients, run as their READMEs say, and the servers they ask."""

import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from readme import commands
from releases import World
from secure_preset import secure_preset
from server import ROOT, Server, clean_environment

CLIENTS = ["python", "typescript", "go"]


@dataclass
class Client:
    language: str

    def run(self, settings) -> tuple[list[str], int]:
        """The lines it prints, and its exit status."""
        directory = ROOT / "clients" / self.language
        (command,) = commands(directory / "README.md", "Run")
        environment = clean_environment() | settings
        done = subprocess.run(
            command, shell=True, cwd=directory, env=environment, capture_output=True, text=True, timeout=120
        )
        # pytest shows these if the test fails.
        print(done.stdout, done.stderr)
        self.complaints = done.stderr
        return done.stdout.splitlines(), done.returncode


@pytest.fixture(params=CLIENTS)
def client(request) -> Client:
    return Client(request.param)


@pytest.fixture
def clear(tmp_path: Path):
    server = Server(tmp_path)
    yield server
    server.stop()


@pytest.fixture
def secure(tmp_path: Path):
    """Callers show a certificate, too."""
    certificate = {"ENTITLED_CERT": f"{tmp_path}/cert.pem", "ENTITLED_KEY": f"{tmp_path}/key.pem"}
    settings = {"ENTITLED_TLS_CLIENT_CA": f"{tmp_path}/cert.pem", "ENTITLED_TLS_CLIENT_AUTH": "required"}
    server = Server(tmp_path, is_secure=True, settings=settings, client_settings=certificate)
    yield server
    server.stop()


@pytest.fixture
def secure_elsewhere(tmp_path_factory):
    """For a test that asks both."""
    server = Server(tmp_path_factory.mktemp("secure"), is_secure=True)
    yield server
    server.stop()


@pytest.fixture(scope="session")
def world():
    """What releases of the chart find outside: certificates, an issuer of tokens, PostgreSQL."""
    world = World()
    yield world
    world.postgres.stop()


@pytest.fixture
def secure_release(world):
    # Its directory is one that every user may enter, unlike those of pytest: the server is another user.
    with tempfile.TemporaryDirectory(prefix="entitled-clients-") as directory:
        with secure_preset(world, Path(directory)) as cluster:
            yield cluster
