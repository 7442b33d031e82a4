#!/usr/bin/env python3
"""Drives rmi-bench against rmi-echo, as a user would.

usage: cli_bench_test.py BROKER RMI-ECHO RMI-CALL RMI-NS RMI-BENCH
"""

import json
import signal
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "support"))
from cli import Bench, fails, holds, run_all, same  # noqa: E402
from running import Running, halted  # noqa: E402

WORKS = ["serial", "in-flight", "threads", "oneway", "batch", "stream"]
TIMED = WORKS[:3]
SEE = "; see rmi-bench --help"


def measure(bench, *words, **options):
    return bench.start("rmi-bench", *words, **options)


def whole(bench, *words):
    """What --json prints for these words."""
    result = measure(bench, *words, "--json")
    same((result.code, result.err, result.out.count(b"\n")), (0, "", 1))
    return json.loads(result.out)


def all_work(bench):
    """every kind of work makes the calls that it was told to, at the object"""
    before = json.loads(bench.call("echo", "calls").out)
    report = whole(bench, "echo", "--calls", "200", "--in-flight", "7", "--threads", "3")
    same(
        [report[key] for key in ("object", "interface", "endpoint", "path", "size", "complete")],
        ["echo", "echo::Echo", bench.endpoint, "brokered", 32, True],
    )
    rows = report["work"]
    same([(row["work"], row["n"]) for row in rows], list(zip(WORKS, [1, 7, 3, 1, 64, 1])))
    same([row["calls"] for row in rows], [200] * 6)
    for row in rows:
        holds(row["seconds"] > 0 and row["calls_per_second"] > 0, row)
        times = row["latency_us"]
        same(times is not None, row["work"] in TIMED)
        holds(times is None or 0 < times["p50"] <= times["p99"] <= times["max"], row)
    # a stream is one call; the others are one each
    same(json.loads(bench.call("echo", "calls").out) - before, 5 * 200 + 1)


def table(bench):
    """for people there is a table, with a dash where nothing is timed"""
    result = measure(bench, "echo", "-n", "50", "-w", "stream,serial")
    same((result.code, result.err), (0, ""))
    lines = result.out.decode().splitlines()
    same(lines[0], f"echo (echo::Echo) at {bench.endpoint}, brokered, 32 bytes")
    same(lines[1].split(), "WORK N CALLS CALLS/S P50 P99 MAX CPU/CALL".split())
    same([line.split()[:3] for line in lines[2:]], [["serial", "1", "50"], ["stream", "1", "50"]])
    same(lines[3].split()[4:7], ["-", "-", "-"])
    coloured = measure(bench, "echo", "-n", "5", "-w", "serial", "--color", "always")
    holds(b"\x1b[1mWORK" in coloured.out, coloured.out)


def bounds(bench):
    """each kind of work ends after its time, or its calls if they are done before"""
    rows = whole(bench, "echo", "--seconds", "100ms")["work"]
    same([row["work"] for row in rows], WORKS)
    holds(all(row["seconds"] >= 0.1 for row in rows), rows)
    rows = whole(bench, "echo", "--seconds", "10m", "--calls", "3")["work"]
    same([row["calls"] for row in rows], [3] * 6)


def sizes(bench):
    """calls carry as much as they are told to"""
    for size in (1, 4096, 4097, 1 << 20):
        report = whole(bench, "echo", "-n", "5", "--size", str(size))
        same((report["size"], len(report["work"])), (size, 6))
    result = measure(bench, "echo", "--size", str(64 << 20), "-n", "1", "-w", "serial")
    same((result.code, result.out), (7, b""))
    holds("the limit of this bus is 67108864 bytes" in result.err, result.err)


