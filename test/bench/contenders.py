"""Who is measured: how the processes of each contender are started."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from peers import PEERS
from programs import Party, Skipped

# Limits that a benchmark of one user on one connection would run into, and a mistake should.
OPEN_LIMITS = ["calls-per-session=10000000", "calls-per-principal=10000000",
               "calls-per-daemon=10000000", "names=10000000", "names-per-session=10000000",
               "names-per-principal=10000000", "registrations-per-session=100000000",
               "registrations-per-principal=100000000", "bytes-per-session=8GiB",
               "bytes-per-principal=8GiB", "bytes-per-daemon=8GiB"]
LOCAL = "tcp://127.0.0.1:*"
ON_LAST_CORE = ("taskset", "-c", str(max(os.sched_getaffinity(0))))


class Place:
    """The build folder, a folder for sockets, and where programs write what went wrong."""

    def __init__(self, build):
        self.build = Path(build)
        self.sockets = Path(tempfile.mkdtemp(prefix="rmi-bench-"))
        self.log = open(self.build / "bench.log", "w", encoding="utf-8")
        self._count = 0

    def program(self, name):
        return self.build / "test" / "bench" / f"bench-{name}"

    def broker(self):
        return self.build / "ns" / "rmi-broker"

    def path(self, name):
        self._count += 1
        return self.sockets / f"{name}{self._count}"

    def remove(self):
        self.log.close()
        shutil.rmtree(self.sockets, ignore_errors=True)


def raw(where):
    def start(place, party):
        server = party.serve("server", place.program("raw"), "server",
                             "tcp" if where == "tcp" else place.path("raw"))
        return party.call_with(place.program("raw"), "client", server.endpoint)
    return start


def bare_direct(place, party):
    server = party.serve("server", place.program("bare"), "direct", LOCAL)
    return party.call_with(place.program("bare"), "client", server.endpoint)


def bare_forwarder(transport):
    def start(place, party):
        where = LOCAL if transport == "tcp" else f"ipc://{place.path('bare')}"
        forwarder = party.serve("broker", place.program("bare"), "forwarder", where)
        party.serve("server", place.program("bare"), "server", forwarder.endpoint)
        return party.call_with(place.program("bare"), "client", forwarder.endpoint)
    return start


def start_broker(place, party, where, *more, before=()):
    limits = [word for limit in OPEN_LIMITS for word in ("--limit", limit)]
    return party.serve("broker", *before, place.broker(), "--listen", where, "--log-level",
                       "warning", "--lease", "24h", *limits, *more)


def rmibus(transport, path="brokered", before=()):
    """@param before  words before the command that starts the broker"""
    def start(place, party):
        where = LOCAL if transport == "tcp" else f"ipc://{place.path('bus')}"
        broker = start_broker(place, party, where, before=before)
        if path != "in_process":
            listen = {"direct": [LOCAL], "local_lane": ["unix://*"]}.get(path, [])
            party.serve("server", place.program("rmibus"), "service", broker.endpoint, *listen)
        way = "direct" if path == "local_lane" else path
        return party.call_with(place.program("rmibus"), "client", broker.endpoint, way)
    return start


def rmibus_names(lanes):
    """Calls to eight objects in turn, which are spread over the lanes of the broker."""
    def start(place, party):
        broker = start_broker(place, party, LOCAL, "--lanes", str(lanes))
        party.serve("server", place.program("rmibus"), "service", broker.endpoint)
        return party.call_with(place.program("rmibus"), "client", broker.endpoint, "names")
    return start


def rmibus_curve(place, party):
    """Through the broker over tcp, with keys: one for the broker, one for its peers."""
    own, brokers, authorized = (place.path(name) for name in ("keys", "broker-keys", "authorized"))
    public = [subprocess.run([place.build / "cli" / "rmi-keys", "new", file], check=True, text=True,
                             stdout=subprocess.PIPE).stdout.strip() for file in (own, brokers)]
    authorized.write_text(f"{public[0]} bench\n", encoding="ascii")
    broker = start_broker(place, party, LOCAL, "--key", brokers, "--authorized", authorized)
    env = {**os.environ, "RMI_KEY_FILE": str(own), "RMI_BROKER_KEY": public[1]}
    party.serve("server", place.program("rmibus"), "service", broker.endpoint, env=env)
    return party.call_with(place.program("rmibus"), "client", broker.endpoint, "brokered", env=env)


def peer(name):
    def start(place, party):
        return PEERS[name].start(place, party)
    return start


# name: (how to start it, whose ratio is given); the first of a kind is what others are held against.
CONTENDERS = {
    "raw-unix": (raw("unix"), None),
    "raw-tcp": (raw("tcp"), None),
    "bare-direct": (bare_direct, "raw-tcp"),
    "bare-forwarder": (bare_forwarder("tcp"), "raw-tcp"),
    "bare-forwarder-ipc": (bare_forwarder("ipc"), "bare-forwarder"),
    "rmibus-tcp": (rmibus("tcp"), "bare-forwarder"),
    "rmibus-ipc": (rmibus("ipc"), "bare-forwarder-ipc"),
    "rmibus-direct": (rmibus("tcp", "direct"), "bare-direct"),
    "rmibus-in-process": (rmibus("tcp", "in_process"), "bare-direct"),
    "rmibus-local-lane": (rmibus("tcp", "local_lane"), "raw-unix"),
    "rmibus-8-names": (rmibus_names(1), "bare-forwarder"),
    "rmibus-2-lanes": (rmibus_names(2), "rmibus-8-names"),
    "rmibus-4-lanes": (rmibus_names(4), "rmibus-8-names"),
    "rmibus-curve": (rmibus_curve, "rmibus-tcp"),
    "rmibus-one-core": (rmibus("tcp", before=ON_LAST_CORE), "bare-forwarder"),
    **{name: (peer(name), "bare-forwarder" if PEERS[name].brokered else "bare-direct")
       for name in PEERS},
}


class Contenders:
    """Starts each at its first use and keeps it. Thread safety: one thread at a time."""

    def __init__(self, place, only=None):
        self.place = place
        self.only = only
        self.skipped = {}
        self._running = {}

    def get(self, name):
        """@raises Skipped"""
        if self.only and name not in self.only:
            raise Skipped("")
        if name in self.skipped:
            raise self.skipped[name]
        if name not in self._running:
            party = Party(name, self.place.log)
            try:
                self._running[name] = CONTENDERS[name][0](self.place, party)
            except (Skipped, OSError) as why:
                party.stop()
                self.skipped[name] = why
                raise
        return self._running[name]

    def drop(self, name):
        """For one that was harmed on purpose, or does not answer."""
        party = self._running.pop(name, None)
        if party:
            party.stop()

    def stop(self):
        for name in list(self._running):
            self.drop(name)
