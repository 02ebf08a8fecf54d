#!/usr/bin/env python3
"""Draws the pictures of README.md from what the program answers: docs/images/*.svg.

    scripts/pictures.py target/debug/entitled            # writes them: `make pictures`
    scripts/pictures.py target/debug/entitled --check    # fails if they are not what the program answers now

Nothing is drawn that the program did not say: it serves its sample customers, the commands below ask it, and the
pictures have their answers. What is invented are the deliveries, as the customers are.
"""

import difflib
import fcntl
import json
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from datetime import date
from pathlib import Path
from xml.sax.saxutils import escape

IMAGES = Path(__file__).resolve().parent.parent / "docs/images"
COLUMNS, LETTER, LINE, MARGIN = 100, 7.8, 18, 16
TONES = {
    "1": 'font-weight="bold"', "2": 'fill="#6e7781"', "31": 'fill="#b42318"', "32": 'fill="#1a7f37"', "33": 'fill="#9a6700"',
}
# A terminal of 256 colours calls the same three 1, 2 and 3.
TONES |= {f"38;5;{row}": TONES[f"3{row}"] for row in (1, 2, 3)}

DECISION = "check --customer halden-mills --location nl-tilburg --product windows-server " \
    "--service enhanced-designated-engineering --quantity 8h --at 2026-06-02T08:00:00Z"
CONSUME = "hours consume --customer halden-mills --location nl-utrecht --product azure " \
    "--service enhanced-designated-engineering --output json"
# First day, last day, hours: Utrecht works from 09:00 to 17:30, not on weekends and holidays.
DELIVERIES = [
    ("2026-01-12", "2026-01-16", "36h"), ("2026-02-09", "2026-02-13", "40h"), ("2026-03-16", "2026-03-18", "22h30m"),
    ("2026-04-20", "2026-04-24", "40h"), ("2026-05-18", "2026-05-20", "24h"), ("2026-06-08", "2026-06-12", "38h"),
    ("2026-07-06", "2026-07-07", "12h"), ("2026-08-31", "2026-09-04", "40h"), ("2026-09-21", "2026-09-25", "31h30m"),
    ("2026-10-12", "2026-10-16", "40h"),
]
# Work that is done is recorded in its order's term, and not before it is done.
RECORDABLE = (date(2026, 10, 17), date(2027, 12, 31))


class Server:
    """The program, serving its sample customers on a port of its own."""

    def __init__(self, program):
        self.program = program
        command = [program, "serve", "--demo", "--listen", "127.0.0.1:0"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        served = map(re.compile(r"Serving sample customers at (\S+)").search, self.process.stdout)
        self.address = next(line[1] for line in served if line)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.communicate()

    def command(self, words):
        return [self.program, *words.split(), "--address", self.address]

    def answer(self, words):
        """What it writes for programs."""
        return json.loads(subprocess.run(self.command(words), check=True, stdout=subprocess.PIPE).stdout)

    def screen(self, words):
        """What it writes to a terminal, colours and all."""
        master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 50, COLUMNS, 0, 0))
        environment = {**os.environ, "TERM": "xterm-256color"}
        environment.pop("NO_COLOR", None)
        process = subprocess.Popen(self.command(words), stdin=slave, stdout=slave, stderr=slave, env=environment)
        os.close(slave)
        written = b""
        while piece := read(master):
            written += piece
        process.wait()
        os.close(master)
        return written.decode().replace("\r\n", "\n").rstrip("\n")


def read(terminal):
    try:
        return os.read(terminal, 65536)
    except OSError:  # Linux says so when the other end is closed.
        return b""


def svg(width, height, title, body):
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" width="{width:g}" height="{height:g}" '
            'role="img">\n'
            f"<title>{escape(title)}</title>\n"
            f'<rect x="0.5" y="0.5" width="{width - 1:g}" height="{height - 1:g}" rx="6" fill="#ffffff" stroke="#d0d7de"/>\n'
            + "\n".join(body) + "\n</svg>\n")


def runs(line):
    """The parts of a line: column, text, tones. A gap of two blanks ends a part: SVG keeps one of them."""
    column, tones = 0, []
    for part in re.split(r"(\x1b\[[0-9;]*m)", line):
        if part.startswith("\x1b"):
            code = part[2:-1]
            tones = [] if code in ("", "0") else [*tones, *re.findall(r"38;5;\d+|\d+", code)]
            continue
        for words in re.finditer(r"\S+(?: \S+)*", part):
            yield column + words.start(), words[0], tones
        column += len(part)


