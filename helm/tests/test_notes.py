"""What `helm install` says at its end."""

import shutil

import pytest

from chart import CHART, PRESETS, SIX, Rendered, preset

NOTES = """apiVersion: v1
kind: Notes
metadata: {name: notes}
text: {{ include (print .Template.BasePath "/NOTES.txt") . | quote }}
"""


@pytest.fixture
def notes(tmp_path):
    """Helm shows the notes to nobody but a cluster, so an object is made of them."""
    shutil.copytree(CHART, tmp_path / "entitled")
    (tmp_path / "entitled" / "templates" / "notes.yaml").write_text(NOTES)
    return lambda values: Rendered(values, chart=tmp_path / "entitled").one("Notes")["text"]


def test_notes_tell_where_calls_go_and_what_is_open(notes):
    trial = notes(preset("sqlite"))
    assert "Calls: http://r-entitled.support.svc:50051" in trial
    assert "migrated by the server itself" in trial and "WARNING: whoever reaches the port" in trial
    production = notes(SIX)
    assert "Calls: https://r-entitled.support.svc:50051" in production and "WARNING" not in production
    assert "a job before each install and upgrade" in production and "has nothing to sign in with" in production
    assert "helm test r --namespace support" in notes(preset("postgres"))
    assert "an init container" in notes(preset("full"))


@pytest.mark.parametrize("name", PRESETS)
def test_notes_have_no_holes(name, notes):
    text = notes(preset(name))
    assert "<nil>" not in text and "<no value>" not in text and "%!" not in text
