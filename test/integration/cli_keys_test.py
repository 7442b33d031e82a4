#!/usr/bin/env python3
"""Drives rmi-keys, and the other programs at a broker with keys, as a user would.

usage: cli_keys_test.py BROKER SERVICE RMI-CALL RMI-NS RMI-KEYS
"""

import json
import os
import stat
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "support"))
from cli import Bench, fails, holds, run_all, same  # noqa: E402
from running import Running  # noqa: E402


def keys(bench, *words):
    return bench.start("rmi-keys", *words)


def secret_of(file):
    return file.read_text(encoding="ascii").split("secret = ")[1].strip()


def making(bench, folder):
    """new makes a file for its owner alone, and public shows what new has shown"""
    file = folder / "k"
    made = keys(bench, "new", str(file))
    same((made.code, made.err), (0, ""))
    same(len(made.out.strip()), 40)
    same(stat.S_IMODE(file.stat().st_mode), 0o600)
    same(keys(bench, "public", str(file)), made)
    shown = json.loads(keys(bench, "public", str(file), "--json").out)
    same(shown, {"file": str(file), "public": made.out.decode().strip()})
    holds(secret_of(file) not in made.out.decode(), "no secret")


def overwriting(bench, folder):
    """a file that is there stays as it is"""
    file = folder / "k"
    file.write_text("precious", encoding="ascii")
    fails(
        keys(bench, "new", str(file)),
        9,
        f"rmi-keys: cannot make '{file}': it is there already, and keys are never overwritten; "
        "give another name",
    )
    same(file.read_text(encoding="ascii"), "precious")


def open_to_others(bench, folder):
    """a file that others can read is refused, with the way out"""
    file = folder / "k"
    keys(bench, "new", str(file))
    file.chmod(0o640)
    refused = keys(bench, "public", str(file))
    same((refused.code, refused.out), (9, b""))
    holds(f"'{file}' are open to others than their owner (mode 0640)" in refused.err, refused.err)
    holds(f"`chmod 600 {file}`" in refused.err, refused.err)
    error = json.loads(keys(bench, "--json", "public", str(file)).err)["error"]
    same(error["exit"], 9)


def mistakes(bench, folder):
    """a command line that makes no sense is told in one line"""
    fails(
        keys(bench),
        2,
        "rmi-keys: what to do is missing, such as `rmi-keys new FILE`; see rmi-keys --help",
    )
    fails(keys(bench, "pubic", "x"), 2, "rmi-keys: there is no command 'pubic'; did you mean 'public'?")
    fails(
        keys(bench, "new"),
        2,
        "rmi-keys: expected: rmi-keys new FILE, got 0 words after new; see rmi-keys --help",
    )
    holds("No such file" in keys(bench, "public", str(folder / "none")).err, "what is missing")


def completing(bench, _):
    """commands and options are completed; files are left to the shell"""
    same([line.split(b"\t")[0] for line in keys(bench, "--complete", "").out.splitlines()], [b"new", b"public"])
    same(keys(bench, "--complete", "new", "").out, b"")
    holds(keys(bench, "--complete", "--js").out.startswith(b"--json\t"), "options")


def whole_way(bench, folder):
    """programs reach a broker with keys by the environment alone, and are known by name"""
    public = {}
    for holder in ("broker", "shop", "alice", "stranger"):
        public[holder] = keys(bench, "new", str(folder / holder)).out.decode().strip()
    authorized = folder / "authorized"
    authorized.write_text(f"# who\n{public['shop']} shop\n{public['alice']} alice\n", encoding="ascii")
    command = [bench.programs["rmi-broker"], "--listen", "tcp://127.0.0.1:*"]
    command += ["--key", folder / "broker", "--authorized", authorized, "--log-level", "debug"]
    with Running(command) as broker:
        endpoint = broker.wait_for(r"tcp://127\.0\.0\.1:\d+")

        def holding(holder):
            return {
                "RMI_BROKER": endpoint,
                "RMI_KEY_FILE": str(folder / holder),
                "RMI_BROKER_KEY": public["broker"],
            }

        with Running([bench.programs["service"], "shop"], holding("shop")) as service:
            service.wait_for("Ready")
            alice = holding("alice")
            called = bench.call("shop", "divide", "7", "2", env=alice)
            same((called.code, called.out, called.err), (0, b"3.5\n", ""))
            session = json.loads(bench.call("rmi.broker", "info", "--json", env=alice).out)
            same(session["sessions"], 2)
            sessions = [bench.call("rmi.broker", "session", str(n), "--json", env=alice) for n in (1, 2)]
            holds(any(b'"key:shop"' in found.out for found in sessions), sessions)
            refused = bench.ns("list", env=holding("stranger"))
            same(refused.code, 5)
            wanted = f"the broker does not know this program's key {public['stranger']}: add it"
            holds(endpoint in refused.err and wanted in refused.err, refused.err)
            half = {"RMI_BROKER": endpoint, "RMI_KEY_FILE": str(folder / "alice")}
            missing = bench.ns("list", env=half)
            same(missing.code, 2)
            holds("the public key of the broker is missing" in missing.err, missing.err)
            plain = bench.ns("list", env={"RMI_BROKER": endpoint})
            same(plain.code, 5)
            holds("asks for keys" in plain.err, plain.err)
        same(broker.stop()[0], 0)
    for holder in public:
        holds(secret_of(folder / holder) not in broker.output, "no secret in the log")


def in_folder(test):
    def run(bench):
        with tempfile.TemporaryDirectory() as name:
            test(bench, Path(name))

    run.__doc__ = test.__doc__
    return run


TESTS = [making, overwriting, open_to_others, mistakes, completing, whole_way]

if __name__ == "__main__":
    os.umask(0o022)
    with Bench(*sys.argv[1:5]) as the_bench:
        the_bench.programs["rmi-keys"] = sys.argv[5]
        sys.exit(run_all([in_folder(test) for test in TESTS], the_bench))
