"""The chart's preset `secure` with the sample customers, as processes, and what its callers need."""

from contextlib import contextmanager

from releases import ISSUER, before, call, release, serve, shows
from server import CUSTOMER, samples, used_minutes


@contextmanager
def secure_preset(world, directory):
    with release("secure", world, directory) as cluster:
        before(cluster)
        cluster.process = serve(cluster)
        for sample in samples(directory):
            done = call(cluster, "import", sample, **shows("admin", cluster, world))
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
