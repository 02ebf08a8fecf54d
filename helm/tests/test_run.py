"""What each preset renders runs: the migration, then the server, which is probed, called, verified and stopped."""

import hashlib
import pathlib
import re
import subprocess
import tempfile

import pytest

from chart import PRESETS, ROOT, TRIAL, Rendered, merged, preset
from outside import Authority, Issuer, Postgres
from pods import Cluster, Process

ISSUER = "https://login.example.org"
TOKEN, ADMIN = "test", "admin-token"
SCHEMA_RIGHTS = """
ALTER DEFAULT PRIVILEGES FOR ROLE ddl GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO app;
ALTER DEFAULT PRIVILEGES FOR ROLE ddl GRANT USAGE, SELECT ON SEQUENCES TO app;
"""


def row(principal: str, token: str, *roles: str) -> str:
    listed = ", ".join(f'"{role}"' for role in roles)
    digest = hashlib.sha256(token.encode()).hexdigest()
    return f'[[token]]\nprincipal = "{principal}"\nsha256 = "{digest}"\nroles = [{listed}]\ncustomers = ["*"]\n'


TOKENS = row("verifier", TOKEN, "reader") + row("admin", ADMIN, "contract-admin", "consumer")


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


@pytest.fixture(scope="module")
def world():
    world = World()
    yield world
    world.postgres.stop()


@pytest.fixture
def room():
    """A directory that the user of the image may enter, unlike those of pytest."""
    with tempfile.TemporaryDirectory(prefix="entitled-chart-") as directory:
        yield pathlib.Path(directory)


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
            rows = '[[certificate]]\nprincipal = "verifier"\ndns = "verifier.example.org"\nroles = ["reader"]\n'
            secrets["entitled-certificates"] = {"certificates.toml": rows + 'customers = ["*"]\n'}
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


def call(cluster: Cluster, *args: str, **variables: str) -> subprocess.CompletedProcess:
    """The command line, as somebody outside of the cluster uses it."""
    scheme = "https" if cluster.rendered.settings.get("ENTITLED_TLS_CERT") else "http"
    port = cluster.ports[cluster.rendered.server["ports"][0]["containerPort"]]
    environment = {"ENTITLED_ADDRESS": f"{scheme}://localhost:{port}", **variables}
    return subprocess.run([cluster.binary, *args], env=environment, capture_output=True, text=True, timeout=60)


def stop(cluster: Cluster, process: Process) -> None:
    process.terminate()
    assert process.wait(cluster.rendered.pod["terminationGracePeriodSeconds"]) == 0, process.log()


def ca(cluster: Cluster, world: World) -> dict[str, str]:
    file = cluster.directory / "ca.pem"
    file.write_text(world.authority.pem)
    return {"ENTITLED_CA": str(file)}


BEFORE = {
    "sqlite": [], "postgres": ["migrate"], "secure": ["migrate"], "ha": ["migrate"],
    "full": ["validate-catalog", "migrate"],
}
CLIENTS = {
    "sqlite": {"catalog"}, "postgres": {"catalog"}, "secure": {"catalog", "verify"}, "ha": {"catalog", "verify"},
    "full": {"catalog", "customer", "verify"},
}


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_runs(name, world, room):
    with release(name, world, room) as cluster:
        assert before(cluster) == BEFORE[name]
        process = serve(cluster)
        if name == "full":
            example = str(ROOT / "examples" / "aurora-clinics.yaml")
            done = call(cluster, "import", example, ENTITLED_TOKEN=ADMIN, **ca(cluster, world))
            assert done.returncode == 0, done.stderr
        printed = clients(cluster)
        assert set(printed) == CLIENTS[name]
        assert "unified-enterprise-2023" in printed["catalog"]
        if "verify" in printed:
            assert '"heads"' in printed["verify"]
        stop(cluster, process)


def test_a_server_waits_for_no_migration_and_says_what_to_do(world, room):
    with release("postgres", world, room) as cluster:
        process = cluster.container(cluster.rendered.pod, cluster.rendered.server)
        assert process.wait(60) == 1 and "entitled migrate" in process.log()


def test_the_role_that_serves_cannot_change_the_schema(world, room):
    with release("secure", world, room) as cluster:
        job = cluster.rendered.one("Job")["spec"]["template"]["spec"]
        as_server = {**job, "volumes": [
            {**volume, "secret": {**volume["secret"], "secretName": "entitled-database"}}
            if volume["name"] == "migration" else volume for volume in job["volumes"]
        ]}
        process = cluster.container(as_server, job["containers"][0])
        assert process.wait(60) == 1, process.log()


