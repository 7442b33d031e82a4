#!/usr/bin/env python3
"""Drives rmi-ns against a broker and a service, as a user would.

usage: cli_names_test.py BROKER SERVICE RMI-CALL RMI-NS
"""

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "support"))
from cli import Bench, fails, holds, run_all, same  # noqa: E402
from running import Running  # noqa: E402

MANY = 10000


def names_in(result):
    return [entry["name"] for entry in json.loads(result.out)]


def listing(bench):
    """the list is an aligned table, or JSON"""
    table = bench.ns("list", "shop").out.decode().splitlines()
    same(table[0].split(), ["NAME", "INTERFACE", "OWNER", "TAGS"])
    same(len(table), 2)
    holds(table[1].startswith("shop  Shop       cli-service["), table)
    holds(table[1].endswith("  nshop, test"), table)
    same(table[0].index("OWNER"), table[1].index("cli-service"))
    (entry,) = json.loads(bench.ns("list", "shop", "--json").out)
    same((entry["name"], entry["tags"], entry["mode"]), ("shop", ["nshop", "test"], "safe"))


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
    same(lines[1].split(), ["interface", "Shop"])
    result = bench.ns("lookup", "shpo")
    same(result.code, 3)
    holds(result.err.endswith("; did you mean 'shop'?\n"), result.err)


def tagging(bench):
    """tags are shown, replaced and cleared"""
    same(bench.ns("tags", "shop").out, b"nshop\ntest\n")
    same(bench.ns("tags", "shop", "[a]", "b").out, b"[a]\nb\n")
    same(bench.ns("tags", "shop", "--clear", "--json").out, b"[]\n")
    same(bench.ns("tags", "shop", "test", "nshop").code, 0)
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


def waiting(bench):
    """wait returns when the name is there, and ends with 4 when it does not come"""
    command = [bench.programs["rmi-ns"], "wait", "late"]
    with Running(command, {"RMI_BROKER": bench.endpoint}) as waiter:
        with bench.serve("late"):
            waiter.wait_for(r"late is there, served by cli-service\[")
    result = bench.ns("wait", "never", "--timeout", "200ms")
    same((result.code, result.err.count("\n")), (4, 1))


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
    many_names,
    removing,
    asks_a_person,
    registering,
    looking_up,
    tagging,
    pinging,
    waiting,
    usage,
]

if __name__ == "__main__":
    with Bench(*sys.argv[1:5]) as the_bench:
        sys.exit(run_all(TESTS, the_bench))
