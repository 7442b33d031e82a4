#!/usr/bin/env python3
"""Drives what rmi-call can do with streams, references, batches and notes, against rmi-echo.

usage: cli_model_test.py BROKER RMI-ECHO RMI-CALL RMI-NS
"""

import json
import signal
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "support"))
from cli import Bench, fails, holds, run_all, same  # noqa: E402
from running import Running  # noqa: E402

SEE = "; see rmi-call --help"


def numbers(*values):
    return "".join(f"{value}\n" for value in values).encode()


def streams(bench):
    """the items of a stream are printed one a line"""
    same(bench.call("echo", "count", "0", "3"), (0, numbers(0, 1, 2), ""))
    same(bench.call("echo", "count", "0", "3", "1ms"), (0, numbers(0, 1, 2), ""))
    same(bench.call("echo", "count", "3", "3"), (0, b"", ""))
    same(bench.call("echo", "count", "0", "50000").out, numbers(*range(50000)))


def stream_limit(bench):
    """--limit ends a stream early"""
    same(bench.call("echo", "count", "0", "2000000000", "--limit", "3"), (0, numbers(0, 1, 2), ""))
    same(bench.call("echo", "count", "0", "2", "-l", "3"), (0, numbers(0, 1), ""))
    same(bench.call("echo", "count", "0", "2", "--limit", "none").code, 2)
    fails(
        bench.call("echo", "add", "1", "2", "--limit", "3"),
        2,
        "rmi-call: --limit is for methods that return a stream" + SEE,
    )
    same(bench.call("echo", "count", "0", "2", "--raw").code, 2)
    same(bench.call("echo", "count", "0", "2", "--repeat", "2").code, 2)


def stream_timeout(bench):
    """--timeout is for the whole stream"""
    result = bench.call("echo", "count", "0", "10", "1h", "--timeout", "8s")
    same((result.code, result.out), (4, b"0\n"))
    holds("the stream of echo.count did not end within its time" in result.err, result.err)


def stream_interrupted(bench):
    """Ctrl-C ends a stream in order, with what came before it"""
    command = [bench.programs["rmi-call"], "echo", "count", "0", "10", "1h"]
    with Running(command, {"RMI_BROKER": bench.endpoint}) as reader:
        reader.wait_for("0\n")
        same(reader.stop(signal.SIGINT), (130, "0\n"))


def sent_streams(bench):
    """a stream is sent as an array, or from stdin as a line an item"""
    same(bench.call("echo", "sum", "[1, 2, 39]"), (0, b"42\n", ""))
    same(bench.call("echo", "sum", "[]").out, b"0\n")
    same(bench.call("echo", "sum", "--args", '{"numbers": [40, 2]}').out, b"42\n")
    same(bench.call("echo", "sum", "-", stdin=numbers(*range(50000))).out, b"1249975000\n")
    same(bench.call("echo", "sum", "[1, 2]", "--repeat", "3").out.splitlines()[0], b"3")
    same(bench.call("echo", "--batch", stdin=b"sum [1,2]\nsum '[3, 4]'\n").out, b"3\n7\n")
    fails(
        bench.call("echo", "sum", '[1, "x"]'),
        7,
        'rmi-call: argument 1 numbers[1]: expected i32, got "x"',
    )
    result = bench.call("echo", "sum", "-", stdin=b"1\ntwo\n")
    same(result.code, 7)
    holds("expected i32" in result.err, result.err)


def references(bench):
    """--then calls the object that was returned, while it lives"""
    result = bench.call("echo", "open_counter", "10", "--then", "add", "5", "--then", "value")
    lines = result.out.decode().splitlines()
    same((result.code, result.err, lines[1:]), (0, "", ["15", "15"]))
    name = json.loads(lines[0])
    holds(name.startswith("@"), name)
    while bench.call(name, "value").code != 3:  # it goes with its holder
        pass
    result = bench.call("echo", "open_counter", "--json", "--then", "add", "--", "-5")
    same(result.out.decode().splitlines()[1], "-5")
    fails(
        bench.call("echo", "echo", "x", "--then", "add", "1"),
        2,
        "rmi-call: --then: 'echo' returns no object to call" + SEE,
    )
    fails(bench.call("echo", "echo", "--then"), 2, "rmi-call: --then needs a METHOD after it" + SEE)
    fails(bench.call("echo", "--then", "x"), 2, "rmi-call: --then needs a METHOD before it" + SEE)


def daemon_itself(bench):
    """an rmi: URI is called at its daemon, with no broker"""
    nowhere = {"RMI_BROKER": "tcp://127.0.0.1:9"}
    with tempfile.TemporaryDirectory() as folder:
        place = f"ipc://{folder}/daemon"
        command = [bench.programs["service"], "--listen", place, "--name", "near"]
        with Running(command, {"RMI_BROKER": bench.endpoint}) as daemon:
            daemon.wait_for("Ready")
            uri = f"rmi:near@{place}"
            same(bench.call(uri, "echo", "x", env=nowhere), (0, b'"x"\n', ""))
            same(bench.call(uri, "count", "0", "3", env=nowhere), (0, numbers(0, 1, 2), ""))
            same(bench.call(uri, "--batch", stdin=b"add 1 2\n", env=nowhere).out, b"3\n")
            same(bench.call(uri, env=nowhere).out, bench.call("echo").out)
            result = bench.call(uri, "open_counter", "1", "--then", "add", "2", env=nowhere)
            same((result.code, result.out.splitlines()[1:], result.err), (0, [b"3"], ""))
            result = bench.call(f"rmi:far@{place}", "echo", "x", env=nowhere)
            same((result.code, result.out), (3, b""))
            holds("'far' is not served by rmi-echo" in result.err, result.err)
            result = bench.call(uri, "eco", "x", env=nowhere)
            same(result.code, 3)
            holds("echo" in result.err, result.err)
            fails(
                bench.call(uri, "echo", "x", "--broker", bench.endpoint),
                2,
                f"rmi-call: {uri} is called without a broker; leave --broker out" + SEE,
            )
            same(daemon.stop()[0], 0)
        result = bench.call(uri, "echo", "x", "-t", "2s", env=nowhere)
        same(result.code, 5)
        holds(f"no daemon answers at {place}" in result.err, result.err)