def places(bench):
    """a URI tells the broker, the tags, or the daemon itself"""
    nowhere = {"RMI_BROKER": "tcp://127.0.0.1:1"}
    few = ["-n", "5", "-w", "serial,stream"]
    same(measure(bench, f"rminame:echo@{bench.endpoint}", *few, env=nowhere).code, 0)
    with tempfile.TemporaryDirectory() as folder:
        place = f"ipc://{folder}/daemon"
        command = [bench.programs["service"], "--listen", place, "--name", "near", "--tag", "n"]
        with Running(command, {"RMI_BROKER": bench.endpoint}) as daemon:
            daemon.wait_for("Ready")
            same(whole(bench, "near", "--direct", *few)["path"], "direct")
            same(whole(bench, "rmimeta:n", *few)["object"], "near")
            uri = f"rmi:near@{place}"
            result = measure(bench, uri, "-n", "5", "--json", env=nowhere)
            same((result.code, result.err), (0, ""))
            report = json.loads(result.out)
            same((report["endpoint"], report["path"]), (place, "direct"))
            same([row["calls"] for row in report["work"]], [5] * 6)
            fails(
                measure(bench, uri, "--broker", bench.endpoint),
                2,
                f"rmi-bench: {uri} is called without a broker; leave --broker out" + SEE,
            )
            same(daemon.stop()[0], 0)
        result = measure(bench, uri, "-t", "2s", env=nowhere)
        same((result.code, result.out), (5, b""))
        holds(f"no daemon answers at {place}" in result.err, result.err)


def local_lane(bench):
    """--direct goes over the local lane of a daemon that has one, also large messages"""
    with tempfile.TemporaryDirectory() as folder:
        lanes = Path(folder) / "rmibus"
        command = [bench.programs["service"], "--listen", "unix://*", "--name", "lane"]
        env = {"RMI_BROKER": bench.endpoint, "XDG_RUNTIME_DIR": folder}
        with Running(command, env) as daemon:
            daemon.wait_for("Ready")
            same(len(list(lanes.iterdir())), 1)
            report = whole(bench, "lane", "--direct", "-n", "5", "--size", "1000000")
            same((report["path"], len(report["work"])), ("direct", 6))
            same(daemon.stop()[0], 0)
        same(list(lanes.iterdir()), [])
    result = bench.start("service", "--listen", "unix:///tmp/lane", "--name", "lane")
    same(result.code, 2)
    holds("expected unix://*, because a local lane chooses a path", result.err)


def not_direct(bench):
    """--direct does not measure the way through the broker when the daemon does not listen"""
    fails(
        measure(bench, "echo", "--direct", "-n", "5"),
        5,
        "rmi-bench: 'echo' cannot be called directly: its daemon does not listen, or is not "
        "reached from here; start it as by `rmi-echo --listen`, or leave --direct out to measure the "
        "way through `rmi-broker`",
    )


def not_there(bench):
    """an object or a broker that is not there is told as rmi-call tells it"""
    fails(
        measure(bench, "ecko"),
        3,
        "rmi-bench: no object is served under the name 'ecko'; did you mean 'echo'?",
    )
    result = measure(bench, "echo", "--broker", "tcp://127.0.0.1:1")
    same((result.code, result.out), (5, b""))
    holds("no broker at tcp://127.0.0.1:1" in result.err, result.err)
    error = json.loads(measure(bench, "ecko", "--json").err)["error"]
    same((error["type"], error["exit"]), ("NameNotFound", 3))


def no_echo(bench):
    """an object of another kind is not called; the error says what it has and what it should"""
    fails(
        measure(bench, "rmi.names"),
        7,
        "rmi-bench: 'rmi.names' is of rmi::Names and cannot be measured: expected "
        "echo(text: string) -> string, found no such method; "
        "rmi-bench calls what `rmi-echo` serves",
    )


