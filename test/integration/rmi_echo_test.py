#!/usr/bin/env python3
"""Tries every method of rmi-echo with rmi-call, as a user would.

usage: rmi_echo_test.py BROKER RMI-ECHO RMI-CALL RMI-NS
"""

import json
import os
import re
import signal
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "support"))
from cli import Bench, fails, holds, run_all, same  # noqa: E402
from running import Running  # noqa: E402


def place(bench, method):
    return f"(echo.{method} in rmi-echo[{bench.service.process.pid}] on {os.uname().nodename})"


def values(bench):
    """text, bytes and numbers come back"""
    for text in ["hi", "", "你好", "true"]:
        same(json.loads(bench.call("echo", "echo", text).out), text)
    raw = bytes(range(256)) * 100
    same(bench.call("echo", "echo_bytes", "-", "--raw", stdin=raw), (0, raw, ""))
    same(bench.call("echo", "add", "40", "2").out, b"42\n")


def errors(bench):
    """exceptions of every type arrive with type and text"""
    for name in ("runtime_error", "std::out_of_range", "overflow_error", "domain_error"):
        shown = name if "::" in name else "std::" + name
        fails(
            bench.call("echo", "error", name, "no"), 1, f"{shown}: no {place(bench, 'error')}"
        )
    fails(
        bench.call("echo", "error", "EchoError", "mine"),
        1,
        f"echo::EchoError: mine {place(bench, 'error')}",
    )
    result = bench.call("echo", "error", "nested", "outer")
    holds(result.err.endswith("; caused by std::out_of_range: the cause\n"), result.err)
    result = bench.call("echo", "error", "what", "x")
    holds("expected one of runtime_error, " in result.err, result.err)
    result = bench.call("echo", "add", "2147483647", "1")
    holds(result.err.startswith("std::overflow_error: the sum 2147483648 "), result.err)


def pauses(bench):
    """a slow method takes its time, and ends early when its caller gives up"""
    for method in ("slow", "later"):
        took = json.loads(bench.call("echo", method, "20ms").out)
        holds(int(took.removesuffix("ms")) >= 20, took)
        same(bench.call("echo", method, "1h", "--timeout", "4s").code, 4)
    same(bench.call("echo", "echo", "still there").code, 0)


def notes(bench):
    """a note is kept though nobody waits for it"""
    same(bench.call("echo", "note", "first"), (0, b"", ""))
    same(bench.call("echo", "note", "second"), (0, b"", ""))
    kept = []
    while len(kept) < 2:  # they arrive, at some time
        kept = json.loads(bench.call("echo", "notes").out)
    same(sorted(kept), ["first", "second"])  # of two callers


def properties(bench):
    """properties are read and set, where they can be"""
    same(bench.call("echo", "level"), (0, b"0.5\n", ""))
    same(bench.call("echo", "level", "0.75"), (0, b"", ""))
    same(bench.call("echo", "level").out, b"0.75\n")
    result = bench.call("echo", "level", "2")
    holds(result.err.startswith("std::out_of_range: the level is from 0 to 1"), result.err)
    before = json.loads(bench.call("echo", "calls").out)
    bench.call("echo", "echo", "x")
    same(json.loads(bench.call("echo", "calls").out), before + 1)
    result = bench.call("echo", "calls", "5")
    same(result.code, 3)
    holds("read-only" in result.err, result.err)


def context(bench):
    """a method knows who calls it"""
    info = json.loads(bench.call("echo", "info", "--timeout", "20s").out)
    same((info["object"], info["method"]), ("echo", "info"))
    holds(info["caller"].startswith("rmi-call["), info)
    holds(0 < int(info["remaining"].removesuffix("ms")) <= 20000, info)


def serving(bench):
    """several serve one name together, a taken name is refused, and taken over on demand"""
    echo, env = bench.programs["rmi-echo"], {"RMI_BROKER": bench.endpoint}
    result = bench.start("rmi-echo")
    same(result.code, 8)
    holds("'echo'" in result.err, result.err)
    with Running([echo, "--name", "both", "--shared", "--tag", "a", "--tag", "b"], env) as first:
        first.wait_for("Ready. Object uri = rminame:both@")
        with Running([echo, "--name", "both", "--shared"], env) as second:
            second.wait_for("Ready")
            same(bench.ns("count", "both").out, b"2\n")
            same(bench.call("rmimeta:a,b", "add", "1", "2").out, b"3\n")
            same(second.stop(signal.SIGINT)[0], 0)
        same(bench.call("both", "add", "1", "2").out, b"3\n")
    with Running([echo, "--replace"], env) as other:
        other.wait_for("Ready")
        info = json.loads(bench.call("rmi.names", "lookup", "echo").out)
        holds(f"[{other.process.pid}]" in info["owner"], info)
        same(other.stop()[0], 0)


def kept_replies(bench):
    """--retry needs --kept-replies at the other end, and says so"""
    echo, env = bench.programs["rmi-echo"], {"RMI_BROKER": bench.endpoint}
    with Running([echo, "--name", "keeper", "--kept-replies", "10"], env) as keeper:
        keeper.wait_for("Ready")
        slow = bench.call("keeper", "slow", "1ms", "--retry")  # says how long it took
        holds(re.fullmatch(rb'"\d+ms"\n', slow.out), slow)
        same(bench.call("keeper", "echo", "hi", "--retry").out, b'"hi"\n')
        same(keeper.stop()[0], 0)
    with Running([echo, "--name", "loose"], env) as loose:
        loose.wait_for("Ready")
        result = bench.call("loose", "slow", "1ms", "--retry")
        same(result.code, 7)
        holds("'loose' keeps no replies" in result.err, result.err)
        same(bench.call("loose", "slow", "1ms", "--retry", "--oneway").code, 2)
        same(bench.call("loose", "echo", "hi", "--retry").out, b'"hi"\n')
        same(loose.stop()[0], 0)


def usage(bench):
    """a command line that makes no sense ends with 2 and one line"""
    see = "; see rmi-echo --help"
    cases = {
        ("--sticky",): "--sticky needs --shared",
        ("--shared", "--replace"): "--shared and --replace exclude each other",
        ("--shared", "--kept-replies", "1"): "--kept-replies and --shared exclude each other",
        ("--threads", "0"): "--threads: Value 0 not in range 1 to 10000",
        ("what",): "The following argument was not expected: what",
    }
    for words, text in cases.items():
        fails(bench.start("rmi-echo", *words), 2, f"rmi-echo: {text}{see}")
    same(bench.start("rmi-echo", "--broker", "nonsense").code, 2)
    holds(bench.start("rmi-echo", "--version").out.startswith(b"rmi-echo "), "a version")


def ending(bench):
    """it ends in order when it is told to, however early"""
    echo, env = bench.programs["rmi-echo"], {"RMI_BROKER": bench.endpoint}
    with Running([echo, "--name", "ends"], env) as service:
        service.wait_for("Ready")
        same(service.stop()[0], 0)


TESTS = [values, errors, pauses, notes, properties, context, usage, ending, serving, kept_replies]

if __name__ == "__main__":
    with Bench(*sys.argv[1:5], words=("--concurrent",)) as the_bench:
        the_bench.programs["rmi-echo"] = the_bench.programs["service"]
        sys.exit(run_all(TESTS, the_bench))
