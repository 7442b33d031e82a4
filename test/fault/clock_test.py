#!/usr/bin/env python3
"""A wall clock that jumps by a day: nothing expires that should not, and everything that should.

usage: clock_test.py BROKER ECHO RMI-CALL RMI-NS CLOCK-SHIM
"""

import os
import sys
import tempfile
import time
from pathlib import Path

from scene import Scene  # first: it finds the next ones
from cli import holds, run_all, same
from raw_peer import REPLY, RawPeer
from running import run

DAY = 24 * 3600


def jumps(programs, seconds):
    """A call that spans the jump and several leases, and one that ends by its deadline."""
    with tempfile.TemporaryDirectory() as folder:
        clock = Path(folder) / "clock"
        clock.write_text("0", encoding="ascii")
        os.environ.update(LD_PRELOAD=str(Path(programs[4]).resolve()), RMI_TEST_CLOCK=str(clock))
        try:
            with Scene(programs[:4], ("--lease", "400ms")) as scene, RawPeer(scene.endpoint) as peer:
                before = scene.registration("echo")
                peer.slow(10, seconds=1.2)
                clock.write_text(str(seconds), encoding="ascii")
                peer.takes(REPLY, 10)
                result = scene.call("echo", "slow", "1h", "--timeout", "300ms", "--json")
                same(result.code, 4)
                scene.works()
                same(scene.registration("echo"), before)
            off = int(run(["date", "+%s"])) - time.time()  # as programs see it
            holds(abs(off - seconds) < 60, f"the clock has jumped by {off} s")
        finally:
            del os.environ["LD_PRELOAD"], os.environ["RMI_TEST_CLOCK"]


def forwards(programs):
    """a wall clock that jumps forwards by two days ends no call and no lease"""
    jumps(programs, 2 * DAY)


def backwards(programs):
    """a wall clock that jumps back by two days lets calls end by their deadlines"""
    jumps(programs, -2 * DAY)


TESTS = [forwards, backwards]

if __name__ == "__main__":
    sys.exit(run_all(TESTS, sys.argv[1:]))
