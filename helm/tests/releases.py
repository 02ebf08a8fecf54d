"""Releases of the chart's presets as processes, each with what it expects to be there."""

import hashlib
import re
import subprocess

from chart import Rendered, merged, preset
from outside import Authority, Issuer, Postgres
from pods import Cluster, Process

ISSUER = "https://login.example.org"
TOKEN, ADMIN = "test", "admin-token"
SCHEMA_RIGHTS = """
ALTER DEFAULT PRIVILEGES FOR ROLE ddl GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO app;
ALTER DEFAULT PRIVILEGES FOR ROLE ddl GRANT USAGE, SELECT ON SEQUENCES TO app;
"""


def token_row(principal: str, token: str, *roles: str) -> str:
    digest = hashlib.sha256(token.encode()).hexdigest()
    return f'[[token]]\nprincipal = "{principal}"\nsha256 = "{digest}"\n{rights(*roles)}'


def certificate_row(principal: str, *roles: str) -> str:
    return f'[[certificate]]\nprincipal = "{principal}"\ndns = "{principal}.example.org"\n{rights(*roles)}'


def rights(*roles: str) -> str:
    listed = ", ".join(f'"{role}"' for role in roles)
    return f'roles = [{listed}]\ncustomers = ["*"]\n'


TOKENS = token_row("verifier", TOKEN, "reader") + token_row("admin", ADMIN, "contract-admin", "consumer")


class World:
    """What all releases find outside."""

    def __init__(self):
        self.authority, self.issuer = Authority("test authority"), Issuer()
        self.postgres = Postgres(self.authority)
        # The role that changes the schema, and the one that serves and may not.
        for role in ["ddl", "app", "entitled"]:
            self.postgres.sql(f"CREATE ROLE {role} LOGIN")

    def database(self, name: str, owner: str) -> str:
        """A new database: its address and name."""
        self.postgres.sql(f"CREATE DATABASE {name} OWNER {owner}")
        self.postgres.sql(SCHEMA_RIGHTS, name)
        return f"{self.postgres.address}/{name}"


def release(name: str, world: World, directory, *changes: dict) -> Cluster:
    """A preset with what it expects to be there."""
    values = merged(preset(name), *changes)
    secrets: dict[str, dict[str, str]] = {
        "entitled-tokens": {"tokens.toml": TOKENS},
        "entitled-client": {"token": TOKEN},
        "verifier": {"token": TOKEN},
        "collector": {"headers": "authorization=Bearer x"},
        "entitled-database-ca": {"ca.crt": world.authority.pem},
        "entitled-callers-ca": {"ca.crt": world.authority.pem},
        "callers-ca": {"ca.crt": world.authority.pem},
        "entitled-certificate": world.authority.issue("r-entitled.support.svc"),
    }
    names = {}
    database = re.sub("[^a-z0-9]", "", f"{name}{directory.name.lower()}")
    match name:
        case "postgres":
            url = f"postgres://ddl@{world.database(database, 'ddl')}?sslmode=require"
            secrets["entitled-database"] = {"url": url}
        case "secure":
            address = world.database(database, "ddl")
            query = "sslmode=verify-full&sslrootcert=/etc/entitled/database-ca/ca.crt"
            secrets["entitled-database"] = {"url": f"postgres://app@{address}?{query}"}
            secrets["entitled-migration"] = {"url": f"postgres://ddl@{address}?{query}"}
            secrets["entitled-client"] = world.authority.issue("verifier.example.org")
            rows = certificate_row("verifier", "reader") + certificate_row("admin", "contract-admin")
            secrets["entitled-certificates"] = {"certificates.toml": rows}
            # The issuer's name leads nowhere here, so its keys are asked for by their own address.
            values = merged(values, {"auth": {"oidc": {"jwksUrl": world.issuer.url}}})
        case "ha":
            world.database(database, "entitled")
            values = merged(values, {"database": {"postgres": {"name": database}}})
            secrets["entitled-database"] = {"password": "1e3"}
            names["entitled-rw.databases:5432"] = world.postgres.address
        case "full":
            world.database(database, "entitled")
            names["postgres.databases/entitled"] = f"{world.postgres.address}/{database}"
            names[f"{ISSUER}/keys"] = world.issuer.url
            values = merged(values, {"auth": {"tokens": {"content": TOKENS}}, "tests": {"customer": "aurora-clinics"}})
    cluster = Cluster(Rendered(values), directory, secrets)
    cluster.names |= names
    for certificate in cluster.rendered.all("Certificate"):
        spec = certificate["spec"]
        secrets[spec["secretName"]] = world.authority.issue(*spec["dnsNames"])
    return cluster


