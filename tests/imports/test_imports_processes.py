"""Processes are forked by who has one thread: their tests run in a process without workers."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ALONE = Path(__file__).with_name("alone_processes.py")


def test_whatever_becomes_of_one_who_waits_hears_of_it_and_none_stays():
    asked = "-q", "--noconftest", "-p", "no:cacheprovider", "-p", "no:xdist", str(ALONE)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *asked],
        cwd=ALONE.parents[2],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert "7 passed" in done.stdout
