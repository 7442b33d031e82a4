#!/usr/bin/env python3
"""Puts the results of a run into docs/performance.md, between the marks that are there.

usage: document.py bench.json docs/performance.md
"""

import json
import re
import sys
from pathlib import Path

import report
from rounds import FLOOR, RMIBUS


def replace(text, mark, lines):
    """What stands between <!-- MARK --> and <!-- end of MARK -->."""
    pattern = re.compile(rf"(<!-- {mark} -->\n).*?(<!-- end of {mark} -->)", re.DOTALL)
    if not pattern.search(text):
        raise SystemExit(f"there is no place for the {mark}: <!-- {mark} --> is missing")
    return pattern.sub(lambda found: found[1] + "\n".join(["", *lines]) + "\n" + found[2], text)


def ratio_lines(run):
    """Of each row, how rmibus did against what it is held against."""
    for row in run["rows"]:
        for name in RMIBUS:
            result = row["results"].get(name, {})
            if "ratio" not in result:
                continue
            ratio = result["ratio"]
            yield [row["name"], name, result["base"],
                   *[report.spread(ratio.get(key)) for key in ("rate", "p50_us", "cpu_us")]]


def serial_lines(run):
    for name, result in run["rows"][0]["results"].items():
        metrics = result["metrics"]
        mark = " (floor)" if name in FLOOR else ""
        yield [name + mark, *[report.spread(metrics.get(key))
                              for key in ("p50_us", "cpu_us", "switches")]]


def figures(run):
    yield f"`{run['command'].strip()}` on {run['machine']}: medians (lowest..highest) of " \
          f"{run['rounds']} rounds."
    yield ""
    yield from report.targets(run)
    yield f"### {run['rows'][0]['name']}, everybody"
    yield ""
    yield from report.table(["", "p50 us", "CPU us a call", "switches a call"], serial_lines(run))
    yield "### All rows, against bare libzmq"
    yield ""
    yield from report.table(["", "", "against", "calls/s, x", "p50, x", "CPU, x"],
                            ratio_lines(run))
    yield from report.system_calls(run)


def main(source, document):
    run = json.loads(Path(source).read_text(encoding="utf-8"))
    path = Path(document)
    text = replace(path.read_text(encoding="utf-8"), "figures", figures(run))
    path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
