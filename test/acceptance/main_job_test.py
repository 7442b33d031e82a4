#!/usr/bin/env python3
"""The greeting, values of every kind and many shells, through the built programs.

usage: main_job_test.py BROKER SERVICE CLIENT RMI-CALL RMI-NS
"""

import json
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

from stage import Stage, stderr_of  # first: it finds the next one
from cli import holds, run_all, same  # noqa: E402

NAMES = {"ASCII": "Rashmi", "Chinese": "你好，世界", "emoji": "👋🏽👩‍👩‍👧", "empty": ""}
SIZES = {"1 MiB": 1 << 20, "60 MiB": 60 << 20}
SHELLS, CALLS = 8, 125
AT_ONCE = 20  # seconds, also under a sanitizer on a busy machine; the timeout there is 10 minutes

# What sample_parcel() of desk.hpp is in JSON, character for character once it is compact.
PARCEL = {
    "shelves": [
        {
            "tea": [
                {"name": "green", "price": 0.1, "pieces": 3},
                {"name": "black", "price": 2.5, "pieces": None},
            ],
            "空": [],
        },
        {},
    ],
    "floors": [[-2, "cellar"], [0, "ground"], [2147483647, "roof 🏠"]],
    "least": -9223372036854775808,
    "most": 9223372036854775807,
    "largest": 18446744073709551615,
    "readings": ["NaN", "Infinity", "-Infinity", -0.0, 5e-324, 1.7976931348623157e308],
    "seal": "AAH+/w==",
    "color": "blue",
    "note": None,
    "labels": [
        {"i64": -1},
        {"string": "fragile"},
        {"desk::Item": {"name": "box", "price": 1.0, "pieces": 1}},
    ],
    "sent": "2023-11-14T22:13:20.123456789Z",
    "delay": "1500ms",
}


def exactly(text):
    """A text that differs for any two values: 1 from 1.0 and 0.0 from -0.0 too."""
    return repr(json.loads(text))


def shell_greeting(stage):
    """the shell greets ASCII, Chinese, emoji and empty names"""
    for kind, name in NAMES.items():
        for words, stdin in (([name], b""), (["-"], name.encode())):
            result = stage.call("desk", "welcome_message", *words, stdin=stdin)
            same((kind, result.code, result.err), (kind, 0, ""))
            same(json.loads(result.out), "Hi welcome " + name)


