#!/usr/bin/env python3
"""Who is stopped is found within the time that was asked for, and found again afterwards.

usage: heartbeat_test.py BROKER ECHO RMI-CALL RMI-NS
"""

import json
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "support"))
from cli import holds, run_all, same  # noqa: E402
from running import DEADLINE, Running, halted, run  # noqa: E402

LISTEN = ("--listen", "tcp://127.0.0.1:*")
# The defaults are 6 s: what ends before that has not waited for them.
SOON = 5.0


def took_little(since, what):
    taken = time.monotonic() - since
    print(f"  {what} after {taken * 1000:.0f} ms")
    holds(taken < SOON, f"{what} in time, not after {taken:.1f} s")


def stopped_daemon(programs):
    """with --lease 300ms the calls of a stopped daemon end at once, and it comes back by itself"""
    broker_program, echo_program, call_program, ns_program = programs
    with Running([broker_program, *LISTEN, "--lease", "300ms"]) as broker:
        env = {"RMI_BROKER": broker.wait_for(r"tcp://\S+")}
        words = [call_program, "--timeout", "10m", "echo", "slow", "1h"]
        with Running([echo_program], env) as echo:
            run([ns_program, "wait", "echo"], env)
            with Running(words, env) as caller:
                begun(ns_program, env)
                with halted(echo):
                    since = time.monotonic()
                    code, output = caller.finish()
                    took_little(since, "the call ends")
                    same(code, 5)
                    holds("may have run" in output, output)
            run([ns_program, "wait", "echo"], env)
            same(run([call_program, "echo", "add", "1", "2"], env), "3\n")
            echo.process.kill()  # its method still runs
            echo.finish()


def begun(ns_program, env):
    """Returns when the broker has handed over the call of rmi-call, after that for the schema."""
    stats = lambda: json.loads(run([ns_program, "stats", "echo", "--json"], env))["names"]
    until = time.monotonic() + DEADLINE
    while not any(name["calls"] >= 2 for name in stats()):
        holds(time.monotonic() < until, "the call is with the daemon in time")


def stopped_broker(programs):
    """with --heartbeat 300ms a daemon finds that its broker is stopped, and is back when that is"""
    broker_program, echo_program, call_program, ns_program = programs
    with Running([broker_program, *LISTEN]) as broker:
        env = {"RMI_BROKER": broker.wait_for(r"tcp://\S+"), "RMI_LOG": "info"}
        with Running([echo_program, "--heartbeat", "300ms"], env) as echo:
            run([ns_program, "wait", "echo"], env)
            with halted(broker):
                since = time.monotonic()
                echo.wait_for("lost the broker at")
                took_little(since, "the daemon knows")
            run([ns_program, "wait", "echo"], env)
            same(run([call_program, "echo", "add", "1", "2"], {**env, "RMI_LOG": "off"}), "3\n")
            echo.process.kill()
            echo.finish()


def out_of_range(programs):
    """a heartbeat below 300 ms is refused, with what was expected"""
    _, echo_program, *_ = programs
    shown = run([echo_program, "--heartbeat", "20ms"], {"RMI_BROKER": "ipc:///nowhere"}, code=2)
    holds("the heartbeat is 20 ms; expected 300 ms to 1 h" in shown, shown)


TESTS = [stopped_daemon, stopped_broker, out_of_range]

if __name__ == "__main__":
    sys.exit(run_all(TESTS, sys.argv[1:]))
