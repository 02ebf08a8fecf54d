#!/usr/bin/env python3
"""Writes helm/entitled/README.md: README.head.md, and a table of the values and their comments (`# --`).

With --check it only says whether the file is as it should be.
"""

import json
import pathlib
import re
import sys

import yaml

CHART = pathlib.Path(__file__).resolve().parent / "entitled"
KEY = re.compile(r"^( *)([A-Za-z]+):")


def rows(text: str) -> list[tuple[str, str]]:
    """Every documented value: its path and its comment."""
    found, path, comment = [], [], ""
    for line in text.splitlines():
        said = line.strip().removeprefix("# -- ") if line.strip().startswith("# -- ") else ""
        key = KEY.match(line)
        if said:
            comment = said
        elif key:
            path = path[: len(key[1]) // 2] + [key[2]]
            if comment:
                found.append((".".join(path), comment))
            comment = ""
    return found


def undocumented(values: dict, documented: set[str], path: str = "") -> list[str]:
    """Values without a comment, of their own or of what they are part of."""
    missing = []
    for key, value in values.items():
        here = f"{path}.{key}" if path else key
        if here in documented:
            continue
        missing += undocumented(value, documented, here) if isinstance(value, dict) and value else [here]
    return missing


def default(values: dict, path: str) -> str:
    value = values
    for key in path.split("."):
        value = value[key]
    text = value if isinstance(value, str) and value else json.dumps(value, ensure_ascii=False)
    return f"`{text}`".replace("|", "\\|")


def readme() -> str:
    text = (CHART / "values.yaml").read_text()
    values, documented = yaml.safe_load(text), rows(text)
    missing = undocumented(values, {path for path, _ in documented})
    if missing:
        sys.exit(f"values.yaml: no comment `# --` above {', '.join(missing)}")
    table = ["| value | default | |", "|---|---|---|"]
    table += [f"| `{path}` | {default(values, path)} | {comment} |" for path, comment in documented]
    return (CHART / "README.head.md").read_text() + "\n".join(table) + "\n"


def main() -> None:
    file = CHART / "README.md"
    if "--check" not in sys.argv:
        file.write_text(readme())
    elif not file.exists() or file.read_text() != readme():
        sys.exit("helm/entitled/README.md is not what README.head.md and values.yaml say; run `make chart-readme`")


if __name__ == "__main__":
    main()
