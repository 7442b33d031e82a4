#!/usr/bin/env python3
"""Workers come, go and die, and every number is factorized.

usage: jobs_test.py BROKER QUEUE
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "support"))
from running import Running, expect, run, start_broker  # noqa: E402


# A product of two primes that takes a while: its worker is killed over it.
LONG = 1_000_003 * 1_000_000_007 * 1009


def main(broker_program, queue):
    broker, endpoint = start_broker(broker_program)
    env = {"RMI_BROKER": endpoint}
    with broker, Running([queue, "serve"], env) as service:
        with Running([queue, "ask", "12", "97"], env) as early:  # before there is any worker
            with Running([queue, "work"], env) as one, Running([queue, "work"], env) as two:
                one.wait_for("Ready")
                two.wait_for("Ready")
                expect((0, "12 = 2 2 3\n97 = 97\n"), early.finish())
                numbers = [str(number) for number in range(1000, 1040)]
                expect(40, run([queue, "ask", *numbers], env).count(" = "))
                one.output = two.output = ""
                with Running([queue, "ask", *[str(LONG)] * 3], env) as asking:
                    one.wait_for(f"working on {LONG}")
                    two.wait_for(f"working on {LONG}")
                    one.process.kill()  # the other one does it all
                    code, output = asking.finish()
                    expect((0, f"{LONG} = 1009 1000003 1000000007\n" * 3), (code, output))
                expect(0, two.stop()[0])
        expect(0, service.stop()[0])
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
