#!/usr/bin/env python3
"""Drives rmi-ns against a broker and a service, as a user would.

usage: cli_names_test.py BROKER SERVICE RMI-CALL RMI-NS
"""

import json
import os
import pty
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "support"))
from cli import Bench, fails, holds, run_all, same  # noqa: E402
from running import DEADLINE, Running  # noqa: E402

MANY = 10000


def names_in(result):
    return [entry["name"] for entry in json.loads(result.out)]


def listing(bench):
    """the list is an aligned table, or JSON"""
    table = bench.ns("list", "shop").out.decode().splitlines()
    same(table[0].split(), ["NAME", "INTERFACE", "CALLS", "OWNER", "TAGS"])
    same(len(table), 2)
    holds(table[1].startswith("shop  shop::Shop  0      cli-service["), table)
    holds(table[1].endswith("  interface:shop::Shop, nshop, test"), table)
    same(table[0].index("OWNER"), table[1].index("cli-service"))
    (entry,) = json.loads(bench.ns("list", "shop", "--json").out)
    same((entry["name"], entry["tags"], entry["mode"]), ("shop", ["interface:shop::Shop", "nshop", "test"], "safe"))


def replicas(bench):
    """each daemon that serves a shared name has its line, with the calls that it has now"""
    with bench.serve("--shared", "pool"), bench.serve("--shared", "pool"):
        command = [bench.programs["rmi-call"], "pool", "hang"]
        with Running(command, {"RMI_BROKER": bench.endpoint}):
            calls = []
            until = time.monotonic() + DEADLINE
            while calls != ["0", "1"] and time.monotonic() < until:
                rows = bench.ns("list", "pool").out.decode().splitlines()[1:]
                calls = sorted(row.split()[2] for row in rows)
            same(calls, ["0", "1"])
    until = time.monotonic() + DEADLINE  # the broker learns a moment later that they are dead
    while (count := bench.ns("count", "pool").out) != b"0\n" and time.monotonic() < until:
        pass
    same(count, b"0\n")


def many_names(bench):
    """10 000 names are listed in order, filtered and counted"""
    subprocess.run([bench.programs["service"], "--enter", str(MANY)], env=bench.env, check=True)
    listed = names_in(bench.ns("list", "bulk.", "--json"))
    same(listed, sorted(f"bulk.{i}" for i in range(MANY)))
    rows = bench.ns("list", "bulk.").out.decode().splitlines()[1:]
    same([row.split()[0] for row in rows], listed)
    same(bench.ns("count", "bulk.").out, b"10000\n")
    same(bench.ns("count", "--tag", "even").out, b"5000\n")
    same(bench.ns("count", "--tag", "even", "--tag", "odd").out, b"0\n")
    same(bench.ns("count", "--tag", "even", "--tag", "odd", "--any-tag").out, b"10000\n")
    same(bench.ns("count", "bulk.", "--regex", r"bulk\.\d\d").out, b"90\n")
    same(names_in(bench.ns("list", "bulk.999", "--tag", "odd", "--json"))[0], "bulk.999")
    same(bench.call("bulk.77", "divide", "7", "2").out, b"3.5\n")


def removing(bench):
    """names are removed one by one or as many as match, and the count is told"""
    same(bench.ns("remove", "bulk.0"), (0, b"1 removed\n", ""))
    fails(
        bench.ns("remove", "bulk.0"),
        3,
        "rmi-ns: there is no name 'bulk.0' to remove; `rmi-ns list` shows the names there are",
    )
    same(bench.ns("remove", "--regex", r"bulk\.\d\d", "--json").out, b'{"removed":90}\n')
    same(bench.ns("remove", "--prefix", "bulk.1").out, b"1101 removed\n")  # 1, 1xx, 1xxx
    same(bench.ns("remove", "--prefix", "none").code, 3)
    same(bench.ns("remove", "--regex", "[").code, 7)
    same(bench.ns("remove").code, 2)


