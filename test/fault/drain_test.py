#!/usr/bin/env python3
"""Brokers and daemons that are replaced under load lose no call, through the built programs.

usage: drain_test.py BROKER SERVICE CALLER RMI-CALL RMI-NS
"""

import os
import re
import signal
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "acceptance"))
from stage import Stage, stderr_of, until  # first: it finds the next ones  # noqa: E402
from cli import holds, run_all, same  # noqa: E402
from running import Running  # noqa: E402

THREADS = "6"
LONG = "3600000"  # ms: a hold that no test waits out


class Place(Stage):
    """A broker, and a ledger that all services of one test write into. Use it in a `with`."""

    def __init__(self, programs, options=()):
        super().__init__(programs, options=options, names=())
        self.things = ExitStack()
        self.folder = Path(self.things.enter_context(tempfile.TemporaryDirectory()))
        self.file = self.folder / "ledger"
        self.pipe = self.folder / "pipe"
        os.mkfifo(self.pipe)

    def __exit__(self, *_):
        self.things.close()
        super().__exit__()

    def start(self, program, *words, **options):
        if options:
            return super().start(program, *words, **options)
        return super().start(program, *words)

    def ledger(self, hold="0", mode="safe", names=("ledger",)):
        words = [self.programs["service"], self.file, hold, mode, *names]
        service = self.things.enter_context(Running(words, self.env))
        service.wait_for("Ready")
        return service

    def load(self):
        words = [self.programs["client"], "ledger", THREADS]
        return self.things.enter_context(Load(words, self.env, typed=True))

    def restart(self):
        """Another broker at the endpoint of the one that has ended."""
        self.broker.__exit__()
        self.start_broker(self.endpoint)

    def entered(self):
        return self.file.read_text(encoding="ascii").split()


class Load(Running):
    """Callers that call without a pause."""

    marks = 0

    def mark(self):
        """Each of them has made a whole call from here on."""
        self.marks += 1
        self.type(self.marks)
        self.wait_for(f"marked {self.marks}\n")

    def ends_well(self, place):
        """No call has failed, and each was done once."""
        code, output = self.end_input()
        same(code, 0)
        calls = int(re.search(r"(\d+) calls, 0 errors\n", output + "0 calls, 0 errors\n")[1])
        holds("failed" not in output, output)
        numbers = place.entered()
        same((len(numbers), len(set(numbers))), (calls, calls))


def broker_restarted(programs):
    """a broker that is stopped and started again under load costs its callers a pause, no call"""
    with Place(programs) as place:
        place.ledger()
        load = place.load()
        for _ in range(3):
            load.mark()
            same(place.broker.stop()[0], 0)
            place.restart()
        load.mark()
        load.ends_well(place)


def broker_by_command(programs):
    """rmi-ns drain broker does the same"""
    with Place(programs) as place:
        place.ledger()
        load = place.load()
        load.mark()
        same(place.ns("drain", "broker").code, 0)
        same(place.broker.finish()[0], 0)
        place.restart()
        load.mark()
        load.ends_well(place)


def call_in_flight(programs):
    """a call in flight ends before the broker does, a new one waits for the next broker"""
    with Place(programs, options=("--grace", "1h")) as place:
        service = place.ledger()
        with place.background("rmi-call", "ledger", "hold", place.pipe, "--raw") as caller:
            service.wait_for("holding")
            place.broker.process.send_signal(signal.SIGTERM)
            until(lambda: refused(place), "new calls are refused")
            with place.background("rmi-call", "ledger", "enter", "7", "--wait") as later:
                place.pipe.write_text("held\n", encoding="ascii")
                caller.wait_for("held")
                same(place.broker.finish()[0], 0)
                place.restart()
                later.wait_for("7")
                code, shown = later.finish()
                same((code, shown), (0, "7\n"))
        entered = place.entered()  # the broker may have passed probes on before it took the signal
        same((entered[-1], set(entered[:-1]) - {"1"}), ("7", set()))


def refused(place):
    result = place.call("ledger", "enter", "1", "--timeout", "10ms")
    return result.code == 8 and "this broker is shutting down" in stderr_of(result)


def second_signal(programs):
    """a second signal ends a draining broker at once; its callers are told that they cannot know"""
    with Place(programs, options=("--grace", "1h")) as place:
        service = place.ledger()
        with place.background("rmi-call", "ledger", "hold", place.pipe, "--json") as caller:
            service.wait_for("holding")
            place.broker.process.send_signal(signal.SIGTERM)
            until(lambda: refused(place), "new calls are refused")
            same(place.broker.stop()[0], 0)
            caller.wait_for('"outcome": ?"unknown"')
        place.pipe.write_text("done\n", encoding="ascii")


