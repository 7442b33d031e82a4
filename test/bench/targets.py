"""What the suite must show: each target, what was measured, and whether it is met."""

from statistics import median


class Missing(Exception):
    """What the target needs was not measured."""


class Results:
    """What one run has measured."""

    def __init__(self, run):
        self.rows = {row["name"]: row["results"] for row in run["rows"]}
        self.single = run["single"]

    def metric(self, row, who, key, kind="metrics"):
        try:
            return self.rows[row][who][kind][key]["median"]
        except KeyError as missing:
            raise Missing(f"{who}, {row}: not measured") from missing

    def ratio(self, row, who, key):
        return self.metric(row, who, key, "ratio")

    def times(self, who, row, other_row):
        """Calls/s of a row, as a multiple of those of another of its group; round by round."""
        try:
            pair = [self.rows[name][who]["rates"] for name in (row, other_row)]
        except KeyError as missing:
            raise Missing(f"{who}, {row}: not measured") from missing
        return median(mine / theirs for mine, theirs in zip(*pair))

    def one(self, name):
        if name not in self.single:
            raise Missing(f"{name}: not measured")
        return self.single[name]


SERIAL = "serial, 32 B"
PROCESSES = "{} client processes"
DIRECT_PEERS = ("grpc", "ice", "capnp", "thrift")


def best(results, row, names):
    """Calls a second of the fastest of those that were measured."""
    rates = []
    for name in names:
        try:
            rates.append(results.metric(row, name, "rate"))
        except Missing:
            continue
    if not rates:
        raise Missing(f"no peer, {row}")
    return max(rates)


def holds(results):
    """Total with the most client processes, as a multiple of that with one."""
    return results.times("rmibus-tcp", PROCESSES.format(32), PROCESSES.format(1))


def threads(count):
    row = f"{count} threads, one Bus (bare: a socket each)"
    return lambda r: r.ratio(row, "rmibus-tcp", "rate")


def flight(count):
    return lambda r: r.ratio(f"{count} in flight, 32 B", "rmibus-tcp", "rate")


def no_heap(_results):
    raise Missing("counted by the test routing_allocation, not here")


# (what, unit, how it is measured, "at most" or "at least", how much)
TARGETS = [
    ("brokered, serial: p50 / bare forwarder", "x",
     lambda r: r.ratio(SERIAL, "rmibus-tcp", "p50_us"), "most", 1.05),
    ("brokered, serial: CPU a call / bare forwarder", "x",
     lambda r: r.ratio(SERIAL, "rmibus-tcp", "cpu_us"), "most", 1.05),
    ("brokered, 64 in flight: calls/s / bare forwarder", "x", flight(64), "least", 0.95),
    ("brokered, 256 in flight: calls/s / bare forwarder", "x", flight(256), "least", 0.95),
    ("8 threads on one Bus: calls/s / a bare socket each", "x", threads(8), "least", 1.0),
    ("32 threads on one Bus: calls/s / a bare socket each", "x", threads(32), "least", 1.0),
    ("32 client processes: total / total of one", "x", holds, "least", 1.0),
    ("direct, serial: p50 / bare DEALER-ROUTER", "x",
     lambda r: r.ratio(SERIAL, "rmibus-direct", "p50_us"), "most", 1.05),
    ("local lane, serial: p50 / raw Unix socket", "x",
     lambda r: r.ratio(SERIAL, "rmibus-local-lane", "p50_us"), "most", 1.3),
    ("local lane, serial: calls/s / best direct peer", "x",
     lambda r: r.metric(SERIAL, "rmibus-local-lane", "rate") / best(r, SERIAL, DIRECT_PEERS),
     "least", 1.0),
    ("in process, serial: p50", "us",
     lambda r: r.metric(SERIAL, "rmibus-in-process", "p50_us"), "most", 2.0),
    ("batch of 64: calls/s / serial", "x",
     lambda r: r.times("rmibus-tcp", "batch of 64, 32 B", SERIAL), "least", 40.0),
    ("stream of small items, brokered", "items/s",
     lambda r: r.metric("stream of i32", "rmibus-tcp", "rate"), "least", 500_000),
    ("1 MiB echo, brokered: calls/s / bare forwarder", "x",
     lambda r: r.ratio("echo of 1 MiB", "rmibus-tcp", "rate"), "least", 0.9),
    ("1 MiB echo, local lane: calls/s / best peer", "x",
     lambda r: r.metric("echo of 1 MiB", "rmibus-local-lane", "rate")
     / best(r, "echo of 1 MiB", (*DIRECT_PEERS, "dbus", "nats", "pyro4", "omniorb")),
     "least", 2.0),
    ("broker memory of 100 000 names", "MB",
     lambda r: r.one("names")["bytes_a_name"] * 100_000 / 1e6, "most", 40.0),
    ("broker memory of a call in flight", "bytes",
     lambda r: r.one("call_in_flight_bytes"), "most", 200.0),
    ("broker memory of an idle connection / bare ROUTER", "x",
     lambda r: r.one("idle_connection_bytes") / r.one("idle_connection_bytes_bare"), "most", 1.05),
    ("heap in the steady state of broker routing", "blocks", no_heap, "most", 0),
]


def judge(run):
    """@return one entry for each target, with the verdict met, missed or skipped"""
    results = Results(run)
    judged = []
    for what, unit, measure, side, bound in TARGETS:
        entry = {"what": what, "unit": unit, "target": f"at {side} {bound:g} {unit}"}
        try:
            value = measure(results)
            good = value <= bound if side == "most" else value >= bound
            entry.update(measured=value, verdict="met" if good else "missed")
        except Missing as why:
            entry.update(verdict="skipped", why=str(why))
        judged.append(entry)
    return judged
