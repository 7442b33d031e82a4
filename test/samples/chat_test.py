#!/usr/bin/env python3
"""Three people chat; one of them dies, and everybody is told.

usage: chat_test.py BROKER CHAT
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "support"))
from running import Running, expect, run, start_broker  # noqa: E402


def main(broker_program, chat):
    broker, endpoint = start_broker(broker_program)
    env = {"RMI_BROKER": endpoint}

    def enter(name):
        return Running([chat, name], env, typed=True)

    with broker, Running([chat, "serve"], env) as room, enter("Ann") as ann:
        ann.wait_for("Ann enters")
        expect("Ann is here already\n", run([chat, "Ann"], env, code=1))
        with enter("Bob") as bob, enter("Eve") as eve:
            for other in (bob, eve):
                other.wait_for(r"(Bob|Eve) enters")
            ann.wait_for(r"Bob enters(.*\n)*")
            ann.wait_for(r"Eve enters(.*\n)*")
            ann.type("hello")
            for somebody in (ann, bob, eve):
                somebody.wait_for("Ann: hello")
            bob.type("hi")
            eve.wait_for("Bob: hi")
            eve.process.kill()
            ann.wait_for("Eve leaves")
            expect(0, bob.end_input()[0])
            ann.wait_for("Bob leaves")
        expect(0, ann.end_input()[0])
        expect(0, room.stop()[0])
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