def asks_a_person(bench):
    """on a terminal a removal of several names is asked for"""
    for answer, code, left in ((b"n\n", 0, b"100\n"), (b"y\n", 0, b"0\n")):
        same(bench.ns("count", "bulk.2", "--regex", r"bulk\.2\d\d").out, b"100\n")
        master, slave = pty.openpty()
        command = [bench.programs["rmi-ns"], "remove", "--regex", r"bulk\.2\d\d"]
        with subprocess.Popen(
            command, env=bench.env, stdin=slave, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        ) as asked:
            os.write(master, answer)
            out, err = asked.communicate(timeout=60)
        os.close(master)
        os.close(slave)
        same((asked.returncode, err), (code, b"Remove 100 names? [y/N] "))
        same(out, b"0 removed\n" if left == b"100\n" else b"100 removed\n")
        same(bench.ns("count", "bulk.2", "--regex", r"bulk\.2\d\d").out, left)
    same(bench.ns("remove", "--prefix", "bulk.", "--yes").code, 0)
    same(bench.ns("count", "bulk.").out, b"0\n")


def registering(bench):
    """a static name stands for another object until it is removed"""
    same(
        bench.ns("register", "store", "rminame:shop", "--tag", "alias", "--tag", "b"),
        (0, b"store stands for rminame:shop\n", ""),
    )
    same(bench.call("store", "divide", "7", "2").out, b"3.5\n")
    (entry,) = json.loads(bench.ns("list", "store", "--json").out)
    same((entry["target"], entry["tags"], entry["lease_ms"]), ("rminame:shop", ["alias", "b"], 0))
    same(json.loads(bench.ns("lookup", "store", "--json").out)["name"], "shop")
    taken = bench.ns("register", "store", "rminame:other")
    same(taken.code, 8)
    holds("store" in taken.err and "--replace" in taken.err, taken.err)
    same(bench.ns("register", "store", "rminame:other", "--replace").code, 0)
    same(bench.ns("remove", "store").out, b"1 removed\n")
    same(bench.ns("register", "store", "rmi:").code, 2)


def looking_up(bench):
    """lookup shows what a name leads to, and offers the nearest to an unknown one"""
    lines = bench.ns("lookup", "shop").out.decode().splitlines()
    same(lines[0].split(), ["name", "shop"])
    same(lines[1].split(), ["interface", "shop::Shop"])
    result = bench.ns("lookup", "shpo")
    same(result.code, 3)
    holds(result.err.endswith("; did you mean 'shop'?\n"), result.err)


def tagging(bench):
    """tags are shown, replaced and cleared"""
    same(bench.ns("tags", "shop").out, b"interface:shop::Shop\nnshop\ntest\n")
    same(bench.ns("tags", "shop", "[a]", "b").out, b"[a]\nb\n")
    same(bench.ns("tags", "shop", "--clear", "--json").out, b"[]\n")
    same(bench.ns("tags", "shop", "interface:shop::Shop", "test", "nshop").code, 0)
    same(bench.ns("tags", "none").code, 3)


def pinging(bench):
    """the broker and objects tell that they are there"""
    out = bench.ns("ping").out.decode()
    holds(out.startswith(f"the broker at {bench.endpoint} answered in "), out)
    holds(bench.ns("ping", "shop").out.startswith(b"shop answered in "), "shop")
    same(bench.ns("ping", "none").code, 3)
    info = json.loads(bench.ns("info", "--json").out)
    same(info["endpoints"], [bench.endpoint])
    holds(b"uptime" in bench.ns("info").out, "info")


def counting(bench):
    """stats counts the calls of each name, and top shows the busiest of a while"""
    with bench.serve("counted"):
        for divisor in ("2", "2", "0"):
            bench.call("counted", "divide", "7", divisor)
        bench.call("counted", "divide", "7", "2", "--oneway")
        shown = json.loads(bench.ns("stats", "counted", "--json").out)
        (stats,) = shown["names"]
        holds(shown["counters"]["oneways"] >= 1, shown)
        # A caller that does not know the object asks it for its methods first.
        holds(stats["calls"] >= 3, stats)
        same((stats["name"], stats["errors"], stats["oneways"]), ("counted", 1, 1))
        times = stats["latency_us"]
        holds(0 < times["p50"] <= times["p90"] <= times["p99"] <= times["max"], times)
        table = bench.ns("stats").out.decode().splitlines()
        same(table[0].split(), ["COUNTER", "COUNT"])
        names = table[table.index("") + 1 :]
        same(names[0].split()[:4], ["NAME", "CALLS", "ONEWAYS", "ERRORS"])
        table = bench.ns("stats", "counted").out.decode().splitlines()
        same(table[0].split()[:4], ["NAME", "CALLS", "ONEWAYS", "ERRORS"])
        holds(any(line.startswith("counted ") for line in table), table)
        looks = bench.ns("top", "--json", "--count", "2", "--interval", "10ms").out
        same(len(looks.splitlines()), 2)
        holds("names" in json.loads(looks.splitlines()[0]), looks)
        top = bench.ns("top", "--count", "1", "--interval", "10ms").out.decode()
        holds("calls/s" in top and "NAME" in top and "\x1b" not in top, top)
        same(json.loads(bench.ns("stats", "no such name", "--json").out)["names"], [])
        fails(
            bench.ns("top", "--count", "0"),
            2,
            "rmi-ns: --count: expected a number from 1 to 10000000, got '0'; see rmi-ns --help",
        )


