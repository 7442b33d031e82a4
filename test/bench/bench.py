#!/usr/bin/env python3
"""Runs the benchmarks; test/bench/run.sh builds what they need and calls this."""

import argparse
import json
import os
import platform
import resource
import sys
import time
from pathlib import Path

import report
import rounds
import single
import sweep
import targets
from contenders import Contenders, Place
from peers import PEERS
from programs import Skipped


SMOKE_ROWS = ["serial", "64 in flight"]
SMOKE_CONTENDERS = ["raw-unix", "bare-forwarder", "rmibus-tcp"]


def options():
    parser = argparse.ArgumentParser(prog="test/bench/run.sh", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="short rounds, fewer of them")
    parser.add_argument("--smoke", action="store_true", help="two rows, to see that it runs")
    parser.add_argument("--sweep", action="store_true", help="cost as work grows, for plot.py")
    parser.add_argument("--rounds", type=int, help="rounds of each row")
    parser.add_argument("--rows", default="", help="only rows whose name has one of these, by ','")
    parser.add_argument("--only", default="", help="only these contenders, by ','")
    parser.add_argument("--build", required=True, help=argparse.SUPPRESS)
    return parser.parse_args()


def machine():
    model = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo", encoding="utf-8")
                  if line.startswith("model name")), platform.machine())
    return f"{os.cpu_count()} x {model}, load {os.getloadavg()[0]:.1f} at the start"


def say(text):
    print(f"\r{text:<78}", end="", file=sys.stderr, flush=True)


def chosen_rows(args):
    wanted = SMOKE_ROWS if args.smoke else args.rows.split(",")  # '' is part of every name
    return [row for row in rounds.ROWS if any(part in row.name for part in wanted)]


def count_system_calls(contenders, run):
    try:
        run["system_calls"] = single.system_calls(
            contenders, [name for name in rounds.BARE + rounds.RMIBUS])
    except Skipped as why:
        run["skipped"]["system calls"] = str(why)


def suite(args, place):
    quick = args.quick or args.smoke
    count = args.rounds or (1 if args.smoke else 3 if quick else 7)
    seconds = 0.02 if args.smoke else 0.06 if quick else 0.4
    only = args.only.split(",") if args.only else None
    if args.smoke:
        only = only or SMOKE_CONTENDERS
    contenders = Contenders(place, only)
    run = {"command": "test/bench/run.sh " + " ".join(sys.argv[3:]), "machine": machine(),
           "rounds": count, "rows": [], "single": {}, "skipped": {}, "system_calls": {}}
    try:
        for group in rounds.grouped(chosen_rows(args)):
            run["rows"] += rounds.measure_rows(group, contenders, count, seconds, say)
        if not args.smoke and not args.rows:
            say("system calls")
            count_system_calls(contenders, run)
    finally:
        contenders.stop()
    if not args.smoke and not args.rows:
        run["single"], skipped = single.measure(place, quick, say)
        run["skipped"].update(skipped)
    run["targets"] = targets.judge(run)
    return run


def write(build, name, text):
    path = Path(build) / name
    path.write_text(text, encoding="utf-8")
    print(path)


def failed(run):
    """What must not be left out: rows of our own, or of what they are held against."""
    left_out = [(f"{row['name']}, {name}", why) for row in run["rows"]
                for name, why in row["skipped"].items() if name not in PEERS]
    left_out += run["skipped"].items()
    return [f"{what}: {why}" for what, why in left_out if why.startswith(rounds.BROKEN)]


def allow_many_files():
    """Each connection takes some; the programs inherit this."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def main():
    args = options()
    allow_many_files()
    start = time.monotonic()
    place = Place(args.build)
    try:
        if args.sweep:
            found = sweep.run(place, args.quick, say)
            say("")
            write(args.build, "sweep.json", json.dumps(found, indent=1))
            return 0
        run = suite(args, place)
    finally:
        place.remove()
    run["seconds"] = round(time.monotonic() - start)
    say("")
    text = report.markdown(run)
    print("\n" + text)
    write(args.build, "bench.md", text)
    write(args.build, "bench.json", json.dumps(run, indent=1))
    problems = failed(run)
    print("\n".join(problems) or f"done in {run['seconds']} s")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
