"""A peer that speaks ZMTP and rmibus through a bare socket, and may misbehave.

docs/protocol.md has the frames, docs/payload.md the values; ZMTP is that of rfc.zeromq.org/spec/37.
"""

import os
import socket
import struct
import sys
import threading
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parent.parent / "acceptance"))
from garbage import HANDSHAKE, message  # noqa: E402

DEADLINE = float(os.environ.get("RMI_TEST_DEADLINE", "60"))  # as in running.py

HEADER = struct.Struct("<2sBBHBBQQIIII")
MORE, LONG, COMMAND = 1, 2, 4  # flags of ZMTP frames

HELLO, WELCOME, CALL, REPLY, ERROR, CANCEL, PING, PONG, RENEW, BYE = range(1, 11)
ONEWAY = 2  # a flag of calls
OVERLOADED, CONNECTION_LOST, TIMEOUT, REMOTE, UNKNOWN_SESSION, PROTOCOL = 5, 10, 11, 13, 15, 16
NOT_EXECUTED, UNKNOWN, EXECUTED = 0, 1, 2

OFFER = (
    "struct{name:string;object_id:string;tags:set<string,>;interface:string;interface_hash:u32;"
    "mode:enum u8{safe=0;replace=1;shared=2;};target:string;sticky:bool;direct:string;"
    "durable:bool;hold:duration<i64,1/1000>;}"
)


class Frame(NamedTuple):
    kind: int
    call_id: int = 0
    registration: int = 0
    object: bytes = b""
    method: bytes = b""
    payload: bytes = b""
    flags: int = 0
    remaining: int = 0
    signature: int = 0
    session: int = 0

    def bytes(self):
        lengths = len(self.object), len(self.method)
        head = HEADER.pack(
            *(b"RM", 1, self.kind, self.flags, *lengths, self.call_id, self.registration),
            *(self.remaining, self.signature, 0, self.session),
        )
        return head + self.object + self.method + self.payload

    def error(self):
        """(code, outcome, text) of an error."""
        code, outcome, size = struct.unpack_from("<BBQ", self.payload)
        return code, outcome, self.payload[10 : 10 + size].decode()


def parse(data):
    _, _, kind, flags, objects, methods, call_id, registration, *rest = HEADER.unpack_from(data)
    remaining, signature, annotations, session = rest
    method = HEADER.size + objects
    payload = method + methods + annotations
    names = data[HEADER.size : method], data[method : method + methods]
    given = flags, remaining, signature, session
    return Frame(kind, call_id, registration, *names, data[payload:], *given)


def text(value):
    return struct.pack("<Q", len(value)) + value.encode()


def signature_hash(signature):
    """FNV-1a, of the text that docs/payload.md describes."""
    value = 2166136261
    for byte in signature.encode():
        value = (value ^ byte) * 16777619 % 2**32
    return value


SLOW = signature_hash("(duration<i64,1/1000>,)->duration<i64,1/1000>")


def hello(program="raw", call_id=1):
    """A greeting with a session of its own."""
    payload = os.urandom(16) + text(program) + text("here") + struct.pack("<IQI", 1, 64 << 20, 0)
    return Frame(HELLO, call_id, payload=payload).bytes()


def connect(endpoint):
    scheme, where = endpoint.split("://")
    if scheme == "ipc":
        link = socket.socket(socket.AF_UNIX)
        link.connect(where)
        return link
    host, port = where.rsplit(":", 1)
    return socket.create_connection((host, int(port)), timeout=DEADLINE)


class RawPeer:
    """A connection that has greeted, unless it shall not. Use it in a `with`."""

    def __init__(self, endpoint, program="raw", greet=True):
        self.link = connect(endpoint)
        self.link.settimeout(DEADLINE)
        self.sending = threading.Lock()
        self.input = self.link.makefile("rb")
        self.link.sendall(HANDSHAKE)
        self.exactly(64)  # the broker's greeting
        self.read()  # its READY, before which it takes no message
        if greet:
            self.send(hello(program))
            welcome = self.take()
            if welcome.kind != WELCOME:
                raise AssertionError(f"not welcome: {welcome}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.die()

    def die(self):
        """Closes the connection without a word; nothing happens the second time."""
        self.input.close()
        self.link.close()

    def send(self, data, more=False):
        self.pour(message(data, MORE if more else 0))

    def pour(self, data):
        """Sends bytes as they are; nothing that another thread sends gets in between."""
        with self.sending:
            self.link.sendall(data)

    def exactly(self, size):
        data = self.input.read(size)
        if len(data) != size:
            raise EOFError("the broker has closed the connection")
        return data

    def read(self):
        """The next frame of ZMTP. The broker sends no command but READY."""
        flags = self.exactly(1)[0]
        return self.exactly(int.from_bytes(self.exactly(8 if flags & LONG else 1), "big"))

    def take(self):
        """The next frame that is no ping; those are answered. EOFError: there is no more."""
        while True:
            frame = parse(self.read())
            if frame.kind != PING:
                return frame
            self.send(Frame(PONG, frame.call_id).bytes())

    def takes(self, kind, call_id):
        frame = self.take()
        if (frame.kind, frame.call_id) != (kind, call_id):
            raise AssertionError(f"expected kind {kind} and call id {call_id}, got {frame}")
        return frame

    def fails(self, call_id, code, outcome):
        """The text of the error that comes next."""
        error = self.takes(ERROR, call_id).error()
        if error[:2] != (code, outcome):
            raise AssertionError(f"expected error {code} with outcome {outcome}, got {error}")
        return error[2]

    def lost(self):
        """Takes the news that a call was lost with its daemon. Returns its call id."""
        frame = self.take()
        if frame.kind != ERROR or frame.error()[:2] != (CONNECTION_LOST, UNKNOWN):
            raise AssertionError(f"expected a call that was lost, got {frame}")
        return frame.call_id

    def call(self, call_id, name, method, payload=b"", **fields):
        names = {"object": name.encode(), "method": method.encode()}
        self.send(Frame(CALL, call_id, **names, payload=payload, **fields).bytes())

    def reply(self, call, payload=b"", **changes):
        """Answers a call that was taken; what is changed is not as it came."""
        answer = Frame(REPLY, call.call_id, call.registration, payload=payload)
        self.send(answer._replace(**changes).bytes())

    def ping(self, name, call_id=7):
        """Calls rmi.ping, which every object has, and waits for its answer."""
        self.call(call_id, name, "rmi.ping")
        self.takes(REPLY, call_id)

    def serve(self, name):
        offer = text(name) + text("") + bytes(8) + text("") + bytes(4) + bytes(1)
        offer += text("") + bytes(1) + text("") + bytes(1) + bytes(8)
        wanted = signature_hash(f"({OFFER},)->u64")
        self.call(2, "rmi.names", "enter", offer, signature=wanted)
        self.takes(REPLY, 2)

    def slow(self, call_id, seconds=3600, name="echo"):
        """Calls a method of rmi-echo that lasts so long."""
        duration = struct.pack("<q", int(seconds * 1000))
        self.call(call_id, name, "slow", duration, signature=SLOW)
