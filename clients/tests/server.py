"""A real server with the sample customers, as a process."""

import json
import os
import queue
import re
import signal
import subprocess
import threading
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BINARY = os.environ.get("ENTITLED_BINARY", str(ROOT / "target/debug/entitled"))
CUSTOMER = "halden-mills"


class Server:
    """Serves a database in `folder`, in clear or (`is_secure`) by TLS to callers with a token."""

    def __init__(self, folder: Path, *, is_secure=False, settings={}, client_settings={}):
        self.folder, self.is_secure = folder, is_secure
        self.settings = {"ENTITLED_DATABASE_URL": f"sqlite:{folder}/entitled.db", "ENTITLED_GRPC_WEB": "true"} | settings
        self.client_settings = dict(client_settings)
        if is_secure:
            self._secure()
        self.port = 0
        self.start()
        for sample in samples(folder):
            self.ask("import", sample)

    def _secure(self):
        """As README.md says in "Secure it"."""
        self.ca, self.token = make_certificate(self.folder), self.folder / "token"
        tokens = self.folder / "tokens.toml"
        roles = "--role contract-admin --role consumer --all-customers".split()
        made = run([BINARY, "token", "new", "--principal", "portal", *roles, "--file", str(tokens)], {})
        self.token.write_text(made)
        self.settings |= {"ENTITLED_TLS_CERT": str(self.ca), "ENTITLED_TLS_KEY": str(self.folder / "key.pem")}
        self.settings |= {"ENTITLED_AUTH_TOKENS_FILE": str(tokens)}
        # For the lines of pages, which find these files beside the .proto files.
        (self.folder / "proto").symlink_to(ROOT / "proto")
        self.client_settings |= {"ENTITLED_CA": str(self.ca), "ENTITLED_TOKEN_FILE": str(self.token)}

    def start(self):
        """Begins to serve: on a free port, later on the same one."""
        command = [BINARY, "serve", "--listen", f"127.0.0.1:{self.port}"]
        environment = clean_environment() | self.settings | {"ENTITLED_LOG_FORMAT": "json"}
        self.process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
        addresses = queue.Queue()
        threading.Thread(target=self._read, args=(self.process.stderr, addresses), daemon=True).start()
        self.port = int(addresses.get(timeout=60).rpartition(":")[2])

    @staticmethod
    def _read(lines, addresses):
        told = []
        for line in lines:
            told.append(line)
            if '"message":"serving"' in line:
                addresses.put(json.loads(line)["address"])
        addresses.put("no address, but:\n" + "".join(told))

    @property
    def address(self):
        # The certificate is for this name.
        return f"https://localhost:{self.port}" if self.is_secure else f"http://127.0.0.1:{self.port}"

    def ask(self, *arguments):
        """What the command line answers."""
        environment = self.client_settings | {"ENTITLED_ADDRESS": self.address}
        return run([BINARY, *arguments, "--output", "json"], environment)

    def used_minutes(self):
        """What the ledger says was used of all blocks of the customer's engineer."""
        return used_minutes(self.ask("hours", "balance", "--customer", CUSTOMER))

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=60)


def samples(folder: Path) -> list[str]:
    """Writes the sample customers into a folder. The samples end one day; the tests do not."""
    files = []
    for sample in sorted((ROOT / "examples").glob("*.yaml")):
        (folder / sample.name).write_text(re.sub(r"end_date: 20\d\d-", "end_date: 2099-", sample.read_text()))
        files.append(str(folder / sample.name))
    return files


def used_minutes(balance: str) -> int:
    blocks = json.loads(balance)["blocks"]
    return sum(int(block.get("used", 0)) for block in blocks if block["unit"] == "UNIT_MINUTES")


def make_certificate(folder: Path) -> Path:
    """A certificate for this machine, and its key beside it."""
    command = (
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 365 -subj /CN=localhost "
        "-addext subjectAltName=DNS:localhost,IP:127.0.0.1 -addext basicConstraints=critical,CA:FALSE "
        f"-keyout {folder}/key.pem -out {folder}/cert.pem"
    )
    subprocess.run(command.split(), check=True, capture_output=True)
    return folder / "cert.pem"


def clean_environment():
    """This environment without settings of entitled, and with the `buf` of this project."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ENTITLED")}
    return environment | {"PATH": f"{ROOT}/.venv/bin:{environment['PATH']}"}


def run(command, settings, **options):
    done = subprocess.run(
        command, env=clean_environment() | settings, capture_output=True, text=True, timeout=120, **options
    )
    if done.returncode != 0:
        raise AssertionError(f"{command} ended with {done.returncode}\n{done.stdout}\n{done.stderr}")
    return done.stdout
