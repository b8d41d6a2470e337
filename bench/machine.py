"""The machine, and the processor time that processes have taken."""

from __future__ import annotations

import os
import platform
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

TICK = 1 / os.sysconf("SC_CLK_TCK")  # seconds


@dataclass(frozen=True)
class Seconds:
    """Processor time so far, of the web workers and of the database."""

    service: float
    database: float

    def since(self, before: Seconds) -> Seconds:
        """Give what was taken between the two."""
        return Seconds(self.service - before.service, self.database - before.database)


def taken(data_dir: Path) -> Seconds:
    """Add up the processes of an installation; the postmaster keeps the time of ended backends."""
    service = database = 0.0
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError, ValueError, IndexError):
            fields = (process / "stat").read_text().rsplit(")", 1)[1].split()
            own, of_children = int(fields[11]) + int(fields[12]), int(fields[13]) + int(fields[14])
            if str((process / "cwd").readlink()).startswith(str(data_dir / "postgres")):
                is_postmaster = (process / "cmdline").read_bytes().find(b"postgres\0-D") >= 0
                database += own + (of_children if is_postmaster else 0)
            elif b"gunicorn" in (process / "cmdline").read_bytes():
                environment = (process / "environ").read_bytes()
                if f"OFFENDERS_DATA_DIR={data_dir}\0".encode() in environment:
                    service += own
    return Seconds(service * TICK, database * TICK)


def facts() -> dict[str, str | int]:
    """Say on what the figures were measured."""
    processor = "unknown"
    with suppress(OSError):
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        processor = next(
            (line.split(":", 1)[1].strip() for line in lines if "model name" in line), "unknown"
        )
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**30
    return {
        "processor": processor,
        "cores": os.cpu_count() or 0,
        "memory_gib": memory,
        "python": platform.python_version(),
        "kernel": platform.release(),
    }
