#!/usr/bin/env python3
"""Strangers that send garbage, at each layer: it costs them their own connection, and nobody else.

usage: noise_test.py BROKER ECHO RMI-CALL RMI-NS
"""

import contextlib
import random
import resource
import socket
import struct
import sys

from scene import NEVER, Scene, descriptors, mebibytes, memory, until, until_equal
from cli import holds, run_all, same
from garbage import greeting, message, ready
from raw_peer import BYE, COMMAND, HELLO, LONG, MORE, REPLY, Frame, RawPeer, connect, text

SEED = 4  # the same bytes in every run
LIMIT = 64 << 20  # bytes of a frame


def answered(peer):
    """Returns when the broker has gone through all that this peer has sent."""
    peer.call(2**40, "rmi.broker", "rmi.ping")
    while (frame := peer.take())[:2] != (REPLY, 2**40):
        pass
    return frame


def closed(link):
    """The broker closes that connection."""
    with contextlib.suppress(ConnectionError):
        while link.recv(4096):
            pass


def frames_of_noise(programs):
    """frames that are none are answered with errors, counted, and do not end the session"""
    noise = random.Random(SEED)
    with Scene(programs, NEVER) as scene, RawPeer(scene.endpoint) as peer:
        for size in (*range(64), *(noise.randrange(2000) for _ in range(500))):
            peer.send(noise.randbytes(size))
        answered(peer)
        malformed = scene.counter("dropped.malformed")
        holds(malformed >= 500, f"{malformed} are counted")
        for part in range(300):
            peer.send(b"part", more=part % 3 != 2)
        answered(peer)
        same(scene.counter("dropped.malformed"), malformed + 100)
        peer.ping("echo")
        scene.works()


def frames_with_flips(programs):
    """frames of every kind with bits flipped harm neither the broker nor a daemon"""
    noise = random.Random(SEED)
    frames = [
        Frame(kind, 5, 7, b"echo", method, text("x") * 3, flags, 100, 9, 3).bytes()
        for kind in range(1, 14)
        if kind not in (HELLO, BYE)
        for method in (b"echo", b"add", b"slow", b"rmi.schema", b"rmi.batch")
        for flags in (0, 1, 2, 4)
    ]
    with Scene(programs, NEVER) as scene:
        for _ in range(10):
            with RawPeer(scene.endpoint) as peer:
                for _ in range(300):
                    frame = bytearray(noise.choice(frames))
                    for _ in range(noise.randrange(1, 6)):
                        at = noise.randrange(len(frame))
                        if at != 3:  # the kind: bye and hello would end the session
                            frame[at] ^= 1 << noise.randrange(8)
                    peer.send(bytes(frame))
                answered(peer)
        scene.works()
        same(scene.broker.stop()[0], 0)
        same(scene.service.stop()[0], 0)


def commands_of_noise(programs):
    """malformed greetings and commands of ZMTP end their connection, and leave nothing"""
    noise = random.Random(SEED)
    names = (b"READY", b"PING", b"PONG", b"ERROR", b"SUBSCRIBE", b"CANCEL", b"HELLO", b"X" * 200)
    with Scene(programs, NEVER) as scene:
        pid = scene.broker.process.pid
        before = descriptors(pid)
        for number in range(400):
            name = noise.choice(names)
            body = bytes([noise.choice((len(name), 0, 255))]) + name
            body += noise.randbytes(noise.randrange(40))
            command = struct.pack(">BQ", COMMAND | LONG, len(body)) + body
            with connect(scene.endpoint) as link, contextlib.suppress(ConnectionError):
                link.sendall(greeting() + (ready() if number % 2 else b""))
                if number % 2:
                    link.recv(64)
                link.sendall(command * noise.randrange(1, 4))
                if number % 50 == 0:
                    scene.works()
        until(lambda: descriptors(pid) <= before, "all are closed")
        scene.works()


def huge_frame(programs):
    """a frame over the limit ends its connection at once, without memory for it"""
    with Scene(programs, NEVER) as scene, RawPeer(scene.endpoint) as witness:
        pid = scene.broker.process.pid
        before = memory(pid)
        for size in (LIMIT + 1, 2**40, 2**62, 2**64 - 1):
            for flags in (LONG, LONG | MORE):
                with RawPeer(scene.endpoint) as peer:
                    peer.link.sendall(struct.pack(">BQ", flags, size) + bytes(1000))
                    closed(peer.link)
                witness.ping("echo")
        grown = memory(pid) - before
        print(f"  {mebibytes(grown)} more than before")
        holds(grown < LIMIT / 4, f"{grown} bytes")
        scene.works()


def deaf_stranger(programs):
    """one that sends nonsense and never reads the errors costs a bounded amount of memory"""
    nonsense = message(b"nonsense") * 1000
    with Scene(programs, NEVER) as scene, RawPeer(scene.endpoint, greet=False) as stranger:
        pid = scene.broker.process.pid
        before = memory(pid)
        for _ in range(200):
            stranger.link.sendall(nonsense)
        until_equal(lambda: scene.counter("dropped.malformed"), 200_000, "seen by the broker")
        grown = memory(pid) - before
        print(f"  {mebibytes(grown)} more than before")
        holds(grown < 32 << 20, f"{grown} bytes")
        scene.works()


def endless_message(programs):
    """a message whose parts never end is ended, and its memory freed, before the broker has none"""
    options = (*NEVER, "--max-message", "8MiB")
    with Scene(programs, options) as scene, RawPeer(scene.endpoint) as witness:
        pid = scene.broker.process.pid
        before = memory(pid)
        room = 768 << 20  # bytes of addresses; a third of them are taken from the beginning
        resource.prlimit(pid, resource.RLIMIT_AS, (room, room))
        for greets in (True, False):
            for size in (10, 1000, 1 << 20):
                largest = 0
                parts = message(bytes(size), MORE) * max(1, (1 << 18) // size)
                with RawPeer(scene.endpoint, greet=greets) as peer:
                    with contextlib.suppress(ConnectionError):
                        for _ in range(room // len(parts)):
                            peer.link.sendall(parts)
                            largest = max(largest, memory(pid))
                    closed(peer.link)
                witness.ping("echo")
                print(f"  parts of {size}: {mebibytes(before)} grew to {mebibytes(largest)}")
                # The allocator may keep it for the next one, but all of them together do not fit.
                until(lambda: memory(pid) < before + (200 << 20), "its memory is free again")
        same(scene.counter("dropped.malformed"), 6)
        scene.works()


TESTS = [
    frames_of_noise,
    frames_with_flips,
    commands_of_noise,
    huge_frame,
    deaf_stranger,
    endless_message,
]

if __name__ == "__main__":
    sys.exit(run_all(TESTS, sys.argv[1:]))