def limits(bench):
    """limits shows each limit, what is used of it and by whom, and what it refused"""
    entries = {entry["name"]: entry for entry in json.loads(bench.ns("limits", "--json").out)}
    names = entries["names-per-session"]
    same((names["limit"], names["refused"]), (100_000, 0))
    holds(names["used"] >= 1 and names["by"].startswith("cli-service["), names)
    same(entries["message-size"]["used"], None)
    table = bench.ns("limits").out.decode().splitlines()
    same(table[0].split(), ["NAME", "LIMIT", "USED", "REFUSED", "BY"])
    same(len(table), len(entries) + 1)
    (row,) = (line.split() for line in table if line.startswith("message-size "))
    same(row, ["message-size", "64MiB", "-", "0", "-"])
    same(bench.ns("limits", "names").code, 2)
    for setting, part in (("names=0", "expected 1 to"), ("name=5", "did you mean 'names'")):
        fails_to_start(bench, setting, part)


def fails_to_start(bench, setting, part):
    result = bench.start("rmi-broker", "--limit", setting)
    same((result.code, result.out), (2, b""))
    holds(part in result.err and result.err.startswith("rmi-broker: --limit: "), result.err)


def waiting(bench):
    """wait returns when the name is there, and ends with 4 when it does not come"""
    command = [bench.programs["rmi-ns"], "wait", "late"]
    with Running(command, {"RMI_BROKER": bench.endpoint}) as waiter:
        with bench.serve("late"):
            waiter.wait_for(r"late is there, served by cli-service\[")
    result = bench.ns("wait", "never", "--timeout", "200ms")
    same((result.code, result.err.count("\n")), (4, 1))


def watching(bench):
    """watch prints what is there and then what happens, a line each"""
    env = {"RMI_BROKER": bench.endpoint}
    bench.ns("register", "w.old", "rminame:shop", "--tag", "t")
    try:
        command = [bench.programs["rmi-ns"], "watch", "--prefix", "w."]
        with Running(command, env) as lines, Running([*command, "--json"], env) as objects:
            lines.wait_for(r"entered w\.old  -> rminame:shop  \[t\]\n")
            objects.wait_for(r'\{"event":"entered","name":"w\.old".*\n')
            bench.ns("tags", "w.old", "u")
            lines.wait_for(r"changed w\.old  -> rminame:shop  \[u\]\n")
            with bench.serve("w.new"):
                lines.wait_for(r"entered w\.new  cli-service\[")
            lines.wait_for(r"removed w\.new  cli-service\[")
            objects.wait_for(r'"event":"removed","name":"w\.new"')
        same(bench.ns("watch", "--regex", "(").code, 7)
        same(bench.ns("watch", "w").code, 2)
    finally:
        bench.ns("remove", "w.old")


def usage(bench):
    """a command line that makes no sense ends with 2 and one line"""
    fails(bench.ns("lst"), 2, "rmi-ns: there is no command 'lst'; did you mean 'list'?")
    fails(
        bench.ns("list", "--clear"),
        2,
        "rmi-ns: --clear does not go with list; see rmi-ns --help",
    )
    fails(
        bench.ns("lookup"),
        2,
        "rmi-ns: expected: rmi-ns lookup NAME, got 0 words after lookup; see rmi-ns --help",
    )
    same(bench.ns("list", "--broker", "tcp://127.0.0.1:1").code, 5)


TESTS = [
    listing,
    replicas,
    many_names,
    removing,
    asks_a_person,
    registering,
    looking_up,
    tagging,
    pinging,
    counting,
    limits,
    waiting,
    watching,
    usage,
]

if __name__ == "__main__":
    with Bench(*sys.argv[1:5]) as the_bench:
        sys.exit(run_all(TESTS, the_bench))
