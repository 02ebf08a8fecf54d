"""What each preset renders runs: the migration, then the server, which is probed, called, verified and stopped."""

import pathlib
import re
import tempfile

import pytest

from chart import PRESETS, ROOT, TRIAL, Rendered, merged
from pods import Cluster
from releases import ADMIN, ISSUER, World, before, ca, call, clients, release, serve, shows, stop


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
        assert call(cluster, "catalog", "editions", **ca(cluster, world)).returncode != 0, "no certificate was asked for"
        shown = shows("portal", cluster, world)
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
