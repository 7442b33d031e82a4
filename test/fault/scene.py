"""What the fault tests share: a broker with rmi-echo, and what they read of processes."""

import json
import os
import re
import sys
import time
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "acceptance"))
from stage import Stage, until, until_equal  # first: it finds the next ones  # noqa: E402
from cli import holds  # noqa: E402
from running import Running  # noqa: E402

NEVER = ("--lease", "10min")  # what ends meanwhile does not end by its lease
AT_ONCE = 1.0  # seconds; what is meant takes some milliseconds
HEARTBEAT = 6.0  # seconds until a peer that says nothing is given up
CONCURRENT = ("--concurrent",)


class Scene(Stage):
    """A broker and, unless words is None, rmi-echo with these words. Use it in a `with`.

    programs: BROKER ECHO RMI-CALL RMI-NS, and the service of the drain test where it is used.
    """

    def __init__(self, programs, options=(), words=CONCURRENT, listen="tcp://127.0.0.1:*"):
        broker, echo, call, ns, *drain_service = programs
        super().__init__((broker, echo, None, call, ns), listen, options, words)
        self.drain_service = drain_service

    def __enter__(self):
        self.start_broker(self.listen)
        if self.names is not None:
            self.service = self.serve(*self.names)
        return self

    def ledger(self, folder, *names, hold="0"):
        """The service of the drain test: writes down what it ran, and can be held by a pipe."""
        words = [*self.drain_service, Path(folder) / "ledger", hold, "safe", *names]
        return Running(words, self.env)

    def info(self):
        """What the broker says of itself."""
        result = self.ns("info", "--json")
        holds(result.code == 0, result)
        return json.loads(result.out)

    def counter(self, name):
        return self.info()["counters"].get(name, 0)

    def in_flight(self):
        return self.info()["in_flight"]

    def calls(self, name):
        """How many calls of that name the broker has handed over."""
        stats = json.loads(self.ns("stats", name, "--json").out)["names"]
        return stats[0]["calls"] if stats else 0

    @contextmanager
    def background_call(self, name, *words):
        """rmi-call, once its call is with the daemon: the second one, after that for the schema."""
        before = self.calls(name)
        with self.background("rmi-call", name, *words) as caller:
            until(lambda: self.calls(name) >= before + 2, "the call is with the daemon")
            yield caller

    def counts(self, name, number):
        """Returns when the counter has come to that number."""
        until(lambda: self.counter(name) >= number, f"{name} is {number}")

    def registration(self, name):
        return json.loads(self.ns("lookup", name, "--json").out)["registration"]

    def works(self):
        result = self.call("echo", "add", "1", "2")
        holds(result.out == b"3\n", result)


def settled(scene):
    """All peers have sent their first heartbeat, 2 s after they connected: from then on the broker
    watches them."""
    uptime = lambda: int(scene.info()["uptime"].removesuffix("ms"))
    connected = uptime()
    until(lambda: uptime() > connected + 2500, "peers have settled")


@contextmanager
def at_once(what):
    """The block ends at once, and prints how soon."""
    begun = time.monotonic()
    yield
    took = time.monotonic() - begun
    print(f"  {what} after {took * 1000:.0f} ms")
    holds(took < AT_ONCE, f"{what} at once, not after {took:.3f} s")


def memory(pid):
    """Resident bytes of a process."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(re.search(r"^VmRSS:\s*(\d+) kB", status, re.MULTILINE)[1]) * 1024


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def cpu(pid):
    """Seconds of processor time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def mebibytes(size):
    return f"{size / 2**20:.1f} MiB"