def private_names(bench):
    """a private name is called like any other, by whoever knows it"""
    command = [bench.programs["rmi-call"], "echo", "open_counter", "7", "--then", "wait", "1h"]
    with Running(command, {"RMI_BROKER": bench.endpoint}) as holder:
        name = json.loads(holder.wait_for('"@.*"'))
        same(bench.call(name, "add", "1").out, b"8\n")
        same(bench.call(name, "value").out, b"8\n")
        holds(bench.call(name).out.startswith(b"echo::Counter\n"), "a listing")
    same(bench.call("@0000ffff/0123456789abcdef", "value", "-t", "20s").code, 3)
    same(bench.call("@nonsense", "value").code, 3)


def batch(bench):
    """--batch makes the calls of stdin with one message and prints a line for each"""
    lines = b"""add 1 2
# what begins with # is none
echo "two words"

echo '{"json": [1]}'
note 'of a batch'
level
"""
    result = bench.call("echo", "--batch", stdin=lines)
    same((result.code, result.err), (0, ""))
    wanted = [3, "two words", '{"json": [1]}', None, 0.5]
    same([json.loads(line) for line in result.out.decode().splitlines()], wanted)
    same(bench.call("echo", "--batch", stdin=b""), (0, b"", ""))


def batch_stops(bench):
    """a batch stops at the first error, after the results before it"""
    before = json.loads(bench.call("echo", "calls").out)
    result = bench.call("echo", "--batch", stdin=b"add 1 2\nadd 2147483647 1\nadd 3 4\n")
    same((result.code, result.out), (1, b"3\n"))
    holds(result.err.startswith("std::overflow_error: the sum 2147483648 is no i32"), result.err)
    same(json.loads(bench.call("echo", "calls").out), before + 2)


def batch_wrong(bench):
    """a line that makes no sense is told with its number, and nothing is called"""
    before = json.loads(bench.call("echo", "calls").out)
    cases = {
        b"add 1 2\n\nadd x 2\n": (7, 'line 3: argument 1 (a): expected i32, got "x"'),
        b"add 1 2\nad 1 2": (3, "line 2: 'echo' has no method 'ad'; did you mean 'add'?"),
        b"echo 'x\n": (2, "line 1: the quote ' is not closed" + SEE),
        b"echo -\n": (2, "line 1: - stands for stdin, which the batch is read from" + SEE),
        b"count 0 1\n": (2, "line 1: a batch cannot read the stream of 'count'" + SEE),
    }
    for lines, (code, text) in cases.items():
        fails(bench.call("echo", "--batch", stdin=lines), code, "rmi-call: " + text)
    same(json.loads(bench.call("echo", "calls").out), before)
    same(bench.call("echo", "add", "--batch").code, 2)
    same(bench.call("echo", "--batch", "--repeat", "2").code, 2)


def wait_for_note(bench, text):
    while text not in json.loads(bench.call("echo", "notes").out):
        pass


def oneway(bench):
    """--oneway does not wait, not even for a batch"""
    same(bench.call("echo", "slow", "2s", "--oneway"), (0, b"", ""))
    same(bench.call("echo", "echo", "x", "--oneway", "--json"), (0, b"null\n", ""))
    same(bench.call("echo", "--batch", "--oneway", stdin=b"note ahead\nnote behind\n").code, 0)
    wait_for_note(bench, "behind")
    same(bench.call("echo", "count", "0", "3", "--oneway"), (0, b"", ""))


def notes(bench):
    """notes and a correlation id reach the method, and notes come back"""
    result = bench.call(
        "echo", "info", "--annotate", "a=b=c", "--annotate", "empty=", "--correlation", "run-7", "-v"
    )
    same(result.err, "note a: b=c\nnote empty: \n")
    info = json.loads(result.out)
    same((info["annotations"], info["correlation_id"]), ({"a": "b=c", "empty": ""}, "run-7"))
    same(bench.call("echo", "info", "--annotate", "a=b").err, "")
    for words in (["--annotate", "x"], ["--annotate", "=x"], ["--annotate", "rmi.id=x"]):
        same(bench.call("echo", "info", *words).code, 2)
    same(bench.call("echo", "info", "--annotate", "a=1", "--annotate", "a=2").code, 2)
    same(bench.call("echo", "info", "--correlation", "x" * 65).code, 2)


TESTS = [
    streams,
    stream_limit,
    stream_timeout,
    stream_interrupted,
    sent_streams,
    references,
    daemon_itself,
    private_names,
    batch,
    batch_stops,
    batch_wrong,
    oneway,
    notes,
]

if __name__ == "__main__":
    with Bench(*sys.argv[1:5], words=("--concurrent", "--threads", "16")) as the_bench:
        sys.exit(run_all(TESTS, the_bench))
