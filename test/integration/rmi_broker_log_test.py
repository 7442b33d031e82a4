#!/usr/bin/env python3
"""What broker, daemons and callers log as JSON, while things go wrong.

usage: rmi_broker_log_test.py BROKER RMI-ECHO RMI-CALL RMI-NS
"""

import json
import os
import signal
import socket
import sys
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "support"))
sys.path.insert(0, str(Path(__file__).parent.parent / "acceptance"))
from garbage import greeting, message, ready  # noqa: E402
from cli import holds, run_all, same  # noqa: E402
from running import DEADLINE, Running, run  # noqa: E402

NOISE = bytes(range(200, 250))


class Logs:
    """A broker and rmi-echo, each with its lines. Use it in a `with`."""

    def __init__(self, programs, level="info"):
        self.broker_program, self.echo_program, self.call_program, self.ns_program = programs
        self.level = level

    def __enter__(self):
        words = ["--listen", "tcp://127.0.0.1:*", "--log-format", "json", "--log-level", self.level]
        self.broker = Running([self.broker_program, *words])
        self.endpoint = self.broker.wait_for(r"tcp://\S+")
        self.env = {"RMI_BROKER": self.endpoint}
        self.echo = Running(
            [self.echo_program], {**self.env, "RMI_LOG": "info", "RMI_LOG_FORMAT": "json"}
        )
        self.echo.wait_for(r"Object uri = \S+")
        return self

    def __exit__(self, *_):
        self.echo.__exit__()
        self.broker.__exit__()

    def call(self, *words, code=0):
        return run([self.call_program, *words], self.env, code=code)

    def counters(self):
        shown = json.loads(run([self.ns_program, "stats", "--json"], self.env))
        return shown["counters"]


def lines(running):
    """All lines of the log so far; everything but the greeting is one."""
    whole = running.output.rpartition("\n")[0]
    greetings = ("rmi-broker ", "Ready. ")
    read = [json.loads(line) for line in whole.splitlines() if not line.startswith(greetings)]
    for line in read:
        holds({"time", "level", "event", "text", "program", "pid"} <= line.keys(), line)
        same(line["pid"], running.process.pid)
        same(line["program"], Path(running.command[0]).name)
        datetime.strptime(line["time"], "%Y-%m-%dT%H:%M:%S.%fZ")
    return read


def line_of(running, event):
    """The first line of that event, once it is there."""
    running.wait_for(f'"event":"{event}".*\n')
    return next(line for line in lines(running) if line["event"] == event)


@contextmanager
def stranger(endpoint):
    """A connection that speaks ZMTP, and has heard that the broker does."""
    host, port = endpoint.removeprefix("tcp://").rsplit(":", 1)
    with socket.create_connection((host, int(port)), timeout=DEADLINE) as peer:
        heard = b""
        for own, answer in ((greeting(), b"NULL"), (ready(), b"READY")):
            peer.sendall(own)
            while answer not in heard:
                heard += peer.recv(1000)
        yield peer


def killed(programs):
    """kill -9 of a daemon: the broker tells who is gone, how, and what went with it"""
    with Logs(programs) as logs:
        line = line_of(logs.broker, "name-entered")
        holds(line["text"].startswith("'echo' is served by rmi-echo["), line)
        logs.echo.process.send_signal(signal.SIGKILL)
        line = line_of(logs.broker, "session-ended")
        who = f"rmi-echo[{logs.echo.process.pid}] on {os.uname().nodename}"
        wanted = who + " lost its connection; names dropped: 'echo'; calls in flight to it: 0"
        same((line["level"], line["text"]), ("info", wanted))


def noise(programs):
    """frames of noise: who sent them and why they are dropped; a flood is cut short and counted"""
    with Logs(programs) as logs:
        with stranger(logs.endpoint) as peer:
            peer.sendall(message(NOISE) * 1000)
            line = line_of(logs.broker, "frame-malformed")
            same(line["level"], "warning")
            holds(line["text"].startswith("a stranger at 127.0.0.1 broke the protocol"), line)
            holds(line["text"].endswith("does not begin with the magic bytes 'RM'"), line)
            while (counters := logs.counters())["dropped.malformed"] < 1000:
                pass
        holds(counters["dropped.log_lines"] > 0, counters)
        table = run([logs.ns_program, "stats"], logs.env).splitlines()
        holds("dropped.malformed 1000" in [" ".join(line.split()) for line in table], table)
        logs.broker.stop()
        of_noise = [line for line in lines(logs.broker) if line["event"] == "frame-malformed"]
        cut = [line for line in lines(logs.broker) if line["event"] == "lines-left-out"]
        left_out = sum(int(line["text"].split()[0]) for line in cut)
        same(len(of_noise) + left_out, 1000)
        holds(" lines of frame-malformed within " in cut[0]["text"], cut)
        holds(line_of(logs.broker, "name-entered"), "the flood hid nothing")


def thrown(programs):
    """an exception at the daemon: what threw what, for whom, and in which chain of calls"""
    with Logs(programs) as logs:
        words = ("--correlation", "night-run")
        logs.call("echo", "error", "runtime_error", "bad\nluck", *words, code=1)
        line = line_of(logs.echo, "method-threw")
        same((line["level"], line["correlation"]), ("warning", "night-run"))
        wanted = "echo.error threw std::runtime_error: bad\nluck; called by session "
        holds(line["text"].startswith(wanted), line)


def formats(programs):
    """another format is refused, with what was expected"""
    said = run([programs[0], "--log-format", "xml"], code=2)
    holds("xml" in said and "json" in said, said)
    for program in programs[1:]:
        words = [] if program == programs[1] else ["ping", "x"]
        said = run([program, *words], {"RMI_LOG_FORMAT": "xml"}, code=2)
        holds("$RMI_LOG_FORMAT: unknown log format 'xml', expected text or json" in said, said)


TESTS = [killed, noise, thrown, formats]

if __name__ == "__main__":
    sys.exit(run_all(TESTS, sys.argv[1:]))