def terminal(command, text):
    first, second = command.split(" --service", 1)
    lines = [f"\x1b[2m$ entitled {first} \\\x1b[0m", f"\x1b[2m      --service{second}\x1b[0m", "", *text.split("\n")]
    body = ['<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, monospace" font-size="13" fill="#1f2328">']
    for row, line in enumerate(lines):
        for column, part, tones in runs(line):
            attributes = " ".join(TONES[tone] for tone in dict.fromkeys(tones))
            place = f'x="{MARGIN + column * LETTER:.1f}" y="{MARGIN + row * LINE + 13}"'
            # Columns meet in whichever font there is.
            fitted = f'textLength="{len(part) * LETTER:.1f}" lengthAdjust="spacingAndGlyphs"'
            body.append(f"<text {place} {fitted} {attributes}".rstrip() + f">{escape(part)}</text>")
    return svg(2 * MARGIN + COLUMNS * LETTER, 2 * MARGIN + len(lines) * LINE, f"entitled {command}", [*body, "</g>"])


def burned(server):
    """What is left after each delivery, in minutes, as the ledger answers; before them what was granted."""
    points, block = [], None
    for first, last, quantity in DELIVERIES:
        window = f"--from {first}T09:00:00{offset(first)} --to {last}T17:00:00{offset(last)}"
        block = server.answer(f"{CONSUME} --quantity {quantity} {window}")["balances"][0]
        points.append((date.fromisoformat(last), int(block["available"])))
    return int(block["granted"]), points


def offset(day):
    """Of Utrecht: its summer time in 2026."""
    return "+02:00" if "2026-03-29" <= day < "2026-10-25" else "+01:00"


def burn_down(granted, points):
    width, height, left, right, top, bottom = 812, 300, 64, 24, 52, 40
    begin, end = date(2026, 1, 1), date(2026, 12, 31)

    def x(day):
        return left + (width - left - right) * (day - begin).days / (end - begin).days

    def y(minutes):
        return top + (height - top - bottom) * (1 - minutes / granted)

    body = ['<g font-family="system-ui, sans-serif" font-size="12" fill="#57606a">',
            f'<text x="{MARGIN}" y="28" font-size="14" fill="#1f2328">'
            f"hm-2026/ede-utrecht: {hours(granted)} granted, {hours(points[-1][1])} left</text>"]
    for share in range(5):
        minutes = granted * share // 4
        body.append(f'<path d="M{left} {y(minutes):.1f}H{width - right}" stroke="#eaeef2"/>'
                    f'<text x="{left - 8}" y="{y(minutes) + 4:.1f}" text-anchor="end">{hours(minutes)}</text>')
    for month in range(1, 13):
        body.append(f'<text x="{x(date(2026, month, 1)):.1f}" y="{height - 16}">{date(2026, month, 1):%b}</text>')
    line, dots = f"M{x(begin):.1f} {y(granted):.1f}", []
    for day, minutes in points:
        line += f"H{x(day):.1f}V{y(minutes):.1f}"
        dots.append(f'<circle cx="{x(day):.1f}" cy="{y(minutes):.1f}" r="3.5" fill="#1a7f37">'
                    f"<title>{day}: {hours(minutes)} left</title></circle>")
    body += [f'<path d="{line}" fill="none" stroke="#1a7f37" stroke-width="2"/>', *dots, "</g>"]
    return svg(width, height, "What is left of an hour block after each delivery", body)


def hours(minutes):
    return f"{minutes // 60} h" + (f" {minutes % 60} min" if minutes % 60 else "")


def main():
    program, *check = sys.argv[1:]
    with Server(program) as server:
        pictures = {"decision.svg": terminal(DECISION, server.screen(DECISION))}
        if RECORDABLE[0] <= date.today() <= RECORDABLE[1]:
            pictures["burn-down.svg"] = burn_down(*burned(server))
        else:
            print("burn-down.svg is left as it is: its deliveries can be recorded from {} to {} only".format(*RECORDABLE))
    for name, picture in pictures.items():
        if not check:
            IMAGES.mkdir(exist_ok=True)
            (IMAGES / name).write_text(picture)
        elif picture != (found := (IMAGES / name).read_text()):
            print("\n".join(difflib.unified_diff(found.splitlines(), picture.splitlines(), "committed", "now", lineterm="", n=0)))
            raise SystemExit(f"docs/images/{name} is not what the program answers: run `make pictures`")


main()
