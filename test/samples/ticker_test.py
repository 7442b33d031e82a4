#!/usr/bin/env python3
"""Follows a stock ticker with two readers, one of which dies.

usage: ticker_test.py BROKER EXCHANGE
"""

import signal
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "support"))
from running import Running, expect, run, start_broker  # noqa: E402


def main(broker_program, exchange):
    broker, endpoint = start_broker(broker_program)
    env = {"RMI_BROKER": endpoint}
    with broker, Running([exchange, "serve"], env) as service, Running(
        [exchange, "follow", "TEA", "TIN"], env
    ) as both, Running([exchange, "follow", "TIN"], env) as tin:
        both.wait_for("following")
        tin.wait_for("following")
        expect("told 1\ntold 2\ntold 0\n", run([exchange, "trade", "TEA", "2.5", "TIN", "9", "X", "1"], env))
        both.wait_for("TEA 2.5\nTIN 9")
        tin.wait_for("TIN 9")
        tin.stop(signal.SIGKILL)
        while run([exchange, "listeners"], env) != "1\n":
            pass
        run([exchange, "trade", "TIN", "8.5"], env)
        run([exchange, "close"], env)
        code, output = both.finish()
        expect(0, code)
        expect("following\nTEA 2.5\nTIN 9\nTIN 8.5\nclosed\n", output)
        expect(0, service.stop()[0])
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
