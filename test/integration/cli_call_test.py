#!/usr/bin/env python3
"""Drives rmi-call against a broker and a service, as a user would.

usage: cli_call_test.py BROKER SERVICE RMI-CALL RMI-NS
"""

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "support"))
from cli import Bench, fails, holds, run_all, same  # noqa: E402
from running import Running  # noqa: E402

LISTING = """\
shop::Shop
  welcome_message(name: string) -> string
      Greets somebody
  length(string) -> u64
  divide(a: f64, b: f64) -> f64
      Quotient of two numbers
  restock(stock: shop::Stock) -> shop::Stock
  bytes(bytes) -> bytes
  is_green(color: shop::Color) -> bool
  nothing() -> void
  fail() -> void
  hang() -> void
  release() -> void

struct shop::Stock {
  shelves: list<map<string, f64>>;
  note: optional<string>;
  color: shop::Color;
}

enum shop::Color : u8 {
  red = 0;
  green = 1;
}
"""


def greeting(bench):
    """the greeting works for any text"""
    same(bench.call("shop", "welcome_message", "Rashmi"), (0, b'"Hi welcome Rashmi"\n', ""))
    for name in ["你好", "👋🏽", "", "42", "true", "null", "[1,2]", "-5", "a b", "x=y"]:
        result = bench.call("shop", "welcome_message", name)
        same((result.code, json.loads(result.out)), (0, "Hi welcome " + name))
    result = bench.call("shop", "welcome_message", '"two\\nlines"')
    same(json.loads(result.out), "Hi welcome two\nlines")
    same(bench.call("shop", "welcome_message", "--", "--json").out, b'"Hi welcome --json"\n')


