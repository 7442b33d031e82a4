#!/usr/bin/env python3
"""Durable names across the end of a broker, however it comes, through the built programs.

usage: store_test.py BROKER SERVICE CLIENT RMI-CALL RMI-NS
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "acceptance"))
from stage import Stage, stderr_of, until  # first: it finds the next ones
from cli import holds, run_all, same  # noqa: E402
from running import DEADLINE  # noqa: E402


def stage_with(programs, store, names=()):
    return Stage(programs, options=("--store", store), names=names)


def listed(stage):
    """name -> entry, without the broker's own."""
    entries = json.loads(stage.ns("list", "--json").out)
    return {e["name"]: e for e in entries if not e["name"].startswith("rmi.")}


def register(stage, name, *options):
    return stage.ns("register", name, "rminame:desk", "--durable", *options)


def one_waits(stage):
    return b"waiting 1" in b" ".join(stage.ns("info").out.split())


def run(command):
    return subprocess.run(command, capture_output=True, text=True, timeout=DEADLINE, check=False)


def orderly(programs):
    """durable aliases and tags are there after a restart, other names are not"""
    with tempfile.TemporaryDirectory() as folder:
        store = f"{folder}/a store"
        with stage_with(programs, store) as stage:
            same(register(stage, "kept", "--tag", "blue").code, 0)
            same(register(stage, "removed").code, 0)
            same(register(stage, "tagged").code, 0)
            same(stage.ns("register", "lost", "rminame:desk").code, 0)
            same(stage.ns("remove", "removed").code, 0)
            same(stage.ns("tags", "tagged", "late").code, 0)
            before = listed(stage)
            same(stage.broker.stop()[0], 0)
        with stage_with(programs, store) as stage:
            after = listed(stage)
            same(sorted(after), ["kept", "tagged"])
            for name, entry in after.items():
                same({**entry, "registration": 0}, {**before[name], "registration": 0})


def killed(programs):
    """after kill -9 while registrations stream in, everything that was answered for is there"""
    with tempfile.TemporaryDirectory() as folder:
        store = f"{folder}/store"
        acknowledged, number = set(), 0
        for _ in range(3):
            with stage_with(programs, store) as stage:
                holds(acknowledged <= set(listed(stage)), "nothing is lost")
                streams = []
                for _ in range(4):
                    # Each answers on its own line as soon as it has the answer.
                    names = [f"name.{number + i}" for i in range(60)]
                    number += len(names)
                    script = "\n".join(
                        f'"$0" register {n} rminame:desk --durable >/dev/null && echo {n}'
                        for n in names
                    )
                    streams.append(
                        subprocess.Popen(
                            ["sh", "-c", script, stage.programs["rmi-ns"]],
                            env=stage.env,
                            stdout=subprocess.PIPE,
                            stderr=subprocess.DEVNULL,
                            start_new_session=True,
                        )
                    )
                try:
                    for stream in streams:
                        for _ in range(5):
                            acknowledged.add(stream.stdout.readline().decode().strip())
                    stage.broker.process.kill()
                finally:
                    for stream in streams:
                        os.killpg(stream.pid, signal.SIGKILL)
                for stream in streams:
                    acknowledged.update(stream.stdout.read().decode().split())
                    stream.wait()
        with stage_with(programs, store) as stage:
            present = set(listed(stage))
            holds(acknowledged <= present, sorted(acknowledged - present))
            holds(len(acknowledged) >= 60, len(acknowledged))


def owner_returns(programs):
    """calls to the durable name of a service that restarts wait for it"""
    with tempfile.TemporaryDirectory() as folder:
        with stage_with(programs, f"{folder}/store", ("--durable", "desk")) as stage:
            for end in (signal.SIGTERM, signal.SIGKILL):
                stage.service.process.send_signal(end)
                stage.service.finish()
                until(lambda: listed(stage)["desk"]["stale"], "the name is stale")
                holds("(away)" in stage.ns("list").out.decode(), "and marked so")
                with stage.background(
                    "rmi-call", "desk", "welcome_message", "x", "--raw"
                ) as caller:
                    until(lambda: one_waits(stage), "it waits")
                    stage.service.__exit__()
                    stage.service = stage.serve("--durable", "desk")
                    same(caller.finish(), (0, "Hi welcome x"))
            holds(not listed(stage)["desk"]["stale"], "not stale any more")


