#!/usr/bin/env python3
"""Prints the licences of everything that is compiled into the program, with their texts; each text once.

Run it at the root of the project. What is only built with or tested with is left out.
"""

import json
import pathlib
import subprocess
import sys

TARGET = "x86_64-unknown-linux-gnu"
NAMES = ("LICENSE", "LICENCE", "COPYING", "NOTICE", "UNLICENSE", "COPYRIGHT")


def metadata():
    command = ["cargo", "metadata", "--locked", "--format-version=1", f"--filter-platform={TARGET}"]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


def linked(data):
    """The ids of the packages that the program is linked from."""
    nodes = {node["id"]: node for node in data["resolve"]["nodes"]}
    root = next(package["id"] for package in data["packages"] if package["name"] == "entitled")
    found, waiting = set(), [root]
    while waiting:
        for dependency in nodes[waiting.pop()]["deps"]:
            is_linked = any(kind["kind"] is None for kind in dependency["dep_kinds"])
            if is_linked and dependency["pkg"] not in found:
                found.add(dependency["pkg"])
                waiting.append(dependency["pkg"])
    return found


def texts(package):
    """The files of a package that tell its licence. Some stand in folders of the C code it brings."""
    folder = pathlib.Path(package["manifest_path"]).parent
    files = [file for pattern in ("*", "*/*") for file in sorted(folder.glob(pattern)) if file.is_file()]
    named = [file for file in files if file.name.upper().startswith(NAMES)]
    return [file.read_text(errors="replace").strip() for file in named]


def main():
    data = metadata()
    ids = linked(data)
    packages = [package for package in data["packages"] if package["id"] in ids and package["source"]]
    packages.sort(key=lambda package: (package["name"], package["version"]))
    without = [package["name"] for package in packages if not package["license"]]
    if without:
        sys.exit(f"scripts/third_party.py: without a licence: {', '.join(without)}")
    print("entitled is linked from these packages. The texts of their licences follow.\n")
    users = {}
    for package in packages:
        print(f"{package['name']} {package['version']}: {package['license']}")
        for text in texts(package):
            users.setdefault(text, []).append(f"{package['name']} {package['version']}")
    for text, names in users.items():
        print(f"\n{'=' * 80}\n{', '.join(dict.fromkeys(names))}\n{'-' * 80}\n{text}")


main()