def shell_large_greeting(stage):
    """the shell greets names of 1 MiB and 60 MiB from its stdin, in any script"""
    for kind, size in SIZES.items():
        for piece in ("Rashmi\n".encode(), "你好👋".encode()):
            name = piece * (size // len(piece)) + b"x" * (size % len(piece))
            result = stage.call("desk", "welcome_message", "-", "--raw", stdin=name)
            same((kind, result.code, result.err), (kind, 0, ""))
            holds(result.out == b"Hi welcome " + name, f"{kind} come back unchanged")


def client_greeting(stage):
    """a C++ client greets ASCII, Chinese, emoji, empty, 1 MiB and 60 MiB names"""
    with stage.client() as client:
        for name in NAMES.values():
            same(client.tell("greet " + name), "Hi welcome " + name)
        for size in SIZES.values():
            same(client.tell(f"greet-bytes {size}"), "same")


def too_large(stage):
    """a name over the limit is refused with 7, and both sides live on"""
    result = stage.call("desk", "welcome_message", "-", stdin=b"x" * (65 << 20))
    same(result.code, 7)
    holds("limit" in stderr_of(result), result.err)
    with stage.client() as client:
        holds(client.tell(f"greet-bytes {65 << 20}").startswith("caught MessageTooLarge: "), "C++")
        same(client.tell("greet x"), "Hi welcome x")


def parcel_there(stage):
    """a struct of vectors of maps arrives from JSON with the very values of C++"""
    text = json.dumps(PARCEL).encode()
    for words, stdin in (([text], b""), (["-"], text)):
        result = stage.call("desk", "is_sample", *words, stdin=stdin)
        same(result, (0, b"true\n", ""))
    for field, other in (("most", PARCEL["most"] - 1), ("note", ""), ("seal", "AAH+/g==")):
        text = json.dumps({**PARCEL, field: other})
        same(stage.call("desk", "is_sample", text), (0, b"false\n", ""))


def parcel_back(stage):
    """the same struct comes from C++ as exactly that JSON"""
    result = stage.call("desk", "sample")
    same((result.code, result.err), (0, ""))
    same(exactly(result.out), repr(PARCEL))


def parcel_round_trip(stage):
    """a struct goes there and back unchanged, from JSON and from C++"""
    result = stage.call("desk", "forward", "-", stdin=json.dumps(PARCEL).encode())
    same((result.code, result.err, exactly(result.out)), (0, "", repr(PARCEL)))
    again = stage.call("desk", "forward", "-", stdin=result.out)
    same(again, result)
    with stage.client() as client:
        same(client.tell("parcel"), "same")


def large_parcel(stage):
    """a struct with 20 000 maps goes there and back unchanged"""
    shelves = [{f"k{i}": [{"name": f"品{i}", "price": i / 8, "pieces": i}]} for i in range(20000)]
    text = json.dumps({**PARCEL, "shelves": shelves})
    result = stage.call("desk", "forward", "-", stdin=text.encode())
    same((result.code, result.err), (0, ""))
    holds(exactly(result.out) == exactly(text), "all 20 000 are the same")


def many_shells(stage):
    """1000 calls of 8 shells at once all get their own answer"""
    script = 'for i in $(seq "$3"); do "$1" desk welcome_message "$2-$i" --raw || exit; echo; done'

    def shell(number):
        words = ["bash", "-c", script, "bash", stage.programs["rmi-call"], str(number), str(CALLS)]
        return subprocess.run(words, env=stage.env, capture_output=True, text=True, check=False)

    with ThreadPoolExecutor(SHELLS) as shells:
        for number, done in enumerate(shells.map(shell, range(SHELLS))):
            wanted = [f"Hi welcome {number}-{i}" for i in range(1, CALLS + 1)]
            same((done.returncode, done.stderr, done.stdout.splitlines()), (0, "", wanted))


def throwing(stage):
    """a method that throws ends with 1, and type and text are on one line"""
    result = stage.call("desk", "divide", "1", "0")
    same(result.code, 1)
    line = stderr_of(result)
    holds(line.startswith("std::domain_error: division by zero (desk.divide in "), line)
    with stage.client() as client:
        line = client.tell("divide 1 0")
        holds(line.startswith("caught std::domain_error: division by zero"), line)
        same(client.tell("divide 1 4"), "0.25")


def wrong_types(stage):
    """wrong types end with 7, and the text has the path, what was expected and what came"""
    bad = {**PARCEL, "shelves": [{}, {"tea": [PARCEL["labels"][2]["desk::Item"], {"name": 5}]}]}
    cases = {
        ("divide", "1", "abc"): 'argument 2 (b): expected f64, got "abc"',
        ("forward", json.dumps(bad)): 'argument 1 (parcel.shelves[1]["tea"][1]',
        ("forward", json.dumps({**PARCEL, "most": 2**63})): "argument 1 (parcel.most): expected",
        ("forward", json.dumps({**PARCEL, "color": "pink"})): "argument 1 (parcel.color): expected",
        ("forward", json.dumps({**PARCEL, "seal": "!"})): "argument 1 (parcel.seal): expected",
        ("forward", json.dumps({**PARCEL, "sent": "soon"})): "argument 1 (parcel.sent): expected",
        ("divide", "1"): "divide(a: f64, b: f64) -> f64 takes 2 arguments, got 1",
    }
    for words, text in cases.items():
        result = stage.call("desk", *words)
        same((words[0], result.code), (words[0], 7))
        holds(stderr_of(result).startswith("rmi-call: " + text), result.err)


def unknown_name(stage):
    """an unknown name ends with 3 and offers the nearest"""
    result = stage.call("dsek", "welcome_message", "x")
    same(result.code, 3)
    holds(stderr_of(result).endswith("; did you mean 'desk'?\n"), result.err)


def unknown_method(stage):
    """an unknown method ends with 3 and offers the nearest"""
    result = stage.call("desk", "welcome_mesage", "x")
    same(result.code, 3)
    holds(stderr_of(result).endswith("; did you mean 'welcome_message'?\n"), result.err)


def no_broker(stage):
    """no broker ends with 5 at once, however long the call might wait"""
    for program, words in (("rmi-call", ("desk", "sample")), ("rmi-ns", ("list",))):
        begun = time.monotonic()
        nobody = ("--broker", "tcp://127.0.0.1:1", "--timeout", "10m")
        result = stage.start(program, *words, *nobody)
        same(result.code, 5)
        holds("no broker at tcp://127.0.0.1:1" in stderr_of(result), result.err)
        holds(time.monotonic() - begun < AT_ONCE, "at once")


TESTS = [
    shell_greeting,
    shell_large_greeting,
    client_greeting,
    too_large,
    parcel_there,
    parcel_back,
    parcel_round_trip,
    large_parcel,
    many_shells,
    throwing,
    wrong_types,
    unknown_name,
    unknown_method,
    no_broker,
]

if __name__ == "__main__":
    with Stage(sys.argv[1:6]) as the_stage:
        sys.exit(run_all(TESTS, the_stage))
