#!/usr/bin/env python3
"""Peer: Pyro4, a daemon and a proxy in two processes."""

import json
import resource
import sys
import time

import Pyro4


@Pyro4.expose
class Echo:
    def echo(self, text):
        return text


def switches():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_nvcsw + usage.ru_nivcsw


def serve():
    daemon = Pyro4.Daemon(host="127.0.0.1")
    print("ready", daemon.register(Echo(), "echo"), flush=True)
    daemon.requestLoop()


def timed(call, calls, size):
    text = "x" * size
    latencies, before, start = [], switches(), time.perf_counter()
    for _ in range(calls):
        begun = time.perf_counter()
        call(text)
        latencies.append((time.perf_counter() - begun) * 1e6)
    seconds = time.perf_counter() - start
    latencies.sort()
    at = lambda quantile: latencies[int(quantile * (len(latencies) - 1))]
    return {"calls": calls, "seconds": seconds, "switches": switches() - before,
            "p50_us": at(0.5), "p99_us": at(0.99)}


def connect_and_call(uri, text):
    with Pyro4.Proxy(uri) as proxy:
        proxy.echo(text)


def call(uri):
    print("ready client", flush=True)
    proxy = Pyro4.Proxy(uri)
    for line in sys.stdin:
        work, calls, _, size = line.split()
        if work == "serial":
            answer = timed(proxy.echo, int(calls), int(size))
        elif work == "connect":
            answer = timed(lambda text: connect_and_call(uri, text), int(calls), int(size))
        else:
            answer = {"skipped": "one call at a time only"}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    serve() if sys.argv[1] == "server" else call(sys.argv[2])
