"""The commands of a page, as written: the lines that begin with `$ ` in its blocks of `console`."""

import subprocess
import sys
from pathlib import Path


def commands(page: Path, section: str) -> list[str]:
    """The commands of the section with this title; a line that ends with a backslash goes on with the next one."""
    found, is_section, is_console = [], False, False
    for line in page.read_text().splitlines():
        if line.startswith("```"):
            is_console = line == "```console"
        elif not is_console and line.startswith("#"):
            is_section = line.lstrip("#").strip() == section
        elif is_section and is_console:
            if line.startswith("$ "):
                found.append(line[2:])
            elif found and found[-1].endswith("\\"):
                found[-1] = found[-1][:-1] + line.strip()
    if not found:
        raise LookupError(f"{page} has no commands in a section {section}")
    return found


if __name__ == "__main__":
    # Runs the commands of a section in the directory of the page.
    page, section = Path(sys.argv[1]), sys.argv[2]
    for command in commands(page, section):
        print(f"{page.parent}$ {command}", flush=True)
        subprocess.run(command, shell=True, check=True, cwd=page.parent)