def grace_over(programs):
    """a call that outlives the grace time of the broker ends as unknown, the broker with 0"""
    with Place(programs, options=("--grace", "100ms")) as place:
        service = place.ledger()
        with place.background("rmi-call", "ledger", "hold", place.pipe, "--json") as caller:
            service.wait_for("holding")
            same(place.broker.stop()[0], 0)
            caller.wait_for('"outcome": ?"unknown"')
        place.pipe.write_text("done\n", encoding="ascii")


def held_daemon(programs):
    """a daemon that is replaced under load loses no call if its name is held"""
    with Place(programs) as place:
        service = place.ledger(hold=LONG)
        load = place.load()
        for _ in range(3):
            load.mark()
            same(service.stop()[0], 0)
            service = place.ledger(hold=LONG)
        load.mark()
        load.ends_well(place)


def replicas(programs):
    """two daemons that share a name can be replaced one after the other under load"""
    with Place(programs) as place:
        services = [place.ledger(mode="shared") for _ in range(2)]
        load = place.load()
        for _ in range(2):
            for at, service in enumerate(services):
                load.mark()
                same(service.stop()[0], 0)
                services[at] = place.ledger(mode="shared")
        load.mark()
        load.ends_well(place)


def daemon_by_command(programs):
    """rmi-ns drain DAEMON ends it in order, by what rmi-ns list shows of it"""
    with Place(programs) as place:
        services = [place.ledger(hold=LONG, mode="shared") for _ in range(2)]
        load = place.load()
        load.mark()
        result = place.ns("drain", f"drain-service[{services[0].process.pid}]")
        holds(re.search(rb"drain-service\[\d+\] on .+ drains\n", result.out), result)
        same(services[0].finish()[0], 0)
        load.mark()
        place.ns("drain", f"drain-service[{services[1].process.pid}]")
        same(services[1].finish()[0], 0)
        place.ledger()
        load.mark()
        load.ends_well(place)


def name_by_command(programs):
    """rmi-ns drain NAME takes that name from its daemon, after the calls that it has"""
    with Place(programs) as place:
        service = place.ledger(names=("ledger", "other"))
        with place.background("rmi-call", "ledger", "hold", place.pipe, "--raw") as caller:
            service.wait_for("holding")
            same(place.ns("drain", "ledger").code, 0)
            until(lambda: place.is_gone("ledger"), "the name is gone")
            until(lambda: turned_away(place), "a new call is refused")
            place.pipe.write_text("held\n", encoding="ascii")
            caller.wait_for("held")
        until(lambda: place.call("ledger", "enter", "1").code == 3, "the last call is over")
        same(place.call("other", "enter", "2").code, 0)
        same(place.entered(), ["2"])


def turned_away(place):
    result = place.call("ledger", "enter", "1", "--timeout", "100ms")
    return result.code == 8 and "ends the calls that it has (1)" in stderr_of(result)


def killed_daemon(programs):
    """calls that are made after a daemon was killed wait for its successor if the name is held"""
    with Place(programs) as place:
        service = place.ledger(hold=LONG)
        service.process.kill()
        until(lambda: place.is_gone("ledger"), "the name is gone")
        with place.background("rmi-call", "ledger", "enter", "5") as caller:
            until(lambda: b"\nwaiting" in place.ns("info").out, "the broker says what waits")
            place.ledger()
            caller.wait_for("5")
            same(caller.finish()[0], 0)


def nobody_comes(programs):
    """a hold that ends without a successor ends the calls that waited, which have not run"""
    with Place(programs) as place:
        same(place.ledger(hold="1000").stop()[0], 0)
        result = place.call("ledger", "enter", "5", "--timeout", "10m")
        same(result.code, 3)
        holds("no object is served under the name 'ledger'" in stderr_of(result), result)


def wrong_words(programs):
    """rmi-ns drain says what is wrong with what it is given"""
    with Place(programs) as place:
        result = place.ns("drain", "nobody")
        same(result.code, 3)
        holds("there is no name and no daemon 'nobody'" in stderr_of(result), result)
        result = place.ns("drain", "rmi.names")
        same(result.code, 7)
        holds("'rmi.names' is the broker's own" in stderr_of(result), result)


TESTS = [
    broker_restarted,
    broker_by_command,
    call_in_flight,
    second_signal,
    grace_over,
    held_daemon,
    replicas,
    daemon_by_command,
    name_by_command,
    killed_daemon,
    nobody_comes,
    wrong_words,
]

if __name__ == "__main__":
    sys.exit(run_all(TESTS, sys.argv[1:6]))