def broker_returns(programs):
    """a durable name is stale in a new broker until its service has come back by itself"""
    with tempfile.TemporaryDirectory() as folder:
        store = f"{folder}/store"
        with stage_with(programs, store, ("--durable", "desk")) as stage:
            stage.restart_broker()
            same(stage.ns("wait", "desk").code, 0)
            stage.service.process.kill()
            stage.service.finish()
            stage.restart_broker()
            holds(listed(stage)["desk"]["stale"], "it is stale")
            result = stage.call("desk", "sample", "--timeout", "200ms")
            same(result.code, 4)
            same(stage.ns("remove", "desk").code, 0)
            holds(stage.is_gone("desk"), "it can be removed")


def no_store(programs):
    """a broker without a store refuses a durable name and names the option"""
    with Stage(programs, names=()) as stage:
        result = register(stage, "kept")
        same(result.code, 7)
        holds("rmi-broker --store FILE" in stderr_of(result), result.err)


def refused(programs):
    """a damaged store ends the broker with 9 and the repair command, which does what it says"""
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder) / "store"
        with stage_with(programs, store) as stage:
            same(register(stage, "kept").code, 0)
            same(stage.broker.stop()[0], 0)
        damaged = store.read_bytes().replace(b"rminame:desk", b"rminame:dusk")
        store.write_bytes(damaged)
        command = [programs[0], "--listen", "tcp://127.0.0.1:*", "--store", str(store)]
        done = run(command)
        same((done.returncode, done.stdout), (9, ""))
        holds(f"rmi-broker --store '{store}' --salvage" in done.stderr, done.stderr)
        same(store.read_bytes(), damaged)
        done = run([*command, "--salvage"])
        same((done.returncode, done.stderr), (0, ""))
        holds("1 were damaged" in done.stdout, done.stdout)
        same(Path(f"{store}.damaged-1").read_bytes(), damaged)
        with stage_with(programs, store) as stage:
            same(listed(stage), {})


def in_use(programs):
    """two brokers cannot have the same store"""
    with tempfile.TemporaryDirectory() as folder:
        store = f"{folder}/store"
        with stage_with(programs, store):
            done = run([programs[0], "--listen", "tcp://127.0.0.1:*", "--store", store])
            same(done.returncode, 9)
            holds("in use by another broker" in done.stderr, done.stderr)


def disk_full(programs):
    """a full disk refuses durable names, with the reason; other names and reading go on"""
    with tempfile.TemporaryDirectory() as folder:
        store = f"{folder}/store"
        with stage_with(programs, store) as stage:
            same(register(stage, "kept").code, 0)
            same(stage.broker.stop()[0], 0)
        limited = f"{folder}/broker"
        script = f"#!/bin/bash\nulimit -f 16\nexec '{programs[0]}' \"$@\"\n"  # 16 KiB a file
        Path(limited).write_text(script, encoding="utf-8")
        os.chmod(limited, 0o755)
        with stage_with((limited, *programs[1:]), store) as stage:
            present, result = {"kept"}, None
            for number in range(200):
                result = register(stage, f"more.{number}", "--tag", "x" * 200)
                if result.code != 0:
                    break
                present.add(f"more.{number}")
            same(result.code, 8)
            holds("cannot be written" in stderr_of(result), result.err)
            same(set(listed(stage)), present)
            same(stage.ns("register", "other", "rminame:desk").code, 0)
            stage.broker.process.kill()
        with stage_with(programs, store) as stage:
            same(set(listed(stage)), present)
            same(register(stage, "again").code, 0)


TESTS = [
    orderly,
    killed,
    owner_returns,
    broker_returns,
    no_store,
    refused,
    in_use,
    disk_full,
]

if __name__ == "__main__":
    sys.exit(run_all(TESTS, [str(Path(program).resolve()) for program in sys.argv[1:6]]))