def usage(bench):
    """a command line that makes no sense ends with 2 and one line, and nothing is called"""
    works = ", ".join(WORKS)
    cases = {
        (): "URI is missing; `rmi-ns list` shows the names there are" + SEE,
        ("echo", "x"): "expected one URI, got also 'x'" + SEE,
        ("echo", "-w", "what"): f"--work: expected one of {works}, got 'what'" + SEE,
        ("echo", "-w", "serial,"): f"--work: expected one of {works}, got ''" + SEE,
        ("echo", "-s", "1h"): "--seconds: '1h' is over the longest time, 10m" + SEE,
        ("echo", "-s", "x"): "--seconds: expected a time such as 2s, 500ms or 1m, got 'x'" + SEE,
        ("echo", "-n", "0"): "--calls: expected a number from 1 to 10000000, got '0'" + SEE,
        ("echo", "--threads", "1001"): "--threads: expected a number from 1 to 1000, got '1001'"
        + SEE,
        ("echo", "--in-fligth", "3"): "unknown option '--in-fligth'; did you mean '--in-flight'?",
    }
    before = bench.call("echo", "calls").out
    for words, text in cases.items():
        fails(measure(bench, *words), 2, "rmi-bench: " + text)
    same(bench.call("echo", "calls").out, before)


def interrupted(bench):
    """Ctrl-C ends it, and what was measured is printed"""
    for number, words in ((signal.SIGINT, []), (signal.SIGTERM, ["-w", "in-flight"])):
        command = [bench.programs["rmi-bench"], "echo", "-s", "10m", "--json", *words]
        before = calls = int(bench.call("echo", "calls").out)
        with Running(command, {"RMI_BROKER": bench.endpoint}) as running:
            while calls < before + 100:
                calls = int(bench.call("echo", "calls").out)
            code, output = running.stop(number)
        report = json.loads(output)
        same((code, report["complete"], len(report["work"])), (130, False, 1))
        holds(report["work"][0]["calls"] >= 50, report)


def failing(bench):
    """when a call fails, what was measured before is printed, and then the error"""
    large = ["echo", "--size", "1100000", "-n", "64", "-w", "serial,batch"]
    result = measure(bench, *large, "--json")
    report, error = json.loads(result.out), json.loads(result.err)["error"]
    same((result.code, report["complete"], error["type"]), (7, False, "MessageTooLarge"))
    same([(row["work"], row["calls"]) for row in report["work"]], [("serial", 64)])
    result = measure(bench, *large)
    same((result.code, len(result.out.splitlines()), result.err.count("\n")), (7, 3, 1))


def stopped(bench):
    """an object that does not answer is waited for as long as --timeout says"""
    with Running(
        [bench.programs["service"], "--name", "stands"], {"RMI_BROKER": bench.endpoint}
    ) as service:
        service.wait_for("Ready")
        for work in ("serial", "oneway"):  # these are waited for as well, or would never end
            command = [bench.programs["rmi-bench"], "stands", "-s", "10m", "-w", work, "-t", "3s"]
            calls = int(bench.call("stands", "calls").out)
            with Running(command, {"RMI_BROKER": bench.endpoint}) as running:
                while int(bench.call("stands", "calls").out) < calls + 100:
                    pass
                with halted(service):
                    code, output = running.finish()
                same(code, 4)
                holds(output.startswith("rmi-bench: "), output)
                holds(output.endswith("; --timeout gives it more time\n"), output)


def help_text(bench):
    """--help and --version say what there is"""
    text = measure(bench, "--help").out.decode()
    for each in [*WORKS, "--in-flight", "--json", "Exit codes:", "Examples:"]:
        holds(each in text, text)
    holds(measure(bench, "--version").out.startswith(b"rmi-bench "), "a version")


TESTS = [
    all_work,
    table,
    bounds,
    sizes,
    places,
    local_lane,
    not_direct,
    not_there,
    no_echo,
    usage,
    interrupted,
    failing,
    stopped,
    help_text,
]

if __name__ == "__main__":
    with Bench(*sys.argv[1:5], words=("--concurrent",)) as the_bench:
        the_bench.programs["rmi-bench"] = sys.argv[5]
        sys.exit(run_all(TESTS, the_bench))
