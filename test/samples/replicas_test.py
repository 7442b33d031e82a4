#!/usr/bin/env python3
"""Two daemons serve one name, and one of them leaves.

usage: replicas_test.py BROKER RMI_NS CLOCK
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "support"))
from running import Running, expect, run, start_broker  # noqa: E402


def main(broker_program, rmi_ns, clock):
    broker, endpoint = start_broker(broker_program)
    env = {"RMI_BROKER": endpoint}
    with broker, Running([clock, "serve", "first"], env) as first, Running(
        [clock, "serve", "second"], env
    ) as second:
        first.wait_for("Ready")
        second.wait_for("Ready")
        shown = run([rmi_ns, "list"], env).splitlines()
        expect(2, sum(line.startswith("clock") for line in shown))
        with Running([clock], env, typed=True) as asking:
            asking.wait_for("Type lines")
            expect(["first answered many", "second answered many"], asking.output.splitlines()[:2])
            asking.type("")
            stuck_to = asking.wait_for("this is (first|second)").split()[-1]
            for _ in range(5):
                asking.output = ""
                asking.type("")
                asking.wait_for(f"this is {stuck_to}")
            leaving, staying = (first, "second") if stuck_to == "first" else (second, "first")
            expect(0, leaving.stop()[0])
            asking.output = ""
            asking.type("")
            asking.wait_for(f"this is {staying}")
            expect(0, asking.end_input()[0])
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
