#!/usr/bin/env python3
"""Runs a sample's service and its client, and compares what the client prints with a file.

usage: served_test.py BROKER EXPECTED SERVICE [CLIENT]    (one program for both: `PROGRAM serve`)
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "support"))
from running import Running, expect, run, start_broker  # noqa: E402


def main(broker_program, expected, service, client=None):
    broker, endpoint = start_broker(broker_program)
    env = {"RMI_BROKER": endpoint}
    with broker, Running([service] if client else [service, "serve"], env) as serving:
        expect(Path(expected).read_text(encoding="utf-8"), run([client or service], env))
        expect(0, serving.stop()[0])
        expect(0, broker.stop()[0])
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
