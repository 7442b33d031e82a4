#!/usr/bin/env python3
"""Brokers and services that die, stop, come late or are sent garbage, through the built programs.

usage: faults_test.py BROKER SERVICE CLIENT RMI-CALL RMI-NS
"""

import os
import signal
import sys
import tempfile
from pathlib import Path

from stage import Stage, stderr_of, until  # first: it finds the next one
from cli import holds, run_all, same  # noqa: E402
from garbage import GARBAGE, throw  # noqa: E402
from running import DEADLINE, halted  # noqa: E402

NEVER = ("--lease", "10min")  # names that go do not go by their lease


def greets(stage, name):
    out = stage.call("desk", "welcome_message", name, "--raw").out
    return out == b"Hi welcome " + name.encode()


def pipe_in(folder):
    pipe = Path(folder) / "pipe"
    os.mkfifo(pipe)
    return pipe


def broker_killed(programs):
    """a broker killed and started again between two calls is found by client, shell and service"""
    with Stage(programs) as stage, stage.client() as client:
        for round_number in range(2):
            same(client.tell(f"greet {round_number}"), f"Hi welcome {round_number}")
            holds(greets(stage, "before"), "the shell calls before")
            stage.restart_broker()
            same(stage.ns("wait", "desk").code, 0)
            holds(greets(stage, "after"), "the shell calls after")
            same(client.tell("greet after"), "Hi welcome after")
            same(client.tell("parcel"), "same")


def broker_down(programs):
    """while the broker is down the shell gets 5, and the service and the client survive it"""
    with Stage(programs) as stage, stage.client() as client:
        same(client.tell("greet 1"), "Hi welcome 1")
        stage.broker.process.kill()
        stage.broker.process.wait()
        result = stage.call("desk", "sample", "--timeout", "10m")
        same(result.code, 5)
        stderr_of(result)
        stage.broker.__exit__()
        with stage.background("rmi-ns", "wait", "desk") as waiting:
            stage.start_broker(stage.endpoint)
            waiting.wait_for(r"desk is there, served by acceptance-service\[")
        same(client.tell("greet 2"), "Hi welcome 2")


def daemon_first(programs):
    """a daemon started before its broker serves as soon as there is one"""
    with tempfile.TemporaryDirectory() as folder:
        stage = Stage(programs, listen=f"ipc://{folder}/the bus", names=())
        stage.endpoint = stage.listen
        with stage.serve("desk") as service, stage.client() as client, stage:
            same(stage.ns("wait", "desk").code, 0)
            holds(greets(stage, "x"), "the shell calls")
            same(client.tell("greet y"), "Hi welcome y")
            same(service.stop()[0], 0)
            holds(stage.is_gone("desk"), "the name is gone")


def terminated(programs):
    """SIGTERM lets a long call finish, takes the name back, and ends the service with 0"""
    with tempfile.TemporaryDirectory() as folder, Stage(programs, options=NEVER) as stage:
        pipe = pipe_in(folder)
        with stage.background("rmi-call", "desk", "hold", pipe, "--raw") as caller:
            stage.service.wait_for("holding")
            stage.service.process.send_signal(signal.SIGTERM)
            until(lambda: stage.is_gone("desk"), "the name is gone")
            refused = lambda: stage.call("desk", "sample", "--timeout", "100ms").code == 8
            until(refused, "a new call is refused")
            same((stage.service.process.poll(), caller.process.poll()), (None, None))
            pipe.write_text("held\n", encoding="utf-8")
            caller.wait_for("held")
            same(caller.process.wait(DEADLINE), 0)
            same(stage.service.process.wait(DEADLINE), 0)


def stopped(programs):
    """a stopped service loses its name with its lease, and has it back by itself after SIGCONT"""
    with Stage(programs, options=("--lease", "1s")) as stage, stage.client() as client:
        same(client.tell("greet 1"), "Hi welcome 1")
        with halted(stage.service):
            until(lambda: stage.is_gone("desk"), "the name is gone")
            holds(client.tell("greet 2").startswith("caught NameNotFound: "), "the client is told")
        same(stage.ns("wait", "desk").code, 0)
        holds(greets(stage, "x"), "the shell calls")
        same(client.tell("greet 3"), "Hi welcome 3")


def stopped_with_a_call(programs):
    """a call that is with a stopped service ends when its lease lapses, and may have run"""
    # Long enough to make the call before it lapses, shorter than the heartbeat of the connection.
    with Stage(programs, options=("--lease", "4s")) as stage, stage.client() as client:
        same(client.tell("greet 1"), "Hi welcome 1")
        with halted(stage.service):
            told = client.tell("greet 2")
        holds(told.startswith("caught ConnectionLost: "), told)
        holds("did not renew its lease while it had the call" in told, told)


def killed(programs):
    """kill -9 of the service ends its running call at once with 5, and the name is gone"""
    with tempfile.TemporaryDirectory() as folder, Stage(programs, options=NEVER) as stage:
        words = ("desk", "hold", pipe_in(folder), "--timeout", "10m", "--json")
        with stage.background("rmi-call", *words) as caller:
            stage.service.wait_for("holding")
            stage.service.process.kill()
            # Neither the lease nor the timeout, 10 minutes each, can be what ends it.
            same(caller.process.wait(DEADLINE), 5)
            caller.wait_for('"type": ?"ConnectionLost"')
            caller.wait_for('"outcome": ?"unknown"')
        until(lambda: stage.is_gone("desk"), "the name is gone")
        with stage.serve("desk"):
            holds(greets(stage, "x"), "another service takes its place")


def garbage(programs):
    """garbage on the broker's port disturbs no call"""
    with Stage(programs) as stage, stage.client() as client:
        for kind, data in GARBAGE.items():
            with throw(stage.endpoint, data):
                same((kind, client.tell("greet " + kind)), (kind, "Hi welcome " + kind))
                holds(greets(stage, kind), kind)
            same((kind, client.tell("parcel")), (kind, "same"))
        same(stage.broker.process.poll(), None)
        same(stage.broker.stop()[0], 0)


TESTS = [
    broker_killed,
    broker_down,
    daemon_first,
    terminated,
    stopped,
    stopped_with_a_call,
    killed,
    garbage,
]

if __name__ == "__main__":
    sys.exit(run_all(TESTS, sys.argv[1:6]))
