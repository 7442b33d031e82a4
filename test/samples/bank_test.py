#!/usr/bin/env python3
"""Two tellers move money; transfers that fail move none; one teller leaves.

usage: bank_test.py BROKER BANK
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "support"))
from running import Running, expect, run, start_broker  # noqa: E402


WANTED = """\
not enough money: 100 are left
7 refused
Nobody has no account
Rashmi 100, Otto 9900
"""


def main(broker_program, bank):
    broker, endpoint = start_broker(broker_program)
    env = {"RMI_BROKER": endpoint}
    with broker, Running([bank, "ledger"], env) as ledger, Running(
        [bank, "teller"], env
    ) as one, Running([bank, "teller"], env) as two:
        one.wait_for("Ready")
        two.wait_for("Ready")
        expect(WANTED, run([bank], env))
        expect(0, one.stop()[0])
        expect(WANTED, run([bank], env))
        expect(0, two.stop()[0])
        expect(0, ledger.stop()[0])
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
