"""Judges a run of ghz: its report as JSON on standard input, the limit as the tag `p99_ms` of the configuration.

ghz --config tests/load/check.json --format json | python3 tests/load/judge.py
"""

import json
import sys

report = json.load(sys.stdin)
statuses = report.get("statusCodeDistribution") or {}
latencies = {row["percentage"]: row["latency"] / 1e6 for row in report.get("latencyDistribution") or []}
p99, limit = latencies.get(99), float(report["tags"]["p99_ms"])
print(f"{report.get('name')}: {report.get('rps', 0):.0f} calls a second, p99 {p99} ms (limit {limit:.0f}), {statuses}")
sys.exit(0 if set(statuses) == {"OK"} and p99 is not None and p99 <= limit else 1)
