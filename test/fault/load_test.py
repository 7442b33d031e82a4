#!/usr/bin/env python3
"""More of everything than there is room for: connections, descriptors, oneway calls.

usage: load_test.py BROKER ECHO RMI-CALL RMI-NS STORM
"""

import contextlib
import json
import resource
import select
import socket
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

from scene import NEVER, Scene, cpu, descriptors, mebibytes, memory, until
from cli import holds, run_all, same
from garbage import HANDSHAKE, message
from raw_peer import (
    CALL,
    ERROR,
    NOT_EXECUTED,
    ONEWAY,
    OVERLOADED,
    REPLY,
    Frame,
    RawPeer,
    connect,
    signature_hash,
    text,
)
from running import Running, halted

MANY = 2000


def room_for(connections):
    """That many, or what this process and its children may have open."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if hard >= connections + 500:
        return connections
    print(f"  {hard - 500} of {connections} connections: RLIMIT_NOFILE is {hard}")
    return hard - 500


def connect_flood(programs):
    """2000 connections that say nothing, or half a greeting, are dropped; peers are served"""
    count = room_for(MANY)
    with Scene(programs, NEVER) as scene, RawPeer(scene.endpoint) as peer, ExitStack() as flood:
        pid = scene.broker.process.pid
        before, calm = memory(pid), descriptors(pid)
        for number in range(count):
            link = flood.enter_context(connect(scene.endpoint))
            link.sendall(HANDSHAKE[: number % 64])
            if number % 100 == 0:
                peer.ping("echo")
        scene.works()
        taken = memory(pid) - before
        print(f"  {descriptors(pid)} descriptors, {mebibytes(taken)} more than before")
        holds(taken < MANY * 64 * 1024, f"{taken} bytes for {count} connections")
        until(lambda: descriptors(pid) <= calm + 1, "they are dropped")
        peer.ping("echo")
        scene.works()


def silent_strangers(programs):
    """who connects as ZeroMQ does and then never greets is closed after greeting-time"""
    options = (*NEVER, "--limit", "greeting-time=300ms")
    with Scene(programs, options) as scene, RawPeer(scene.endpoint) as peer, ExitStack() as flood:
        links = [flood.enter_context(connect(scene.endpoint)) for _ in range(20)]
        for link in links:
            link.sendall(HANDSHAKE)
        for link in links:
            while link.recv(1000):  # to its end
                pass
        peer.ping("echo")
        scene.works()


def no_descriptors(programs):
    """a broker that has no descriptors left serves its peers, turns others away, and recovers"""
    with Scene(programs, NEVER) as scene, RawPeer(scene.endpoint) as peer:
        pid = scene.broker.process.pid
        former = resource.prlimit(pid, resource.RLIMIT_NOFILE)
        few = descriptors(pid) + 40
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (few, former[1]))
        with ExitStack() as flood:
            links = [flood.enter_context(connect(scene.endpoint)) for _ in range(100)]
            for link in links:
                link.send(HANDSHAKE)
            peer.ping("echo")
            # Once it has turned the others away, it does not spin.
            until(lambda: share_of_a_second(pid, peer) < 0.3, "it comes to rest")
            for _ in range(100):
                peer.ping("echo")
        resource.prlimit(pid, resource.RLIMIT_NOFILE, former)
        scene.works()


def share_of_a_second(pid, peer):
    """Of a processor, while nothing is said to the broker."""
    begun, used = time.monotonic(), cpu(pid)
    select.select([peer.link], [], [], 1.0)
    share = (cpu(pid) - used) / (time.monotonic() - begun)
    print(f"  {share:.0%} of a processor with all {descriptors(pid)} descriptors in use")
    return share


def oneway_flood(programs):
    """oneway calls that nobody reads: each is refused, which its sender is told, or it runs"""
    # Large ones: of small ones the sockets on the way hold more than a daemon lets wait, 10 000.
    calls = 25_000
    names = {"object": b"echo", "method": b"note", "payload": text("x" * 4096)}
    note = Frame(CALL, flags=ONEWAY, signature=signature_hash("(string,)->void"), **names)
    flood = b"".join(message(note._replace(call_id=2**63 + n).bytes()) for n in range(calls))
    told = []
    with Scene(programs, NEVER) as scene, RawPeer(scene.endpoint) as peer:
        reader = threading.Thread(target=lambda: note_errors(peer, told))
        with halted(scene.service):
            reader.start()
            peer.pour(flood)
            until(lambda: ended(scene) == calls, "each has gone on or was refused")
            size = memory(scene.broker.process.pid)
            # Now: later there may be others, as the answer to a ping of the daemon, whose queue is
            # full.
            counters = scene.info()["counters"]
        taken, refused = counters["oneways"], counters["refused.Overloaded"]
        print(f"  {taken} of {calls} taken, which the broker has {mebibytes(size)} for")
        # Which is refused, too, until there is room in the queue to the daemon.
        ran = lambda: int(scene.call("echo", "calls").out or 0)
        until(lambda: ran() >= taken, "those have run")
        same(ran(), taken)
        lost = counters["dropped.undeliverable"]
        until(lambda: len(told) + lost >= refused, f"the sender is told {refused - lost} times")
        same(len(told) + lost, refused)
        same(set(told), {(OVERLOADED, NOT_EXECUTED)})
        peer.link.shutdown(socket.SHUT_RDWR)
        reader.join()


def note_errors(peer, told):
    """Code and outcome of each error that a peer is told, until its connection ends."""
    with contextlib.suppress(EOFError):
        while True:
            told.append(peer.take().error()[:2])


def ended(scene):
    """How many oneway calls the broker has gone through."""
    counters = scene.info()["counters"]
    return counters["oneways"] + counters.get("refused.Overloaded", 0)


def ten_thousand(programs):
    """10 000 sessions over ipc: memory for each, time of a call among them, and all gone at last"""
    count = room_for(10_000)
    with tempfile.TemporaryDirectory() as folder, ExitStack() as links:
        scene = links.enter_context(Scene(programs, NEVER, listen=f"ipc://{folder}/broker"))
        peer = links.enter_context(RawPeer(scene.endpoint))
        before, base = memory(scene.broker.process.pid), scene.info()["sessions"]
        with ExitStack() as crowd:
            begun = time.monotonic()
            with ThreadPoolExecutor(16) as hosts:
                peers = hosts.map(lambda _: RawPeer(scene.endpoint, "crowd"), range(count))
                for one in peers:
                    crowd.enter_context(one)
            holds(scene.info()["sessions"] >= base + count, "all have greeted")
            took = time.monotonic() - begun
            each = (memory(scene.broker.process.pid) - before) / count
            times = sorted(timed(lambda: peer.ping("echo")) for _ in range(500))
            print(f"  {count} sessions in {took:.1f} s, {each / 1024:.1f} KiB each")
            print(f"  a call takes {times[250] * 1e6:.0f} us, {times[495] * 1e6:.0f} us at 99 %")
            holds(each < 100 * 1024, f"{each} bytes for a session")
            scene.works()
        begun = time.monotonic()
        until(lambda: sessions(scene) in range(base + 1), "all are gone")
        print(f"  all gone after {time.monotonic() - begun:.1f} s")


def sessions(scene):
    """None if the broker has no time for a newcomer."""
    result = scene.ns("info", "--json")
    return json.loads(result.out)["sessions"] if result.code == 0 else None


def timed(act):
    begun = time.monotonic()
    act()
    return time.monotonic() - begun


def storm(programs):
    """500 callers and 50 daemons find a broker that was killed and started again by themselves"""
    with Scene(programs[:4], NEVER, words=None) as scene:
        words = [programs[4], "500", "50"]
        with Running(words, scene.env, typed=True) as crowd:
            crowd.wait_for("Ready")
            for turn in (1, 2):
                scene.restart_broker()
                begun = time.monotonic()
                crowd.type(turn)
                crowd.wait_for(f"called {turn}\n")
                print(f"  all back and served after {time.monotonic() - begun:.1f} s")
            names = [f"storm.{number}" for number in range(50)]
            same([name for name in names if scene.is_gone(name)], [])
            same(crowd.end_input()[0], 0)


TESTS = [connect_flood, silent_strangers, no_descriptors, oneway_flood, ten_thousand, storm]

if __name__ == "__main__":
    sys.exit(run_all(TESTS, sys.argv[1:]))
