#!/usr/bin/env python3
"""Goes shopping: each session has its own cart, and what it held is closed with it.

usage: instance_modes_test.py BROKER SERVICE CLIENT
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "support"))
from running import Running, expect, run, start_broker  # noqa: E402


def main(broker_program, service_program, client):
    broker, endpoint = start_broker(broker_program)
    env = {"RMI_BROKER": endpoint}
    with broker, Running([service_program], env) as service:
        lines = run([client], env).splitlines()
        expect(
            ["Hello Rashmi", "Rashmi: tea cake", "Otto: hammer", "receipt 1, receipt 2"], lines[:-1]
        )
        expect(True, "members only: show a card" in lines[-1])
        service.wait_for("till: somebody queues up")
        service.wait_for("till: that place is free")
        service.wait_for(r"somebody left(.*\n)+.*somebody left")
        expect(2, service.output.count("comes in"))
        expect(0, service.stop()[0])
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
