"""Ending with the process that started this one."""

from __future__ import annotations

import ctypes
import os
import signal

PR_SET_PDEATHSIG = 1  # linux/prctl.h

_LIBC = ctypes.CDLL(None)


def end_with_parent() -> None:
    """Have the kernel send SIGTERM when the process that started this one ends."""
    _LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)


def begin_child_of(parent: int) -> None:
    """Begin a process forked from `parent`: it ends with it, even if that has ended by now."""
    end_with_parent()
    if os.getppid() != parent:
        os._exit(1)
