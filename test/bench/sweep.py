"""Cost as work grows: one curve for each thing that can grow, as JSON for plot.py."""

from statistics import median

import single
from contenders import Contenders
from programs import Skipped

POWERS = {"flight": [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024],
          "threads": [1, 2, 4, 8, 16, 32, 64],
          "processes": [1, 2, 4, 8, 16, 32],
          "size": [1 << power for power in range(4, 25, 2)]}
CONNECTIONS = [100, 300, 1000, 3000]
NAMES = [10, 100, 1000, 10_000, 100_000, 1_000_000]
WHO = ["bare-forwarder", "rmibus-tcp", "rmibus-direct"]


def order_for(axis, x, calls):
    """The arguments of Party.measure for one point."""
    if axis == "size":
        return "serial", calls, 1, x
    calls = max(calls // x * x, x)
    return {"flight": ("flight", calls, x), "threads": ("threads", calls, x),
            "processes": ("serial", calls, 1, 32, x)}[axis]


def first_calls(axis, x):
    return max(4, min(200, (1 << 22) // x)) if axis == "size" else 10 * x + 100


def point(axis, x, contenders, rounds, seconds):
    """Calls a second and p99 of each contender, in turns; the first round finds out how many calls
    fill the time."""
    samples = {name: [] for name in WHO}
    calls = {name: first_calls(axis, x) for name in WHO}
    for turn in range(rounds + 1):
        for name in WHO:
            sample = contenders.get(name).measure(*order_for(axis, x, calls[name]))
            if turn == 0:
                calls[name] = max(calls[name], int(sample["rate"] * seconds))
            else:
                samples[name].append(sample)
    return {name: {"x": x, **{key: median([sample[key] for sample in samples[name]])
                              for key in ("rate", "p99_us")}} for name in WHO}


def calls_curve(axis, contenders, rounds, seconds, say):
    points = {name: [] for name in WHO}
    for x in POWERS[axis]:
        say(f"{axis} {x}")
        for name, found in point(axis, x, contenders, rounds, seconds).items():
            points[name].append(found)
    return points


def names_curve(place, quick, say):
    points = []
    for count in NAMES[:4] if quick else NAMES:
        say(f"{count} names")
        found = single.names(place, count)
        points.append({"x": count, "memory": found["memory_bytes"],
                       "lookup_us": found["lookup_us"],
                       "lookup_cpu_us": 1e6 / found["lookups_per_second"]})
    return points


def connections_curve(place, quick, say):
    points = {"bare ROUTER": [], "rmi-broker": []}
    for count in CONNECTIONS[:2] if quick else CONNECTIONS:
        say(f"{count} connections")
        for name, make in (("bare ROUTER", single.bare_party), ("rmi-broker", single.rmibus_party)):
            try:
                each = single.idle_connections(make, place, count)
            except Skipped:
                continue  # libzmq or the system allows no more sockets here
            points[name].append({"x": count, "memory": max(each * count, 1)})
    return points


def run(place, quick, say):
    rounds, seconds = (1, 0.05) if quick else (5, 0.3)
    contenders = Contenders(place)
    found = {}
    try:
        for axis in POWERS:
            found[axis] = calls_curve(axis, contenders, rounds, seconds, say)
    finally:
        contenders.stop()
    found["names"] = names_curve(place, quick, say)
    found["connections"] = connections_curve(place, quick, say)
    return found
