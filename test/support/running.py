"""Real processes for tests: start one, wait for what it prints, stop it, look at its exit code."""

import os
import re
import select
import selectors
import signal
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path

DEADLINE = float(os.environ.get("RMI_TEST_DEADLINE", "60"))  # seconds; generous, never waited out


class Running:
    """A program in the background. Use it in a `with`: it does not outlive the block."""

    def __init__(self, command, env=None, typed=False):
        """typed: whether type() is to be used; else there is nothing on its standard input."""
        self.command = [str(part) for part in command]
        self.process = subprocess.Popen(
            self.command,
            env={**os.environ, **(env or {})},
            stdin=subprocess.PIPE if typed else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        os.set_blocking(self.process.stdout.fileno(), False)
        self.output = ""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()
        if self.process.stdin:
            self.process.stdin.close()

    def read_some(self, until):
        """Waits for output until that time; False at its end."""
        with selectors.DefaultSelector() as selector:
            selector.register(self.process.stdout, selectors.EVENT_READ)
            if not selector.select(max(0.0, until - time.monotonic())):
                raise AssertionError(f"{self.command[0]} said nothing more in time:\n{self.output}")
        data = self.process.stdout.read()
        self.output += (data or b"").decode(errors="replace")
        return data != b""

    def wait_for(self, pattern):
        """The first match of the pattern in what the program prints."""
        until = time.monotonic() + DEADLINE
        while not (match := re.search(pattern, self.output)):
            if not self.read_some(until):
                raise AssertionError(f"{self.command[0]} ended without {pattern!r}:\n{self.output}")
        return match[0]

    def type(self, line):
        """Gives it a line on its standard input."""
        self.process.stdin.write(f"{line}\n".encode())
        self.process.stdin.flush()

    def end_input(self):
        """Nothing more will be typed. Waits for its end; returns what stop() does."""
        self.process.stdin.close()
        return self.finish()

    def stop(self, number=signal.SIGTERM):
        """Sends the signal, once the program is there to take it, and waits. Returns the exit code
        and all that was printed."""
        until = time.monotonic() + DEADLINE
        while not self.takes(number) and time.monotonic() < until:
            if self.process.poll() is not None:
                break
            select.select([], [], [], 0.001)
        self.process.send_signal(number)
        return self.finish()

    def takes(self, number):
        """Whether the program has a handler for that signal: a service whose objects can be called
        already may not have come to run() yet. Nothing can have one for SIGKILL."""
        if number == signal.SIGKILL:
            return True
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        caught = int(re.search(r"^SigCgt:\s*([0-9a-f]+)", status, re.MULTILINE)[1], 16)
        return caught >> (number - 1) & 1

    def finish(self):
        until = time.monotonic() + DEADLINE
        while self.read_some(until):
            pass
        return self.process.wait(DEADLINE), self.output


@contextmanager
def halted(running):
    """All threads of the process stand still, for as long as the block lasts."""
    running.process.send_signal(signal.SIGSTOP)
    try:
        tasks = Path(f"/proc/{running.process.pid}/task")
        stands = lambda task: ") T " in (task / "stat").read_text(encoding="ascii")
        until = time.monotonic() + DEADLINE
        while not all(stands(task) for task in tasks.iterdir()):
            if time.monotonic() > until:
                raise AssertionError(f"{running.command[0]} did not stop in time")
        yield
    finally:
        running.process.send_signal(signal.SIGCONT)


def run(command, env=None, stdin=None, code=0):
    """Runs a program to its end and returns what it printed. Its exit code must be `code`."""
    done = subprocess.run(
        [str(part) for part in command],
        env={**os.environ, **(env or {})},
        input=stdin,
        stdin=None if stdin is not None else subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=DEADLINE * 5,
        check=False,
    )
    shown = " ".join(str(part) for part in command)
    if done.returncode != code:
        raise AssertionError(f"$ {shown}\nended with {done.returncode}, not {code}:\n{done.stdout}")
    return done.stdout


def expect(wanted, got):
    if got != wanted:
        raise AssertionError(f"expected {wanted!r}, got {got!r}")


def start_broker(program):
    """A broker on a free port of the loopback, and its endpoint."""
    broker = Running([program, "--listen", "tcp://127.0.0.1:*"])
    return broker, broker.wait_for(r"tcp://127\.0\.0\.1:\d+")
