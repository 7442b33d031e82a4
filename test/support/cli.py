"""The built programs as a user runs them: what they print on which stream, and the exit code."""

import os
import subprocess
import sys
import time
import traceback
from collections import namedtuple

from running import DEADLINE, Running

Result = namedtuple("Result", "code out err")


class Bench:
    """A broker and a service with the object `shop`, and the commands to try on them."""

    def __init__(self, broker, service, call, ns, words=("shop",)):
        self.words = words  # of the service
        self.programs = {"rmi-broker": broker, "service": service, "rmi-call": call, "rmi-ns": ns}
        self.broker = None
        self.endpoint = ""
        self.service = None

    def __enter__(self):
        self.start_broker("tcp://127.0.0.1:*")
        self.service = self.serve(*self.words)
        return self

    def __exit__(self, *_):
        for running in (self.service, self.broker):
            running.__exit__()

    def start_broker(self, listen):
        # A line for each of 10 000 names would fill the pipe, which nobody reads meanwhile.
        command = [self.programs["rmi-broker"], "--listen", listen, "--log-level", "warning"]
        self.broker = Running(command)
        self.endpoint = self.broker.wait_for(r"tcp://127\.0\.0\.1:\d+")

    @property
    def env(self):
        return {**os.environ, "RMI_BROKER": self.endpoint, "LC_ALL": "C.UTF-8"}

    def serve(self, *names):
        service = Running([self.programs["service"], *names], {"RMI_BROKER": self.endpoint})
        service.wait_for("Ready")
        return service

    def restart_broker(self):
        """Kills the broker, and starts another at the same endpoint."""
        self.broker.process.kill()
        self.broker.__exit__()
        self.start_broker(self.endpoint)

    def start(self, program, *words, stdin=b"", env=None):
        """A Result; stdin and out are bytes, so that nothing is changed on the way."""
        done = subprocess.run(
            [self.programs[program], *words],
            input=stdin,
            env={**self.env, **(env or {})},
            capture_output=True,
            timeout=DEADLINE * 5,
            check=False,
        )
        return Result(done.returncode, done.stdout, done.stderr.decode())

    def call(self, *words, **options):
        return self.start("rmi-call", *words, **options)

    def ns(self, *words, **options):
        return self.start("rmi-ns", *words, **options)


def same(got, wanted):
    if got != wanted:
        raise AssertionError(f"\nexpected {shown(wanted)}\n     got {shown(got)}")


def holds(condition, what):
    if not condition:
        raise AssertionError(f"not so: {shown(what)}")


def fails(result, code, line):
    """The command said that line on stderr, nothing else, and ended with that exit code."""
    same((result.code, result.err), (code, line + "\n"))


def shown(value):
    text = repr(value)
    return text if len(text) < 2000 else text[:2000] + "..."


def run_all(tests, *arguments):
    """Calls each function; a failure does not stop the others. Returns the exit code."""
    failed = 0
    for test in tests:
        begun = time.monotonic()
        try:
            test(*arguments)
            print(f"{time.monotonic() - begun:6.2f} s  {test.__doc__}", flush=True)
        except Exception:  # whatever it is, it is this test's failure
            failed += 1
            print(f"FAILED: {test.__doc__}", file=sys.stderr)
            traceback.print_exc()
    print(f"{len(tests) - failed} passed, {failed} failed")
    return 1 if failed else 0
