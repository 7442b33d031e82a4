#!/usr/bin/env python3
"""Processes that are stopped and go on (SIGSTOP, SIGCONT), and methods that never return.

usage: pause_test.py BROKER ECHO RMI-CALL RMI-NS DRAIN-SERVICE
"""

import os
import sys
import tempfile
import time
from pathlib import Path

from scene import HEARTBEAT, NEVER, Scene, settled, until  # first: it finds the next ones
from cli import holds, run_all, same
from raw_peer import CONNECTION_LOST, REPLY, UNKNOWN, RawPeer
from running import halted


def lease_lapsed(programs):
    """a daemon that was stopped for longer than its lease enters its name again"""
    with Scene(programs, ("--lease", "1s")) as scene, RawPeer(scene.endpoint) as peer:
        before = scene.registration("echo")
        peer.slow(10, seconds=0.2)
        with halted(scene.service):
            text = peer.fails(10, CONNECTION_LOST, UNKNOWN)
            holds("did not renew its lease" in text, text)
            holds(scene.is_gone("echo"), "the name is gone")
        same(scene.ns("wait", "echo").code, 0)
        holds(scene.registration("echo") > before, "it was entered again")
        peer.ping("echo")  # and nothing of the first call comes before its answer
        scene.works()


def heartbeats(programs):
    """a stopped daemon and a stopped caller are found by their heartbeats, long before the lease"""
    with Scene(programs, NEVER, words=()) as scene, RawPeer(scene.endpoint) as peer:
        hung = ("slow", "1h", "--timeout", "2h", "--json")
        with scene.serve("--name", "other") as other, scene.background_call("echo", *hung) as caller:
            peer.slow(10, name="other")
            settled(scene)
            begun = time.monotonic()
            with halted(other), halted(caller):
                text = peer.fails(10, CONNECTION_LOST, UNKNOWN)
                took = time.monotonic() - begun
                print(f"  found after {took:.1f} s")
                holds("lost its connection" in text, text)
                holds(took < 2 * HEARTBEAT, f"found within the heartbeat's bound, not {took} s")
                scene.works()  # the call of the stopped caller holds the object no more
            same(caller.finish()[0], 5)
            caller.wait_for('"outcome": ?"unknown"')
            same(scene.ns("wait", "other").code, 0)


def caller_stopped_at_once(programs):
    """a caller that is stopped just after it called is found within a lease, and its call cancelled"""
    with Scene(programs, ("--lease", "1s"), words=()) as scene:
        hung = ("slow", "1h", "--timeout", "2h", "--json")
        with scene.background_call("echo", *hung) as caller:
            begun = time.monotonic()
            with halted(caller):
                scene.works()  # its call holds the object no more
                took = time.monotonic() - begun
                print(f"  found after {took:.1f} s")
                holds(took < HEARTBEAT / 2, f"found by the lease, not after {took} s")
                same(scene.counter("silent_callers"), 1)
            same(caller.finish()[0], 5)
            caller.wait_for('"outcome": ?"unknown"')
        with scene.background_call("echo", "slow", "3s") as caller:  # three leases: it answers
            same(caller.finish()[0], 0)
        same(scene.counter("silent_callers"), 1)


def broker(programs):
    """a broker that was stopped for longer than a lease has lost no name and no call"""
    with Scene(programs, ("--lease", "400ms")) as scene, RawPeer(scene.endpoint) as peer:
        before = scene.registration("echo")
        peer.slow(10, seconds=0.2)
        with halted(scene.broker):
            # Three leases long nobody is answered; the call says so by its deadline.
            result = scene.call("echo", "slow", "1ms", "--timeout", "1200ms", "--json")
            same(result.code, 5)  # the shell's program never had a session
            holds('"not executed"' in result.err, result)
        peer.takes(REPLY, 10)
        scene.works()
        same(scene.registration("echo"), before)


def session_with_stopped_broker(programs):
    """calls of a connected caller end by their deadlines while the broker is stopped"""
    with Scene(programs) as scene:
        words = ("echo", "slow", "1ms", "--repeat", "10000000", "--timeout", "500ms", "--json")
        with scene.background("rmi-call", *words) as caller:
            until(lambda: scene.counter("accepted") > 10, "it calls")
            with halted(scene.broker):
                same(caller.finish()[0], 4)
                caller.wait_for('"outcome": ?"unknown"')
        scene.works()


def stream_reader(programs):
    """a reader that is stopped costs others nothing, and gets every item when it goes on"""
    with Scene(programs) as scene:
        words = ("echo", "count", "0", "200000", "null")
        with scene.background("rmi-call", *words) as reader:
            reader.wait_for("\n3\n")
            with halted(reader):
                for _ in range(5):
                    scene.works()
            code, output = reader.finish()
            same(code, 0)
            same(output, "".join(f"{number}\n" for number in range(200000)))


def hung_method(programs):
    """a method that never returns is ended by its deadline only, and others are served meanwhile"""
    with Scene(programs, ("--lease", "400ms"), words=None) as scene:
        with tempfile.TemporaryDirectory() as folder, scene.ledger(folder, "ledger") as service:
            service.wait_for("Ready")
            before = scene.registration("ledger")
            pipe = Path(folder) / "pipe"
            os.mkfifo(pipe)
            for _ in range(2):
                # Longer than two leases, which do not depend on what methods do.
                words = ("hold", pipe, "--timeout", "1s", "--json")
                with scene.background_call("ledger", *words) as caller:
                    same(scene.call("ledger", "enter", "1").out, b"1\n")
                    same(caller.finish()[0], 4)
                    caller.wait_for('"type": ?"TimeoutError"')
                    caller.wait_for('"outcome": ?"unknown"')
                    holds("running" in caller.output, caller.output)
            same(scene.registration("ledger"), before)
            same(scene.call("ledger", "enter", "2").out, b"2\n")


TESTS = [
    lease_lapsed,
    heartbeats,
    caller_stopped_at_once,
    broker,
    session_with_stopped_broker,
    stream_reader,
    hung_method,
]

if __name__ == "__main__":
    sys.exit(run_all(TESTS, sys.argv[1:]))
