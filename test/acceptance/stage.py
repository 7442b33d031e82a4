"""A broker, services and a C++ client for the acceptance tests, as real processes."""

import os
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "support"))
from cli import Bench  # noqa: E402
from running import DEADLINE, Running  # noqa: E402


def lanes():
    """Options of the broker: the whole suite runs with lanes, too (RMI_TEST_LANES=3)."""
    number = os.environ.get("RMI_TEST_LANES")
    return ["--lanes", number] if number else []


class Stage(Bench):
    """A broker, by default with a service that serves `desk`. Use it in a `with`."""

    def __init__(self, programs, listen="tcp://127.0.0.1:*", options=(), names=("desk",)):
        broker, service, client, call, ns = programs
        super().__init__(broker, service, call, ns)
        self.programs["client"] = client
        self.listen, self.options, self.names = listen, options, names

    def __enter__(self):
        self.start_broker(self.listen)
        if self.names:
            self.service = self.serve(*self.names)
        return self

    def __exit__(self, *_):
        for running in (self.service, self.broker):
            if running:
                running.__exit__()

    def start_broker(self, listen):
        command = [self.programs["rmi-broker"], "--listen", listen, "--log-level", "warning"]
        self.broker = Running([*command, *lanes(), *self.options])
        self.endpoint = self.broker.wait_for(r"(tcp|ipc)://.+(?=\n)")

    def client(self):
        return Client(self.programs["client"], self.env)

    def background(self, program, *words):
        """A program of the command line that runs on while the test does something else."""
        return Running([self.programs[program], *words], self.env)

    def is_gone(self, name):
        return self.ns("lookup", name).code == 3


class Client:
    """One living C++ client: each line it is told is a call."""

    def __init__(self, program, env):
        self.process = subprocess.Popen(
            [program], env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()  # the end of its work
        self.process.stdout.close()
        try:
            code = self.process.wait(DEADLINE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise
        if code != 0:
            raise AssertionError(f"the client ended with {code}")

    def tell(self, line):
        """What came of the call; each call of the client ends by its own timeout."""
        self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().decode().removesuffix("\n")


def until(condition, what):
    """Asks again and again, each time by a whole program, until it is so."""
    end = time.monotonic() + DEADLINE
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"not so in time: {what}")


def until_equal(measure, wanted, what):
    """The same for a number, which may take long on a busy machine as long as it changes."""
    last, end = measure(), time.monotonic() + DEADLINE
    while last != wanted:
        now = measure()
        if now != last:
            last, end = now, time.monotonic() + DEADLINE
        elif time.monotonic() > end:
            raise AssertionError(f"{what}: {last} of {wanted}, and no more in time")


def stderr_of(result):
    """The one line on stderr of a command that failed."""
    if result.err.count("\n") != 1 or result.out:
        raise AssertionError(f"not one line on stderr alone: {result}")
    return result.err
