"""Runs pytest where an interrupt is one, however it was started: `python tests/support/interruptible.py ARGUMENTS`.

A shell has what it starts in the background ignore interrupts, and every child inherits that. The engine ends its
plugins by an interrupt and waits five seconds for one that ignores it, and tests of Ctrl-C would wait for ever.
"""

import os
import signal
import sys

signal.signal(signal.SIGINT, signal.SIG_DFL)
os.execv(sys.executable, [sys.executable, "-m", "pytest", *sys.argv[1:]])  # noqa: S606 - pytest takes the place of this process
