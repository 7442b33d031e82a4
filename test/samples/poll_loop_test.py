#!/usr/bin/env python3
"""Types cities into the sample that has a poll loop of its own, and waits for what it answers.

usage: poll_loop_test.py BROKER WEATHER POLL_LOOP
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "support"))
from running import Running, expect, run, start_broker  # noqa: E402


def main(broker_program, weather, poll_loop):
    broker, endpoint = start_broker(broker_program)
    env = {"RMI_BROKER": endpoint}
    with broker, Running([weather, "serve"], env) as service:
        run([weather], env)  # so the service is there
        with Running([poll_loop], env, typed=True) as loop:
            loop.type("Pune")
            loop.wait_for(r"Pune: 31")
            loop.type("Atlantis Quito")
            loop.wait_for(r"Atlantis: \?")
            loop.wait_for(r"Quito: 15")
            loop.type("Oslo")
            code, output = loop.end_input()  # what is under way still comes
            expect(0, code)
            expect(True, "Oslo: -7" in output)
        expect(0, service.stop()[0])
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
