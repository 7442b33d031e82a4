#!/usr/bin/env python3
"""What broker and daemons tell a service manager, and whether the units make sense.

usage: notify_test.py BROKER ECHO RMI-NS BROKER-UNIT SAMPLE-UNIT
"""

import contextlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "support"))
from cli import holds, run_all, same  # noqa: E402
from running import DEADLINE, Running, run  # noqa: E402

WATCHDOG = {"WATCHDOG_USEC": "200000"}  # told each 100 ms
LISTEN = ("--listen", "tcp://127.0.0.1:*")


class Manager:
    """Listens as systemd does, at a socket with a path or an abstract one. Use it in a `with`."""

    def __init__(self, abstract=False):
        self.folder = tempfile.TemporaryDirectory()
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.settimeout(DEADLINE)
        if abstract:
            self.socket.bind("")  # the kernel gives a name
            self.name = "@" + self.socket.getsockname()[1:].decode()
        else:
            self.name = f"{self.folder.name}/notify"
            self.socket.bind(self.name)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()
        self.folder.cleanup()

    @property
    def env(self):
        return {"NOTIFY_SOCKET": self.name}

    def hears(self):
        return self.socket.recv(1000).decode()

    def hears_soon(self, message):
        """After any number of other messages."""
        while (heard := self.hears()) != message:
            same(heard, "WATCHDOG=1")

    def forgets(self):
        """Drops what has come so far."""
        self.socket.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while True:
                self.socket.recv(1000)
        self.socket.settimeout(DEADLINE)


def broker_life(programs):
    """the broker says READY=1 once it listens, and STOPPING=1 when it drains; no more"""
    with Manager() as manager, Running([programs[0], *LISTEN], manager.env) as broker:
        same(manager.hears(), "READY=1")
        endpoint = broker.wait_for(r"tcp://\S+")
        run([programs[2], "ping"], {"RMI_BROKER": endpoint})
        same(broker.stop()[0], 0)
        same(manager.hears(), "STOPPING=1")


def drained_broker(programs):
    """rmi-ns drain broker makes it say STOPPING=1 as well, here to an abstract socket"""
    with Manager(abstract=True) as manager, Running([programs[0], *LISTEN], manager.env) as broker:
        same(manager.hears(), "READY=1")
        endpoint = broker.wait_for(r"tcp://\S+")
        run([programs[2], "drain", "broker"], {"RMI_BROKER": endpoint})
        same(manager.hears(), "STOPPING=1")
        same(broker.finish()[0], 0)


def watchdog(programs):
    """the watchdog is fed while the routing loop turns, and not while the broker is stopped"""
    env = dict(WATCHDOG)
    with Manager() as manager, Running([programs[0], *LISTEN], {**env, **manager.env}) as broker:
        manager.hears_soon("READY=1")
        for _ in range(3):
            same(manager.hears(), "WATCHDOG=1")
        broker.process.send_signal(signal.SIGSTOP)
        stopped(broker)
        manager.forgets()
        manager.socket.settimeout(1)  # ten times the time between two messages
        with contextlib.suppress(TimeoutError):
            raise AssertionError("a stopped broker said " + manager.hears())
        manager.socket.settimeout(DEADLINE)
        broker.process.send_signal(signal.SIGCONT)
        same(manager.hears(), "WATCHDOG=1")
        broker.process.send_signal(signal.SIGTERM)
        manager.hears_soon("STOPPING=1")
        same(broker.finish()[0], 0)


def stopped(running):
    """Returns when all threads of it have stopped."""
    end = time.monotonic() + DEADLINE
    tasks = Path(f"/proc/{running.process.pid}/task")
    while any(") T " not in (task / "stat").read_text() for task in tasks.iterdir()):
        holds(time.monotonic() < end, "it stops")


def another_process(programs):
    """a watchdog that is meant for another process is not fed"""
    with Manager() as manager:
        env = {**WATCHDOG, "WATCHDOG_PID": "1", **manager.env}
        with Running([programs[0], *LISTEN], env) as broker:
            same(manager.hears(), "READY=1")
            same(broker.stop()[0], 0)
            same(manager.hears(), "STOPPING=1")


def daemon_life(programs):
    """a daemon says READY=1 when it can be called, feeds the watchdog, and says STOPPING=1"""
    with Running([programs[0], *LISTEN]) as broker, Manager() as manager:
        env = {"RMI_BROKER": broker.wait_for(r"tcp://\S+"), **WATCHDOG, **manager.env}
        with Running([programs[1]], env) as echo:
            same(manager.hears(), "READY=1")
            run([programs[2], "lookup", "echo"], {"RMI_BROKER": env["RMI_BROKER"]})
            for _ in range(3):
                same(manager.hears(), "WATCHDOG=1")
            echo.process.send_signal(signal.SIGTERM)
            manager.hears_soon("STOPPING=1")
            same(echo.finish()[0], 0)


def units(programs):
    """systemd finds nothing to say about the units, and their services well shut in"""
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        print("  left out: there is no systemd-analyze here")
        return
    with tempfile.TemporaryDirectory() as folder:
        for unit in map(Path, programs[3:]):
            text = unit.read_text(encoding="utf-8")
            # The programs are not installed yet.
            start = next(line for line in text.splitlines() if line.startswith("ExecStart="))
            words = start.removeprefix("ExecStart=").split()
            copy = Path(folder) / unit.name
            copy.write_text(
                text.replace(words[0], str(Path(programs[0]).resolve())), encoding="utf-8"
            )
        for copy in sorted(Path(folder).iterdir()):
            same(verified(analyze, copy), "")
            # 0 is safe, 100 is exposed; a unit that says nothing has 96.
            words = ["security", "--offline=true", "--threshold=25", "--no-pager", copy]
            run([analyze, *words])


def verified(analyze, unit):
    done = subprocess.run(
        [analyze, "verify", "--man=no", "--recursive-errors=no", unit],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=DEADLINE,
        check=False,
    )
    return done.stdout + done.stderr


TESTS = [broker_life, drained_broker, watchdog, another_process, daemon_life, units]

if __name__ == "__main__":
    sys.exit(run_all(TESTS, sys.argv[1:]))
