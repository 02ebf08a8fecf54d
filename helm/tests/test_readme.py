"""The chart's README is what its values say, and its six values render production."""

import re
import sys

import yaml

from chart import CHART, ROOT, SIX, Rendered

sys.path.insert(0, str(ROOT / "helm"))
import readme  # noqa: E402

TEXT = (CHART / "README.md").read_text()


def test_the_readme_is_the_one_of_the_values():
    assert readme.readme() == TEXT, "run `make chart-readme`"


def leaves(values: dict) -> int:
    return sum(leaves(value) if isinstance(value, dict) else 1 for value in values.values())


def test_six_values_render_production():
    block = re.search(r"## Production in six values\n\n```yaml\n(.*?)```", TEXT, re.S)[1]
    values = yaml.safe_load(block)
    assert leaves(values) == 6 and re.findall(r"# (\d)$", block, re.M) == list("123456")
    rendered = Rendered(values)
    assert rendered.deployment["spec"]["replicas"] == 2 and rendered.settings["ENTITLED_AUTH_MODE"] == "required"
    kinds = {doc["kind"] for doc in rendered.objects}
    assert {"Certificate", "Job", "NetworkPolicy", "PodDisruptionBudget", "Deployment", "Service"} <= kinds
    assert leaves(SIX) == 6


def test_callers_find_what_the_readme_says():
    told = re.search(r"## Who calls it, and how\n(.*?)\n## ", TEXT, re.S)[1]
    release = Rendered(SIX, release="entitled")
    names = [f"{service['metadata']['name']}.{service['metadata']['namespace']}.svc" for service in release.all("Service")]
    assert re.findall(r"//+([a-z.-]+):50051", told) == [*names, names[0]]
    certificate = release.one("Certificate")["spec"]
    assert f"Secret `{certificate['secretName']}`" in told and set(names) <= set(certificate["dnsNames"])


def test_what_the_readme_points_to_is_there():
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", TEXT):
        assert (CHART / target).exists(), target
    operations = (ROOT / "docs" / "OPERATIONS.md").read_text()
    titles = {re.sub(r"[^a-z0-9 -]", "", title.lower()).replace(" ", "-")
              for title in re.findall(r"^#+ (.+)$", operations, re.M)}
    for anchor in re.findall(r"OPERATIONS\.md#([a-z0-9-]+)", TEXT):
        assert anchor in titles, anchor


def test_values_that_the_readme_names_are_there():
    values = yaml.safe_load((CHART / "values.yaml").read_text())
    files = {"tls.crt", "tls.key"}
    named = {path for path in re.findall(r"`((?:[a-zA-Z]+\.)+[a-zA-Z]+)(?::[^`]*)?`", TEXT)} - files
    for path in named:
        value = values
        for key in path.split("."):
            if path.split(".")[0] in values:
                assert key in value, path
                value = value[key]
