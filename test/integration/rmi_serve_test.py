#!/usr/bin/env python3
"""Serves the objects of a plugin with rmi-serve, and calls them with rmi-call.

usage: rmi_serve_test.py BROKER RMI-SERVE RMI-CALL RMI-NS PLUGIN OLD-PLUGIN LIBRARY
"""

import json
import shutil
import signal
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "support"))
from cli import Bench, fails, holds, run_all, same  # noqa: E402
from running import Running  # noqa: E402

PLUGIN, OLD_PLUGIN, LIBRARY = sys.argv[5:8]
SEE = "; see rmi-serve --help"
LISTING = """\
Server: Server
  welcome_message(string) -> string
shop::open_cart: shop::Cart
  put(i32) -> i32
  owner() -> string
  buy() -> void
shop::session_carts: shop::Cart, one for each session
  put(i32) -> i32
  owner() -> string
  buy() -> void
"""


def serve(bench, *words):
    command = [bench.programs["service"], PLUGIN, *words]
    service = Running(command, {"RMI_BROKER": bench.endpoint})
    service.wait_for("(Ready.*\n){%d}" % sum("=" in word for word in words))
    return service


def greeting(bench):
    """the server of a plugin greets"""
    same(bench.call("server", "welcome_message", "Rashmi"), (0, b'"Hi welcome Rashmi"\n', ""))


def several(bench):
    """several objects are served at once, with tags"""
    with serve(bench, "a=Server", "b=shop::open_cart", "c=b=Server", "--tag", "test") as service:
        same(bench.call("b", "put", "3").out, b"3\n")
        same(bench.call("b", "put", "4").out, b"7\n")  # one for all
        same(bench.call("c=b", "welcome_message", "x").out, b'"Hi welcome x"\n')
        same(bench.ns("count", "--tag", "test").out, b"3\n")
        holds("Ready. Object uri = rminame:a@" in service.output, service.output)
        result = bench.call("b", "buy")
        holds(result.err.startswith("shop::SoldOut: nothing is left (b.buy in "), result.err)
        same(service.stop(signal.SIGINT)[0], 0)
    same(bench.call("b", "put", "3").code, 3)


def batched(bench, name, *lines):
    out = bench.call(name, "--batch", stdin="\n".join(lines).encode()).out
    return [json.loads(line) for line in out.decode().splitlines()]


def instances(bench):
    """instances are made for each session or call, where the factory leaves that open"""
    with serve(bench, "cart=shop::open_cart", "--per-session"):
        same(batched(bench, "cart", "put 1", "put 2"), [1, 3])
        same(batched(bench, "cart", "put 1"), [1])
    with serve(bench, "cart=shop::open_cart", "--per-call"):
        same(batched(bench, "cart", "owner"), ["anybody"])
        same(bench.call("cart", "put", "5", "--repeat", "2").out.splitlines()[0], b"5")
    with serve(bench, "cart=shop::session_carts"):
        same(batched(bench, "cart", "put 1", "put 2", "owner"), [1, 3, "a session"])
        same(batched(bench, "cart", "put 1"), [1])
    fails(
        bench.start("service", PLUGIN, "cart=shop::session_carts", "--per-call"),
        2,
        "rmi-serve: the factory 'shop::session_carts' says itself who shares an instance; leave "
        "--per-session and --per-call out" + SEE,
    )


def listing(bench):
    """--list shows the factories with their interfaces, without a broker"""
    nobody = {"RMI_BROKER": "tcp://127.0.0.1:1"}
    same(bench.start("service", PLUGIN, "--list", env=nobody), (0, LISTING.encode(), ""))


def wrong_libraries(bench):
    """what is no plugin of this version is refused with a sentence"""
    with tempfile.TemporaryDirectory() as folder:
        text = Path(folder) / "text.so"
        text.write_text("no library\n")
        link = Path(folder) / "libplugin.so"
        shutil.copy(PLUGIN, link)
        same(bench.start("service", link, "--list").out.decode(), LISTING)
        result = bench.start("service", text, "--list")
        same((result.code, result.err.count("\n")), (2, 1))
        holds(f"'{text}' cannot be loaded: " in result.err, result.err)
    fails(
        bench.start("service", "missing.so", "a=b"),
        2,
        "rmi-serve: there is no file 'missing.so'" + SEE,
    )
    fails(
        bench.start("service", LIBRARY, "a=b"),
        2,
        f"rmi-serve: '{LIBRARY}' is a shared library but no plugin: it has no RMI_PLUGIN(...)"
        + SEE,
    )
    result = bench.start("service", OLD_PLUGIN, "a=b")
    same(result.code, 2)
    start = f"rmi-serve: '{OLD_PLUGIN}' was built against rmibus 0.0.1, and this is "
    holds(result.err.startswith(start), result.err)


def wrong_words(bench):
    """a mistake in what to serve is told before anything is served"""
    cases = {
        ("a=Serve",): f"'{PLUGIN}' has no factory 'Serve'; did you mean 'Server'?",
        ("a=Xyzzy",): f"'{PLUGIN}' has no factory 'Xyzzy'; it has Server, shop::open_cart, "
        "shop::session_carts",
        ("a=Server", "a=Server"): "the name 'a' is given twice",
        ("Server",): "expected NAME=FACTORY, got 'Server'",
        ("=Server",): "expected NAME=FACTORY, got '=Server'",
        (): "NAME=FACTORY is missing; --list shows the factories",
        ("a=Server", "--per-call", "--per-session"): "--per-session and --per-call exclude each "
        "other",
    }
    for words, text in cases.items():
        fails(bench.start("service", PLUGIN, *words), 2, f"rmi-serve: {text}{SEE}")
    same(bench.start("service").code, 2)
    result = bench.start("service", PLUGIN, "server=Server")
    same(result.code, 8)
    holds("'server'" in result.err, result.err)


TESTS = [greeting, several, instances, listing, wrong_libraries, wrong_words]

if __name__ == "__main__":
    with Bench(*sys.argv[1:5], words=(PLUGIN, "server=Server")) as the_bench:
        sys.exit(run_all(TESTS, the_bench))
