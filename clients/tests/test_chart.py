"""The clients against what the chart's preset `secure` renders: callers show a certificate and a token of an OIDC issuer."""

from releases import address, shows
from secure_preset import token_file, used
from test_clients import CONSUMED, ERRORS, READS


def test_the_secure_preset(client, secure_release, world):
    settings = {"ENTITLED_ADDRESS": address(secure_release)} | shows("portal", secure_release, world)
    # An auditor reads, and writes nothing: the roles of the token count.
    lines, status = client.run(settings | token_file(secure_release, world, "auditors"))
    assert (lines, status) == ([*READS, "failed: PERMISSION_DENIED PERMISSION_MISSING"], 1)
    assert used(secure_release, world) == 0

    settings |= token_file(secure_release, world, "support-desk")
    assert client.run(settings) == ([*READS, CONSUMED, *ERRORS], 0)
    assert used(secure_release, world) == 90
