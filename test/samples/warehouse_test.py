#!/usr/bin/env python3
"""The tutorial: a local warehouse, a served one, and a run on its couch.

usage: warehouse_test.py BROKER PHASE1 SERVICE PHASE2 PHASE3
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "support"))
from running import Running, expect, run, start_broker  # noqa: E402


LOCAL = """\
This is Janet.
The warehouse has: chair bike flashlight laptop couch
What to store? Janet stored the lamp.
What to take? Sorry, there is no car here.
Thank you, come again!
This is Henry.
The warehouse has: chair bike flashlight laptop couch lamp
What to store? What to take? Henry took the lamp.
Thank you, come again!
"""
REMOTE = """\
This is Henry.
The warehouse has: chair bike flashlight laptop couch lamp
What to store? What to take? Sorry, there is no car here.
Thank you, come again!
"""


def main(broker_program, phase1, service_program, phase2, phase3):
    expect(LOCAL, run([phase1], stdin="lamp\ncar\n\nlamp\n"))
    broker, endpoint = start_broker(broker_program)
    env = {"RMI_BROKER": endpoint}
    with broker, Running([service_program], env) as service:
        service.wait_for("is open")
        run([phase2, "Janet"], env, stdin="lamp\n\n")
        expect(REMOTE, run([phase2, "Henry"], env, stdin="\ncar\n"))
        expect("1 got the couch, 19 came late\n", run([phase3], env))
        code, output = service.stop()
        expect(0, code)
        expect(True, "Janet stored the lamp." in output)
        expect(1, output.count("took the couch."))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