def large_greeting(bench):
    """names of 1 MiB and 60 MiB come from stdin and go to stdout unchanged"""
    for size in (1 << 20, 60 << 20):
        name = b"0123456789abcde\n" * (size // 16)
        result = bench.call("shop", "welcome_message", "-", "--raw", stdin=name)
        same((result.code, result.err), (0, ""))
        holds(result.out == b"Hi welcome " + name, f"{size} bytes come back")
    result = bench.call("shop", "length", "-", stdin=b"x" * (65 << 20))
    same(result.code, 7)
    holds("limit" in result.err, result.err)


def listing(bench):
    """without a method the interface is listed, with docs and types"""
    same(bench.call("shop"), (0, LISTING.encode(), ""))
    whole = json.loads(bench.call("shop", "--json").out)
    same((whole["name"], whole["interface"]), ("shop", "shop::Shop"))
    same(
        whole["methods"][2],
        {
            "name": "divide",
            "signature": "divide(a: f64, b: f64) -> f64",
            "doc": "Quotient of two numbers",
            "parameters": [{"name": "a", "type": "f64"}, {"name": "b", "type": "f64"}],
            "result": "f64",
            "oneway": False,
            "idempotent": False,
            "timeout_ms": None,
        },
    )
    same([each["name"] for each in whole["types"]], ["shop::Stock", "shop::Color"])
    holds(b"\x1b[1mdivide\x1b[0m" in bench.call("shop", "--color", "always").out, "colours")


def typed_arguments(bench):
    """arguments come in order, by name, as JSON, by --args and from stdin"""
    for words in (["7", "2"], ["b=2", "a=7"], ["b=2", "7"], ["--args", "[7, 2]"]):
        same(bench.call("shop", "divide", *words).out, b"3.5\n")
    same(bench.call("shop", "divide", "-a", "-", stdin=b'{"b": 2, "a": 7}').out, b"3.5\n")
    same(bench.call("shop", "divide", "-7", "2").out, b"-3.5\n")
    same(bench.call("shop", "is_green", "green").out, b"true\n")
    same(bench.call("shop", "length", "-", stdin=b"line\n").out, b"5\n")
    stock = {"shelves": [{"tea": 2.5}, {}], "note": None, "color": "green"}
    result = bench.call("shop", "restock", json.dumps(stock))
    same((result.code, json.loads(result.out)), (0, stock))
    same(bench.call("shop", "restock", "-", stdin=json.dumps(stock).encode()).out, result.out)


def results(bench):
    """bytes, nothing and raw results are printed as documented"""
    raw = bytes(range(256))
    same(bench.call("shop", "bytes", "-", "--raw", stdin=raw), (0, raw, ""))
    same(bench.call("shop", "bytes", "AQID").out, b'"AQID"\n')
    same(bench.call("shop", "nothing"), (0, b"", ""))
    same(bench.call("shop", "nothing", "--json"), (0, b"null\n", ""))
    same(bench.call("shop", "welcome_message", "x", "--raw").out, b"Hi welcome x")


def thrown(bench):
    """what a method throws is one line with type, text and place"""
    place = f"in cli-service[{bench.service.process.pid}] on {os.uname().nodename})"
    fails(
        bench.call("shop", "divide", "1", "0"),
        1,
        f"std::domain_error: division by zero (shop.divide {place}",
    )
    fails(
        bench.call("shop", "fail"),
        1,
        f"std::logic_error: cannot save (shop.fail {place}; "
        "caused by std::runtime_error: disk\\nfull",
    )
    error = json.loads(bench.call("shop", "fail", "-j").err)["error"]
    same((error["type"], error["outcome"], error["exit"]), ("std::logic_error", "executed", 1))
    same(error["causes"], [{"type": "std::runtime_error", "text": "disk\nfull"}])


def wrong_arguments(bench):
    """a wrong argument is told with place, expectation and what came"""
    cases = {
        ("divide", "1", "abc"): 'argument 2 (b): expected f64, got "abc"',
        ("divide", "1"): "divide(a: f64, b: f64) -> f64 takes 2 arguments, got 1",
        ("divide", "--args", "{}"): "--args: argument 1 (a) of divide(a: f64, b: f64) -> f64 "
        "is missing",
        ("is_green", "blue"): "argument 1 (color): expected shop::Color (red, green), "
        'got "blue"',
        ("restock", '{"shelves": [{"tea": "much"}]}'): "argument 1 (stock.shelves[0]"
        '["tea"]): expected f64, got "much"',
    }
    for words, text in cases.items():
        fails(bench.call("shop", *words), 7, "rmi-call: " + text)


def unknown(bench):
    """an unknown name or method offers the nearest"""
    result = bench.call("shpo")
    same(result.code, 3)
    holds(result.err.endswith("; did you mean 'shop'?\n"), result.err)
    fails(
        bench.call("shop", "welcome_mesage", "x"),
        3,
        "rmi-call: 'shop' has no method 'welcome_mesage'; did you mean 'welcome_message'?",
    )
    result = bench.call("shop", "xyzzy")
    holds(result.err.endswith("`rmi-call NAME` shows the methods there are\n"), result.err)


def usage(bench):
    """a command line that makes no sense ends with 2 and one line"""
    see = "; see rmi-call --help"
    cases = {
        (): "NAME is missing; `rmi-ns list` shows the names there are" + see,
        ("shop", "--timeot=2"): "unknown option '--timeot'; did you mean '--timeout', '--direct' "
        "or '--limit'?",
        ("shop", "divide", "1", "2", "-t", "soon"): "--timeout: expected a time such as 2s, 500ms "
        "or 1m, got 'soon'" + see,
    }
    for words, text in cases.items():
        fails(bench.call(*words), 2, "rmi-call: " + text)
    result = bench.call("shop", "hang", "--raw", "--json")
    same(json.loads(result.err)["error"]["exit"], 2)


def timeout(bench):
    """a call that takes too long ends at its timeout with 4"""
    result = bench.call("shop", "hang", "--timeout", "300ms")
    same((result.code, result.out), (4, b""))
    holds(result.err.endswith("; --timeout gives it more time\n"), result.err)
    holds(result.err.count("\n") == 1, result.err)
    error = json.loads(bench.call("shop", "hang", "--timeout", "0.3", "--json").err)["error"]
    same((error["type"], error["outcome"]), ("TimeoutError", "unknown"))
    same(bench.call("shop", "release"), (0, b"", ""))


def repeat(bench):
    """--repeat sums up what the calls took"""
    lines = bench.call("shop", "divide", "7", "2", "--repeat", "50").out.decode().splitlines()
    same((len(lines), lines[0]), (3, "3.5"))
    holds(lines[1].startswith("50 calls in "), lines)
    holds(lines[2].startswith("min ") and ", p99 " in lines[2], lines)
    whole = json.loads(bench.call("shop", "divide", "7", "2", "-n", "50", "--json").out)
    same((whole["calls"], whole["result"]), (50, 3.5))
    times = whole["latency_us"]
    order = [times[each] for each in ("min", "p50", "p90", "p99", "max")]
    same(order, sorted(order))
    same(bench.call("shop", "divide", "7", "0", "-n", "5").code, 1)


def uris(bench):
    """a URI names the broker, or the tags of the object"""
    elsewhere = {"RMI_BROKER": "tcp://127.0.0.1:1"}
    name = f"rminame:shop@{bench.endpoint}"
    same(bench.call(name, "divide", "7", "2", env=elsewhere).out, b"3.5\n")
    same(bench.call("rmimeta:test,nshop", "divide", "7", "2").out, b"3.5\n")
    fails(
        bench.call("rmimeta:test,none", "nothing"),
        3,
        "rmi-call: no object has all the tags of rmimeta:none,test; "
        "`rmi-ns list` shows the names there are",
    )


def no_broker(bench):
    """without a broker a call fails at once with 5, and waits when it is told to"""
    nobody = ["--broker", "tcp://127.0.0.1:1"]
    result = bench.call("shop", "nothing", *nobody)
    same(result.code, 5)
    holds("no broker at tcp://127.0.0.1:1" in result.err, result.err)
    holds("start one with `rmi-broker`" in result.err, result.err)
    result = bench.call("shop", "nothing", *nobody, "--wait", "-t", "200ms")
    same((result.code, result.err.count("\n")), (5, 1))


def waiting(bench):
    """--wait waits for a name that comes later"""
    command = [bench.programs["rmi-call"], "late", "divide", "7", "2", "--wait"]
    with Running(command, {"RMI_BROKER": bench.endpoint}) as waiter:
        with bench.serve("late"):
            same(waiter.wait_for("3.5"), "3.5")
    result = bench.call("never", "nothing", "--wait", "-t", "200ms")
    same(result.code, 4)


def many_shells(bench):
    """1000 calls of 8 shells at once all get their own answer"""
    script = 'for i in $(seq 125); do "$1" shop welcome_message "$2-$i" --raw; echo; done'

    def shell(number):
        command = ["bash", "-c", script, "bash", bench.programs["rmi-call"], str(number)]
        return subprocess.run(command, env=bench.env, capture_output=True, text=True, check=False)

    with ThreadPoolExecutor(8) as shells:
        for number, done in enumerate(shells.map(shell, range(8))):
            wanted = [f"Hi welcome {number}-{i}" for i in range(1, 126)]
            same((done.stdout.splitlines(), done.stderr), (wanted, ""))


def broker_restart(bench):
    """a broker that was killed and started again is found by both sides"""
    same(bench.call("shop", "divide", "7", "2"), (0, b"3.5\n", ""))
    bench.restart_broker()
    same(bench.call("shop", "divide", "7", "2", "--wait"), (0, b"3.5\n", ""))


TESTS = [
    greeting,
    large_greeting,
    listing,
    typed_arguments,
    results,
    thrown,
    wrong_arguments,
    unknown,
    usage,
    timeout,
    repeat,
    uris,
    no_broker,
    waiting,
    many_shells,
    broker_restart,
]

if __name__ == "__main__":
    with Bench(*sys.argv[1:5]) as the_bench:
        sys.exit(run_all(TESTS, the_bench))
