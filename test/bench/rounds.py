"""Rows of the table: the same work for several contenders in turns, and what comes of it."""

from statistics import median

from contenders import CONTENDERS
from programs import Broken, Skipped

FLOOR = ["raw-unix", "raw-tcp"]
BARE = ["bare-direct", "bare-forwarder", "bare-forwarder-ipc"]
BROKERED = ["rmibus-tcp", "rmibus-ipc"]
ONE_CORE = "rmibus-one-core"
RMIBUS = [*BROKERED, "rmibus-direct", "rmibus-in-process", "rmibus-local-lane", "rmibus-curve",
          ONE_CORE]
LANES = ["rmibus-8-names", "rmibus-2-lanes", "rmibus-4-lanes"]
PEER_NAMES = [name for name in CONTENDERS if name.split("-")[0] not in ("raw", "bare", "rmibus")]
MIB = 1 << 20


class Row:
    """One kind of work. `first` calls are made to find out how many fill a sample."""

    def __init__(self, name, contenders, work, n=1, size=32, first=200, processes=1, most=200_000,
                 group=None):
        self.name, self.contenders, self.work = name, contenders, work
        self.n, self.size, self.first, self.processes = n, size, first, processes
        self.most, self.group = most, group

    def calls(self, rate, seconds):
        """As many as fill the time, in whole windows."""
        wanted = min(max(int(rate * seconds), self.first), self.most)
        step = self.n * self.processes if self.work != "oneway" else self.processes
        return max(step, wanted // step * step)


EVERYONE = FLOOR + BARE + RMIBUS + PEER_NAMES
MOST = BARE + RMIBUS + PEER_NAMES
ROWS = [
    Row("serial, 32 B", EVERYONE, "serial", group="batch"),
    Row("1 in flight, 32 B", BARE + RMIBUS, "flight", 1),
    Row("64 in flight, 32 B", MOST, "flight", 64, first=640),
    Row("256 in flight, 32 B", MOST, "flight", 256, first=2560),
    Row("64 in flight to 8 objects, 32 B", ["bare-forwarder", *LANES], "flight", 64, first=640),
    *[Row(f"{4 * k} client processes, 64 in flight each to 8 objects, 32 B", who, "flight", 64,
          processes=4 * k, first=2560 * k, group="lanes")
      for k, who in ((1, LANES[:1]), (2, LANES[:2]), (4, LANES))],
    *[Row(f"{k} threads, one Bus (bare: a socket each)", BARE[:2] + RMIBUS[:3] + [ONE_CORE],
          "threads", k, first=first) for k, first in ((8, 400), (32, 640))],
    *[Row(f"{k} client processes", ["bare-forwarder", "rmibus-tcp", ONE_CORE], "serial",
          processes=k, first=50 * k, group="processes") for k in (1, 2, 4, 8, 16, 32)],
    Row("oneways delivered, 32 B", [*BARE[:2], *RMIBUS[:3], ONE_CORE], "oneway", 1000, first=2000),
    Row("batch of 64, 32 B", RMIBUS[:3], "batch", 64, first=640, group="batch"),
    Row("stream of i32", RMIBUS[:3], "stream", first=20_000, most=5_000_000),
    Row("echo of 64 KiB", EVERYONE, "serial", size=64 << 10, first=20),
    Row("echo of 1 MiB", EVERYONE, "serial", size=MIB, first=4),
    Row("echo of 64 MiB", FLOOR + BARE[:2] + RMIBUS[:3], "serial", size=64 * MIB - 4096, first=1,
        most=4),
    Row("connect and first call", MOST, "connect", first=5, most=100),
]


def spread(values):
    return {"median": median(values), "min": min(values), "max": max(values)}


def ratios(samples, base):
    """Round by round, so that drift of the machine is in both."""
    return {key: spread([mine[key] / theirs[key] for mine, theirs in zip(samples, base)])
            for key in ("rate", "p50_us", "p99_us", "cpu_us", "switches")
            if all(key in s and s[key] > 0 for s in samples + base)}


BROKEN = "BROKEN: "


def reason(why):
    """As text; what should work and does not is marked."""
    known = isinstance(why, Skipped) and not isinstance(why, Broken)
    return str(why) if known else f"{BROKEN}{why}"


class Taken:
    """What one row has measured so far."""

    def __init__(self, row):
        self.row = row
        self.samples, self.skipped, self.calls = {}, {}, {}

    def take(self, turn, name, contenders, seconds):
        """One sample. The turn 0 warms up, and finds out how many calls fill the time."""
        row = self.row
        if name in self.skipped:
            return
        try:
            calls = self.calls.get(name, row.calls(0, 0))
            sample = contenders.get(name).measure(row.work, calls, row.n, row.size, row.processes)
            if turn == 0:
                self.calls[name] = row.calls(sample["rate"], seconds)
            else:
                self.samples.setdefault(name, []).append(sample)
        except (Skipped, OSError, ValueError) as why:
            self.skipped[name] = why
            self.samples.pop(name, None)
            if isinstance(why, Broken) or not isinstance(why, Skipped):
                contenders.drop(name)

    def result(self):
        results = {}
        for name, taken in self.samples.items():
            keys = [key for key in taken[0] if all(key in sample for sample in taken)]
            results[name] = {"metrics": {key: spread([s[key] for s in taken]) for key in keys},
                             "calls": self.calls[name],
                             "rates": [sample["rate"] for sample in taken]}
            base = CONTENDERS[name][1]
            if base in self.samples:
                results[name]["base"] = base
                results[name]["ratio"] = ratios(taken, self.samples[base])
        skipped = {name: reason(why) for name, why in self.skipped.items() if str(why)}
        return {"name": self.row.name, "results": results, "skipped": skipped}


def measure_rows(rows, contenders, rounds, seconds, say):
    """Rows that are compared with each other take turns, too."""
    taken = [Taken(row) for row in rows]
    for turn in range(rounds + 1):
        for part in taken:
            for name in part.row.contenders:
                part.take(turn, name, contenders, seconds)
            say(f"{part.row.name}: round {turn} of {rounds}")
    return [part.result() for part in taken]


def grouped(rows):
    """Rows one by one, but those of a group together."""
    groups = {}
    for row in rows:
        groups.setdefault(row.group or row.name, []).append(row)
    return groups.values()
