"""Measurements that are not rows of calls: names, memory, loss, archives."""

import json
import shutil
import subprocess
import time
from statistics import median

from contenders import LOCAL, start_broker
from programs import Broken, Party, Skipped
from rounds import reason, spread

IDLE = 300          # connections
IN_FLIGHT = 50_000  # calls


def rmibus_party(place, with_service=True):
    """One that nothing else has used: its memory is to be looked at, or it will be harmed."""
    party = Party("rmibus", place.log)
    broker = start_broker(place, party, LOCAL)
    if with_service:
        party.serve("server", place.program("rmibus"), "service", broker.endpoint)
    return party.call_with(place.program("rmibus"), "client", broker.endpoint, "brokered")


def bare_party(place):
    party = Party("bare", place.log)
    forwarder = party.serve("broker", place.program("bare"), "forwarder", LOCAL)
    party.serve("server", place.program("bare"), "server", forwarder.endpoint)
    return party.call_with(place.program("bare"), "client", forwarder.endpoint)


def growth(party, *order):
    """Bytes of the broker's memory that came with an order."""
    before = party.server("broker").memory()
    party.client.order(*order)
    return party.server("broker").memory() - before


def names(place, count, lookups=3000):
    """Enters names, then looks some up. Lookups: serial, and 64 in flight."""
    party = rmibus_party(place, with_service=False)
    try:
        party.client.order("register", 10, 10)
        before = party.server("broker").memory()
        entered = party.client.order("register", count, 64)
        memory = party.server("broker").memory() - before
        one = party.client.order("lookup", lookups, 1)
        many = party.client.order("lookup", lookups * 5, 64)
        return {"names": count, "memory_bytes": memory, "bytes_a_name": memory / count,
                "registrations_per_second": count / entered["seconds"],
                "lookups_per_second": many["calls"] / many["seconds"],
                "lookup_us": one["seconds"] * 1e6 / one["calls"]}
    finally:
        party.stop()


def idle_connections(make, place, count):
    """Bytes of the broker's memory for each connection that does nothing."""
    party = make(place)
    try:
        party.client.order("idle", 1, 20)  # what comes once
        return growth(party, "idle", 1, count) / count
    finally:
        party.stop()


def calls_in_flight(place, count):
    party = rmibus_party(place)
    try:
        party.client.order("fill", 1, count // 10)  # queues and tables of libzmq have grown then
        grown = growth(party, "fill", 1, count)
        party.client.order("release")
        return grown / count
    finally:
        party.stop()


def time_to_loss(place, rounds):
    """Milliseconds from kill -9 of the daemon to the error at its caller."""
    taken = []
    for _ in range(rounds):
        party = rmibus_party(place)
        try:
            party.client.order("hang")
            party.client.send("lost")
            killed = time.monotonic()
            party.server("server").kill()
            answer = party.client.answer()
            if answer["what"] != "ConnectionLost":
                raise Broken("the caller got " + answer["what"])
            taken.append((answer["lost_at"] - killed) * 1e3)
        finally:
            party.stop()
    return spread(taken)


def archives(place, rounds):
    done = subprocess.run([place.program("archive"), "--json", str(rounds)], capture_output=True,
                          text=True, check=False)
    if done.returncode != 0:
        raise Broken("bench-archive failed")
    return json.loads(done.stdout)


def system_calls(contenders, names_of, calls=500):
    """System calls of each role for one serial call, counted by strace in a pass of its own."""
    if not shutil.which("strace"):
        raise Skipped("system calls a call (install strace)")
    counted = {}
    for name in names_of:
        try:
            counted[name] = count_system_calls(contenders.get(name), calls)
        except Skipped:
            continue
    return counted


def count_system_calls(party, calls):
    tracers = []
    folder = party.log.name + ".strace"
    for program in party.servers + party.clients[:1]:
        tracer = subprocess.Popen(["strace", "-f", "-c", "-o", f"{folder}.{program.role}",
                                   "-p", str(program.pid)], stderr=subprocess.PIPE, text=True)
        line = tracer.stderr.readline()
        if "attached" not in line:
            tracer.wait()
            raise Skipped(f"strace may not look: {line.strip()}")
        tracers.append((program, tracer))
    party.client.order("serial", calls)
    counted = {}
    for program, tracer in tracers:
        tracer.send_signal(2)
        tracer.wait()
        tracer.stderr.close()
        with open(f"{folder}.{program.role}", encoding="utf-8") as table:
            total = [line for line in table if line.rstrip().endswith("total")]
        columns = total[-1].split() if total else ["0"] * 4
        counted[program.role] = int(columns[3]) / calls
    counted["all"] = sum(counted.values())
    return counted


def measure(place, quick, say):
    """@return (results, reasons of those left out)"""
    tries = 1 if quick else 3
    work = {
        "names": lambda: names(place, 10_000 if quick else 100_000),
        "idle_connection_bytes": lambda: median(
            [idle_connections(rmibus_party, place, 100 if quick else IDLE) for _ in range(tries)]),
        "idle_connection_bytes_bare": lambda: median(
            [idle_connections(bare_party, place, 100 if quick else IDLE) for _ in range(tries)]),
        "call_in_flight_bytes": lambda: calls_in_flight(place, 10_000 if quick else IN_FLIGHT),
        "kill_to_error_ms": lambda: time_to_loss(place, 3 if quick else 9),
        "archives": lambda: archives(place, 5 if quick else 41),
    }
    results, skipped = {}, {}
    for name, run in work.items():
        say(name)
        try:
            results[name] = run()
        except (Skipped, OSError, ValueError) as why:
            skipped[name] = reason(why)
    return results, skipped
