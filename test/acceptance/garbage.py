"""What a stranger may send to a broker's TCP port, from noise to frames that are almost right."""

import random
import socket
import struct
from contextlib import contextmanager

NOISE = random.Random(2)  # the same bytes in every run


def greeting():
    """The first 64 bytes of ZMTP 3.0 without security."""
    return b"\xff" + bytes(8) + b"\x7f\x03\x00" + b"NULL".ljust(20, b"\0") + bytes(32)


def ready():
    """The READY command of a DEALER without an identity."""
    body = b"\x05READY\x0bSocket-Type" + struct.pack(">I", 6) + b"DEALER"
    return b"\x04" + bytes([len(body)]) + body


def message(body, flags=0):
    return struct.pack(">BQ", flags | 2, len(body)) + body


HANDSHAKE = greeting() + ready()

GARBAGE = {
    "nothing": b"",
    "noise": NOISE.randbytes(100_000),
    "http": b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "half-a-greeting": greeting()[:20],
    "greeting-and-noise": greeting() + NOISE.randbytes(1000),
    "no-ready": greeting() + message(b"hello"),
    "empty-frame": HANDSHAKE + message(b""),
    "short-frames": HANDSHAKE + b"".join(message(NOISE.randbytes(n)) for n in range(1, 64)),
    "frames-of-noise": HANDSHAKE + b"".join(message(NOISE.randbytes(1000)) for _ in range(200)),
    "many-parts": HANDSHAKE + message(b"part", 1) * 200 + message(b"last"),
    "endless-frame": HANDSHAKE + struct.pack(">BQ", 2, 2**63 - 1) + bytes(1000),
    "frame-over-the-limit": HANDSHAKE + struct.pack(">BQ", 2, 65 << 20) + bytes(100_000),
}


@contextmanager
def throw(endpoint, data):
    """Sends the bytes, and keeps the connection for as long as the block runs."""
    host, port = endpoint.removeprefix("tcp://").rsplit(":", 1)
    with socket.create_connection((host, int(port)), timeout=30) as stranger:
        try:
            if data.startswith(HANDSHAKE):
                stranger.sendall(HANDSHAKE)
                stranger.recv(1000)  # messages before the broker's own handshake are refused
            stranger.sendall(data.removeprefix(HANDSHAKE))
        except OSError:
            pass  # the broker may close it in the middle: that is its right
        yield
