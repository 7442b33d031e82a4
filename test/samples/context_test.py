#!/usr/bin/env python3
"""One order through three processes, which all see the same id.

usage: context_test.py BROKER ORDER
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "support"))
from running import Running, expect, run, start_broker  # noqa: E402


def main(broker_program, order):
    broker, endpoint = start_broker(broker_program)
    env = {"RMI_BROKER": endpoint}
    with broker, Running([order, "stock"], env) as stock, Running([order, "shop"], env) as shop:
        expect("[order-17] invoice: number 17\n", run([order], env))
        expect((0, "[order-17] lamp for Rashmi\n"), shop.stop())
        expect((0, "[order-17] lamp, in a hurry, for shop\n"), stock.stop())
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
