"""Runs the web workers and the scheduler as children, ends them in order, leaves none behind."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from offenders.bundled import kept, with_both

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from offenders.settings import Settings

ROOT = Path(__file__).parent.parent
STOP_SECONDS = 35  # gunicorn.conf.py lets requests run on for 30
YOUNG_SECONDS = 5  # who ends sooner after a start would only end again
READY_SECONDS = 60
BACKLOG = 2048
PR_SET_PDEATHSIG = 1  # linux/prctl.h

_STOPPING = frozenset({signal.SIGINT, signal.SIGTERM, signal.SIGHUP})
_HELD = _STOPPING | {signal.SIGCHLD}
_LIBC = ctypes.CDLL(None)


class ServingError(RuntimeError):
    """The service can't start or go on; the message says what to do."""


@dataclass(frozen=True)
class Plan:
    """How to serve: how many web workers, and whether the scheduler runs along."""

    workers: int
    scheduler: bool


@contextlib.contextmanager
def lasting_database(settings: Settings) -> Iterator[tuple[Settings, tuple[int, ...]]]:
    """Give the settings with both addresses, and what the children hold to keep it up."""
    if settings.is_embedded and settings.owner_url is None:
        with kept(settings.data_dir) as (urls, holds):
            yield with_urls(settings, urls.app, urls.owner), (holds,)
    else:
        yield with_both(settings), ()


def with_urls(settings: Settings, serving: str, owner: str) -> Settings:
    """Put the addresses of the bundled server into the settings."""
    from dataclasses import replace

    return replace(settings, database_url=serving, database_owner_url=owner)
