"""The clients against what the chart's preset `secure` renders: callers show a certificate and a token of an OIDC issuer."""

import pytest

from releases import ISSUER, World, address, before, call, release, serve, shows
from server import CUSTOMER, samples, used_minutes
from test_clients import CONSUMED, ERRORS, READS


@pytest.fixture(scope="module")
def world():
    world = World()
    yield world
    world.postgres.stop()


@pytest.fixture
def secure_release(world, room):
    with release("secure", world, room) as cluster:
        before(cluster)
        serve(cluster)
        admin = shows("admin", cluster, world)
        for sample in samples(room):
            done = call(cluster, "import", sample, **admin)
            assert done.returncode == 0, done.stderr
        yield cluster


def token_file(cluster, world, *roles):
    claims = {"iss": f"{ISSUER}/realms/support", "aud": "entitled", "sub": "portal", "customers": ["*"]}
    file = cluster.directory / "token"
    file.write_text(world.issuer.token(**claims, roles=roles))
    return {"ENTITLED_TOKEN_FILE": str(file)}


def used(cluster, world):
    done = call(
        cluster, "hours", "balance", "--customer", CUSTOMER, "--output", "json", **shows("verifier", cluster, world)
    )
    assert done.returncode == 0, done.stderr
    return used_minutes(done.stdout)


def test_the_secure_preset(client, secure_release, world):
    settings = {"ENTITLED_ADDRESS": address(secure_release)} | shows("portal", secure_release, world)
    # An auditor reads, and writes nothing: the roles of the token count.
    lines, status = client.run(settings | token_file(secure_release, world, "auditors"))
    assert (lines, status) == ([*READS, "failed: PERMISSION_DENIED PERMISSION_MISSING"], 1)
    assert used(secure_release, world) == 0

    settings |= token_file(secure_release, world, "support-desk")
    assert client.run(settings) == ([*READS, CONSUMED, *ERRORS], 0)
    assert used(secure_release, world) == 90
