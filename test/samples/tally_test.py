#!/usr/bin/env python3
"""Runs the restart sample: a caller that calls on while its service is replaced.

usage: tally_test.py BROKER TALLY
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "support"))
from running import Running, expect, start_broker  # noqa: E402


def main(broker_program, tally):
    broker, endpoint = start_broker(broker_program)
    env = {"RMI_BROKER": endpoint}
    with broker, Running([tally], env, typed=True) as caller:
        for number in range(1, 4):
            with Running([tally, "serve"], env) as service:
                service.wait_for("Ready")
                caller.wait_for(f"service number {number}\n")
                if number == 3:
                    code, output = caller.end_input()
                    expect((0, True), (code, output.endswith("no call was lost\n")))
                expect(0, service.stop()[0])
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
