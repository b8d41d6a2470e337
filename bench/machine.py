"""The machine, and the processor time that processes have taken: what /proc tells."""

from __future__ import annotations

import os
import platform
import re
from contextlib import suppress
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")  # a second


def seconds_of(root: int) -> float:
    """Add up the processor time of a process and all below it, ended children included."""
    stats = _stats()
    children: dict[int, list[int]] = {}
    for process, (parent, _) in stats.items():
        children.setdefault(parent, []).append(process)
    total, waiting = 0, [root]
    while waiting:
        process = waiting.pop()
        total += stats.get(process, (0, 0))[1]
        waiting += children.get(process, [])
    return total / _TICKS


def _stats() -> dict[int, tuple[int, int]]:
    """Give parent and ticks of every process."""
    found = {}
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has ended meanwhile
            fields = (process / "stat").read_text().rpartition(")")[2].split()
            # proc(5): after the name come state, parent and, 11th to 14th, user and system time.
            found[int(process.name)] = (int(fields[1]), sum(map(int, fields[11:15])))
    return found


def peak_megabytes() -> float:
    """Give the most memory that this process has held; unlike ru_maxrss not its parent's."""
    peak = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return int(peak[1]) / 1024 if peak else 0.0


def facts() -> dict[str, str | int]:
    """Say on what the figures were measured."""
    model = re.search(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text())
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**30
    return {
        "processor": model[1] if model else "unknown",
        "cores": os.cpu_count() or 0,
        "memory_gib": memory,
        "python": platform.python_version(),
        "kernel": platform.release(),
    }
