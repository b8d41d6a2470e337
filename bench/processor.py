"""What the machine is, and how much processor time the service and its database took."""

from __future__ import annotations

import os
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")  # a second


def machine() -> str:
    """Name processor and cores."""
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    model = next((line.split(":", 1)[1].strip() for line in lines if "model name" in line), "?")
    return f"{os.cpu_count()} × {model}"


def load_average() -> float:
    """Give how many processes wanted a core in the last minute."""
    return os.getloadavg()[0]


def seconds_of(roots: list[int]) -> float:
    """Add up the processor time of processes and all below them, ended children included."""
    stats = _stats()
    children: dict[int, list[int]] = {}
    for process, (parent, _) in stats.items():
        children.setdefault(parent, []).append(process)
    total, waiting = 0, list(roots)
    while waiting:
        process = waiting.pop()
        total += stats.get(process, (0, 0))[1]
        waiting += children.get(process, [])
    return total / _TICKS


def _stats() -> dict[int, tuple[int, int]]:
    """Give parent and ticks of every process."""
    found = {}
    for path in Path("/proc").iterdir():
        if not path.name.isdigit():
            continue
        try:
            fields = (path / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        except OSError:
            continue  # it has ended meanwhile
        # proc(5): after the name come state, parent and, 11th to 14th, user and system time.
        found[int(path.name)] = (int(fields[1]), sum(map(int, fields[11:15])))
    return found
