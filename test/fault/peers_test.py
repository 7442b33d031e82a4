#!/usr/bin/env python3
"""Peers that replay, forge, or answer too late: what they say reaches nobody, and is counted.

usage: peers_test.py BROKER ECHO RMI-CALL RMI-NS
"""

import sys
from contextlib import contextmanager

from scene import NEVER, Scene, until  # first: it finds the next ones
from cli import holds, run_all, same
from raw_peer import (
    CALL,
    CANCEL,
    CONNECTION_LOST,
    ERROR,
    NOT_EXECUTED,
    PROTOCOL,
    REPLY,
    TIMEOUT,
    UNKNOWN,
    UNKNOWN_SESSION,
    Frame,
    RawPeer,
)


@contextmanager
def troupe(programs, options=NEVER):
    """A broker, a daemon that serves "raw", a caller, and a third one."""
    with Scene(programs, options, words=None) as scene:
        peers = [RawPeer(scene.endpoint, name) for name in ("daemon", "caller", "other")]
        try:
            peers[0].serve("raw")
            yield scene, *peers
        finally:
            for peer in peers:
                peer.die()


def taken(daemon, caller, call_id=10, **fields):
    """A call of the caller, as the daemon gets it."""
    caller.call(call_id, "raw", "method", b"arguments", **fields)
    call = daemon.take()
    same((call.kind, call.method, call.payload), (CALL, b"method", b"arguments"))
    return call


def replayed_answer(programs):
    """an answer that is sent again reaches nobody and is counted as late"""
    with troupe(programs) as (scene, daemon, caller, _):
        call = taken(daemon, caller)
        for _ in range(3):
            daemon.reply(call, b"once")
        same(caller.takes(REPLY, 10).payload, b"once")
        scene.counts("dropped.late", 2)
        # The next answer is that of the next call, although it may have got the same place.
        next_call = taken(daemon, caller, 11)
        holds(next_call.call_id != call.call_id, "the call has another id")
        daemon.reply(call, b"again")
        daemon.reply(next_call, b"next")
        same(caller.takes(REPLY, 11).payload, b"next")
        scene.counts("dropped.late", 3)


def forged_answer(programs):
    """an answer of one who was not given the call reaches nobody and is counted as forged"""
    with troupe(programs) as (scene, daemon, caller, other):
        other.serve("not raw")
        call = taken(daemon, caller)
        other.reply(call, b"forged")
        other.reply(call, kind=ERROR)
        caller.reply(call, b"forged")
        daemon.reply(call, b"of another registration", registration=call.registration + 1)
        scene.counts("dropped.forged", 4)
        daemon.reply(call, b"true")
        same(caller.takes(REPLY, 10).payload, b"true")
        same((scene.counter("dropped.forged"), scene.counter("dropped.late")), (4, 0))


def guessed_answer(programs):
    """answers to calls that nobody made are dropped and counted"""
    with troupe(programs) as (scene, daemon, _, other):
        for number in (0, 1, 2**32, 2**64 - 1):
            for peer in (daemon, other):
                peer.send(Frame(REPLY, number, 1).bytes())
        scene.counts("dropped.late", 8)
        daemon.ping("rmi.broker")


def late_answer(programs):
    """an answer after the deadline reaches nobody and is counted as late"""
    with troupe(programs) as (scene, daemon, caller, _):
        call = taken(daemon, caller, remaining=100)
        caller.fails(10, TIMEOUT, UNKNOWN)
        daemon.reply(call, b"late")
        scene.counts("dropped.late", 1)
        caller.ping("rmi.broker")


def cancelled_call(programs):
    """the answer to a call that was cancelled, or whose caller is gone, reaches nobody"""
    with troupe(programs) as (scene, daemon, caller, other):
        call = taken(daemon, caller)
        caller.send(Frame(CANCEL, 10).bytes())
        same(daemon.take()[:3], (CANCEL, call.call_id, call.registration))
        daemon.reply(call)
        gone = taken(daemon, other, 11)
        other.die()
        same(daemon.take()[:3], (CANCEL, gone.call_id, gone.registration))
        daemon.reply(gone)
        scene.counts("dropped.late", 2)
        same(scene.in_flight(), 0)
        caller.ping("rmi.broker")


def answer_of_a_former_run(programs):
    """an answer to a call of a broker that was killed means nothing to the next one"""
    with troupe(programs) as (scene, daemon, caller, _):
        call = taken(daemon, caller)
        scene.restart_broker()
        with RawPeer(scene.endpoint) as again, RawPeer(scene.endpoint) as new:
            again.serve("raw")
            call_now = taken(again, new)
            holds(call_now.call_id != call.call_id, "its calls have other ids")
            holds(call_now.registration != call.registration, "and other registrations")
            again.reply(call, b"of before")
            scene.counts("dropped.late", 1)
            again.reply(call_now, b"now")
            same(new.takes(REPLY, 10).payload, b"now")


def replayed_call(programs):
    """a caller that uses the number of a call again gets its answers, and disturbs nobody"""
    with troupe(programs) as (scene, daemon, caller, other):
        first = taken(daemon, caller)
        second = taken(daemon, caller)
        holds(first.call_id != second.call_id, "the daemon can tell them apart")
        third = taken(daemon, other)
        for call, payload in ((second, b"2"), (third, b"3"), (first, b"1")):
            daemon.reply(call, payload)
        same([caller.takes(REPLY, 10).payload for _ in range(2)], [b"2", b"1"])
        same(other.takes(REPLY, 10).payload, b"3")
        same(scene.in_flight(), 0)


def daemon_gone(programs):
    """a daemon that goes in the middle of an answer has not answered"""
    with troupe(programs) as (scene, daemon, caller, _):
        call = taken(daemon, caller)
        whole = Frame(REPLY, call.call_id, call.registration, payload=bytes(1000)).bytes()
        daemon.link.sendall(b"\x02" + len(whole).to_bytes(8, "big") + whole[:500])
        daemon.die()
        caller.fails(10, CONNECTION_LOST, UNKNOWN)
        holds(scene.is_gone("raw"), "the name is gone")


def stranger(programs):
    """one that has not greeted is told so, and neither calls nor answers"""
    with troupe(programs) as (scene, daemon, caller, _):
        call = taken(daemon, caller)
        with RawPeer(scene.endpoint, greet=False) as peer:
            peer.call(5, "raw", "method")
            peer.fails(5, UNKNOWN_SESSION, NOT_EXECUTED)
            peer.reply(call, b"forged")
            peer.fails(call.call_id, UNKNOWN_SESSION, NOT_EXECUTED)
            peer.send(b"RM\x02\x03" + bytes(36))
            peer.fails(0, PROTOCOL, NOT_EXECUTED)
        daemon.reply(call, b"true")
        same(caller.takes(REPLY, 10).payload, b"true")
        holds(scene.counter("dropped.strangers") == 2, scene.info())


TESTS = [
    replayed_answer,
    forged_answer,
    guessed_answer,
    late_answer,
    cancelled_call,
    answer_of_a_former_run,
    replayed_call,
    daemon_gone,
    stranger,
]

if __name__ == "__main__":
    sys.exit(run_all(TESTS, sys.argv[1:]))