def test_the_secure_preset_lets_in_whom_it_should(world, room):
    with release("secure", world, room) as cluster:
        before(cluster)
        serve(cluster)
        files = {"tls.crt": "ENTITLED_CERT", "tls.key": "ENTITLED_KEY"}
        shown = ca(cluster, world)
        assert call(cluster, "catalog", "editions", **shown).returncode != 0, "no certificate was asked for"
        for name, text in world.authority.issue("portal.example.org").items():
            if name in files:
                (room / name).write_text(text)
                shown[files[name]] = str(room / name)
        good = {"iss": f"{ISSUER}/realms/support", "aud": "entitled", "sub": "desk", "customers": ["*"]}
        for claims, is_let_in in [
            ({**good, "roles": ["auditors"]}, True),
            ({**good, "roles": ["reader"]}, False),  # no value of the role map
            ({**good, "roles": ["auditors"], "aud": "another"}, False),
            ({**good, "roles": ["auditors"], "iss": "https://login.example.com"}, False),
        ]:
            done = call(cluster, "catalog", "editions", ENTITLED_TOKEN=world.issuer.token(**claims), **shown)
            assert (done.returncode == 0) is is_let_in, f"{claims}: {done.stderr}"
        assert call(cluster, "catalog", "editions", **shown).returncode != 0, "a certificate without a row was let in"


def test_calls_are_taken_while_balancers_look_elsewhere(world, room):
    with release("sqlite", world, room) as cluster:
        process = serve(cluster)
        process.terminate()
        server = cluster.rendered.server
        cluster.until(server["readinessProbe"], process, wanted=False)
        assert cluster.probe(server["livenessProbe"]), "a pod that ends in order must not be killed"
        assert call(cluster, "catalog", "editions").returncode == 0
        assert process.wait(cluster.rendered.pod["terminationGracePeriodSeconds"]) == 0


def test_data_are_there_after_a_restart(world, room):
    with release("sqlite", world, room) as cluster:
        process = serve(cluster)
        assert call(cluster, "import", str(ROOT / "examples" / "aurora-clinics.yaml")).returncode == 0
        stop(cluster, process)
        serve(cluster)
        done = call(cluster, "list", "--customer", "aurora-clinics")
        assert done.returncode == 0 and done.stdout, done.stderr


def test_the_verification_remembers_what_it_saw(world, room):
    with release("ha", world, room) as cluster:
        before(cluster)
        serve(cluster)
        example = str(ROOT / "examples" / "aurora-clinics.yaml")
        assert call(cluster, "import", example, ENTITLED_TOKEN=ADMIN).returncode == 0
        spec = cluster.rendered.one("CronJob")["spec"]["jobTemplate"]["spec"]["template"]["spec"]
        verify = spec["containers"][0]
        for _ in range(2):
            assert '"misfit": null' in cluster.run(spec, verify)
        # A block is removed with all that belongs to it, so that what remains contradicts nothing.
        database = re.search(r":\d+/(\w+)", cluster.environment(cluster.rendered.server)["ENTITLED_DATABASE_URL"])[1]
        world.postgres.sql("DELETE FROM entry; DELETE FROM block;", database)
        process = cluster.container(spec, verify)
        assert process.wait(60) == 1 and "an earlier verification saw it" in process.log(), process.log()


def test_metrics_are_told_by_their_port(world, room):
    with release("postgres", world, room) as cluster:
        before(cluster)
        serve(cluster)
        told = cluster.metrics()
        assert "\nentitled_build_info{" in told and "\nentitled_tls_certificate_expiry_seconds " in told, told


def test_a_wrong_edition_stops_the_rollout(world, room):
    wrong = {"catalog": {"files": [{"name": "local-products.toml", "content": 'overlay = "nonsense"\n'}]}}
    with release("full", world, room, wrong) as cluster:
        container = next(c for c in cluster.rendered.pod["initContainers"] if c["name"] == "validate-catalog")
        process = cluster.container(cluster.rendered.pod, container)
        assert process.wait(60) == 1 and "nonsense" in process.log()


def test_an_edition_can_stand_alone(room):
    edition = (ROOT / "examples/editions/lodestar-care-2026.toml").read_text()
    alone = {"catalog": {"files": [{"name": "lodestar.toml", "content": edition}], "alone": True}}
    with Cluster(Rendered(merged(TRIAL, alone)), room, {}) as cluster:
        assert before(cluster) == ["validate-catalog"]
        serve(cluster)
        done = call(cluster, "catalog", "editions")
        assert done.returncode == 0, done.stderr
        assert "lodestar-care-2026" in done.stdout and "unified-enterprise-2023" not in done.stdout


@pytest.mark.parametrize("change, told", [
    ({"settings": {"log": "["}}, "ENTITLED_LOG"),
    ({"extraArgs": ["--nonsense"]}, "nonsense"),
    ({"extraEnv": [{"name": "ENTITLED_MAX_CALL", "value": "5"}]}, "ENTITLED_MAX_CALLS"),
])
def test_what_the_chart_cannot_judge_the_server_refuses(change, told, room):
    with Cluster(Rendered(merged(TRIAL, change)), room, {}) as cluster:
        process = cluster.container(cluster.rendered.pod, cluster.rendered.server)
        assert process.wait(60) == 2 and told in process.log()
