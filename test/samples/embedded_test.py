#!/usr/bin/env python3
"""Runs the greeting whose broker lives in the same process. usage: embedded_test.py PROGRAM"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "support"))
from running import expect, run  # noqa: E402

expect("Hi welcome Rashmi\n", run([sys.argv[1]]))
