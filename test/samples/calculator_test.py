#!/usr/bin/env python3
"""Runs the calculator sample with real processes and looks at what it prints.

usage: calculator_test.py BROKER SERVER CLIENT
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "support"))
from running import Running, expect, run, start_broker  # noqa: E402

WANTED = """\
2 + 3 = 5
4 numbers, mean 3, from 1 to 6
cake: 4
tea: 4.5
1 / 0: division by zero
thrown by calculator.divide
"""


def main(broker_program, server_program, client_program):
    broker, endpoint = start_broker(broker_program)
    env = {"RMI_BROKER": endpoint}
    with broker, Running([server_program], env) as server:
        server.wait_for("Ready")
        expect(WANTED, run([client_program], env))
        expect(0, server.stop()[0])
        expect(0, broker.stop()[0])
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:4]))