def another(cluster: Cluster, directory) -> Cluster:
    """One more replica of a release, on ports and in a directory of its own."""
    directory.mkdir()
    replica = Cluster(cluster.rendered, directory, cluster.secrets)
    replica.names = cluster.names | replica.names
    return replica


def before(cluster: Cluster) -> list[str]:
    """Runs what has to end before the server starts: the hook, then the init containers. Tells their names."""
    image, done = cluster.rendered.server["image"], []
    jobs = [job["spec"]["template"]["spec"] for job in cluster.rendered.all("Job")]
    for spec in [*jobs, {**cluster.rendered.pod, "containers": cluster.rendered.pod.get("initContainers", [])}]:
        for container in spec["containers"]:
            if container["image"] == image:
                cluster.run(spec, container)
                done.append(container["name"])
    return done


def serve(cluster: Cluster) -> Process:
    """Starts the server, and waits as the kubelet does until it is ready."""
    server = cluster.rendered.server
    process = cluster.container(cluster.rendered.pod, server)
    cluster.until(server["startupProbe"], process)
    assert cluster.probe(server["livenessProbe"])
    cluster.until(server["readinessProbe"], process)
    return process


def clients(cluster: Cluster) -> dict[str, str]:
    """Runs the pods of `helm test` and the verification; what each printed."""
    specs = [pod["spec"] for pod in cluster.rendered.all("Pod")]
    specs += [cron["spec"]["jobTemplate"]["spec"]["template"]["spec"] for cron in cluster.rendered.all("CronJob")]
    return {spec["containers"][0]["name"]: cluster.run(spec, spec["containers"][0]) for spec in specs}


def address(cluster: Cluster) -> str:
    """Where somebody outside of the cluster finds the server."""
    scheme = "https" if cluster.rendered.settings.get("ENTITLED_TLS_CERT") else "http"
    return f"{scheme}://localhost:{cluster.ports[cluster.rendered.server['ports'][0]['containerPort']]}"


def call(cluster: Cluster, *args: str, **variables: str) -> subprocess.CompletedProcess:
    """The command line, as somebody outside of the cluster uses it."""
    environment = {"ENTITLED_ADDRESS": address(cluster), **variables}
    return subprocess.run([cluster.binary, *args], env=environment, capture_output=True, text=True, timeout=60)


def stop(cluster: Cluster, process: Process) -> None:
    process.terminate()
    assert process.wait(cluster.rendered.pod["terminationGracePeriodSeconds"]) == 0, process.log()


def ca(cluster: Cluster, world: World) -> dict[str, str]:
    file = cluster.directory / "ca.pem"
    file.write_text(world.authority.pem)
    return {"ENTITLED_CA": str(file)}


def shows(principal: str, cluster: Cluster, world: World) -> dict[str, str]:
    """The settings of a client that trusts the release and shows a certificate."""
    settings = ca(cluster, world)
    issued = world.authority.issue(f"{principal}.example.org")
    for name, variable in {"tls.crt": "ENTITLED_CERT", "tls.key": "ENTITLED_KEY"}.items():
        file = cluster.directory / f"{principal}-{name}"
        file.write_text(issued[name])
        settings[variable] = str(file)
    return settings
