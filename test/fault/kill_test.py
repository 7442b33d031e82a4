#!/usr/bin/env python3
"""What callers are told when a daemon, a broker or another caller is killed.

usage: kill_test.py BROKER ECHO RMI-CALL RMI-NS DRAIN-SERVICE
"""

import re
import sys
import tempfile
from contextlib import contextmanager

from scene import NEVER, Scene, at_once, until  # first: it finds the next ones
from cli import holds, run_all, same
from raw_peer import CONNECTION_LOST, UNKNOWN, RawPeer
from running import DEADLINE, Running

LONG = ("1h", "--timeout", "2h", "--json")


def in_flight(scene, calls):
    until(lambda: scene.in_flight() == calls, f"{calls} calls are with daemons")


@contextmanager
def slow(scene, *words):
    """rmi-call with a call that runs, and lasts."""
    with scene.background_call("echo", *(words or ("slow", *LONG))) as caller:
        yield caller


def kill(running):
    """Returns when the process is gone, with all that it had open."""
    running.process.kill()
    running.process.wait(DEADLINE)


def told(caller, outcome):
    """The caller ends, and says that it lost its connection."""
    same(caller.finish()[0], 5)
    caller.wait_for('"type": ?"ConnectionLost"')
    caller.wait_for(f'"outcome": ?"{outcome}"')


def daemon_with_a_call(programs):
    """kill -9 of a daemon ends its running call at once as unknown, and its name is gone"""
    with Scene(programs, NEVER) as scene, RawPeer(scene.endpoint) as peer, slow(scene) as caller:
        peer.slow(10)
        in_flight(scene, 2)
        scene.service.process.kill()
        with at_once("the callers of a killed daemon are told"):
            text = peer.fails(10, CONNECTION_LOST, UNKNOWN)
            told(caller, "unknown")
        holds(re.match(r"rmi-echo\[\d+\] on .+ lost its connection while", text), text)
        holds(scene.is_gone("echo"), "the name is gone")
        same(scene.counter("lost"), 2)
        with scene.serve("--concurrent"):
            scene.works()


def daemon_with_a_queue(programs):
    """kill -9 of a daemon ends the calls that wait behind the running one in the same way"""
    with Scene(programs, NEVER, words=()) as scene, RawPeer(scene.endpoint) as peer:
        for number in range(10, 20):
            peer.slow(number)
        in_flight(scene, 10)
        scene.service.process.kill()
        with at_once("the callers of a killed daemon's queued calls are told"):
            same({peer.lost() for _ in range(10)}, set(range(10, 20)))


def successor(programs):
    """an idempotent call that waits behind another in a killed daemon is made by its successor"""
    hold = ("--hold", "1h")
    with Scene(programs, NEVER, words=hold) as scene, slow(scene) as first:
        with scene.background("rmi-call", "echo", "add", "1", "2", "--timeout", "1h") as second:
            in_flight(scene, 2)
            scene.service.process.kill()
            told(first, "unknown")
            with scene.serve(*hold):
                second.wait_for("3\n")
                same(second.finish()[0], 0)


def before_dispatch(programs):
    """a call that comes after kill -9 of its daemon was surely not executed"""
    with Scene(programs, NEVER) as scene:
        kill(scene.service)
        result = scene.call("echo", "slow", "1ms", "--json")
        same(result.code, 3)
        holds('"not executed"' in result.err, result)


def daemon_with_a_stream(programs):
    """kill -9 of a daemon ends the streams that it gives at once, with an error"""
    with Scene(programs, NEVER) as scene:
        words = ("echo", "count", "0", "1000000", "10ms", "--json")
        with scene.background("rmi-call", *words) as reader:
            reader.wait_for("\n3\n")
            scene.service.process.kill()
            with at_once("the reader of a killed daemon's stream is told"):
                same(reader.finish()[0], 5)
            reader.wait_for('"type": ?"ConnectionLost"')


def daemon_with_a_batch(programs):
    """kill -9 of a daemon ends a batch at once as unknown, also the calls that it has not begun"""
    words = ("echo", "--batch", "--timeout", "2h", "--json")
    with Scene(programs, NEVER) as scene:
        with Running([scene.programs["rmi-call"], *words], scene.env, typed=True) as caller:
            caller.type("add 1 2\nslow 1h\nadd 3 4")
            caller.process.stdin.close()
            until(lambda: scene.calls("echo") == 2, "schema and batch are with the daemon")
            scene.service.process.kill()
            with at_once("the caller of a killed daemon's batch is told"):
                told(caller, "unknown")
            holds("\n7\n" not in caller.output, caller.output)


def broker_with_a_call(programs):
    """kill -9 of the broker ends a call in flight at once as unknown; late answers reach nobody"""
    with Scene(programs, NEVER) as scene, slow(scene, "slow", "1s", *LONG[1:]) as caller:
        kill(scene.broker)
        with at_once("the caller is told of a killed broker"):
            told(caller, "unknown")
        scene.broker.__exit__()
        scene.start_broker(scene.endpoint)
        # The call of before goes on in the daemon, and its answer has nowhere to go.
        same(scene.ns("wait", "echo").code, 0)
        scene.works()
        info = scene.info()
        same((info["in_flight"], info["counters"]["dropped.forged"]), (0, 0))


def broker_while_names_are_entered(programs):
    """kill -9 of the broker in the middle of 2000 registrations: all are there in the end"""
    names = [f"name.{number}" for number in range(2000)]
    with Scene(programs, NEVER, words=None) as scene, tempfile.TemporaryDirectory() as folder:
        with scene.ledger(folder, *names) as service:
            until(lambda: scene.info()["names"] > 100, "some are there")
            before = scene.info()["names"]
            kill(scene.broker)
            print(f"  killed when about {before} of 2000 names were there")
            scene.broker.__exit__()
            scene.start_broker(scene.endpoint)
            service.wait_for("Ready")
            until(lambda: scene.info()["names"] >= 2000, "all are there")
            same(scene.call(names[-1], "enter", "7").out, b"7\n")


def caller_with_a_call(programs):
    """kill -9 of a caller stops its call, and the next one gets its turn"""
    with Scene(programs, NEVER, words=()) as scene, slow(scene) as caller:
        kill(caller)
        with at_once("the next caller has its turn"):
            scene.works()
        in_flight(scene, 0)


TESTS = [
    daemon_with_a_call,
    daemon_with_a_queue,
    successor,
    before_dispatch,
    daemon_with_a_stream,
    daemon_with_a_batch,
    broker_with_a_call,
    broker_while_names_are_entered,
    caller_with_a_call,
]

if __name__ == "__main__":
    sys.exit(run_all(TESTS, sys.argv[1:]))
