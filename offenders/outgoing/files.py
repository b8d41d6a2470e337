"""Sends a message as a file: written aside, made durable, and renamed into its directory.

The name is the message's id, so that a message sent again takes the same place. Whoever reads the
directory takes files ending in `.json` and may move or delete them.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from offenders.domain.outbox.port import NotDelivered, Receipt

if TYPE_CHECKING:
    from pathlib import Path

    from offenders.domain.outbox.port import Parcel


@dataclass(frozen=True)
class FileTransport:
    """Puts each parcel into `directory` as `<force>-<id>.json`, readable by the owner alone."""

    directory: Path

    def __call__(self, parcel: Parcel) -> Receipt:
        """Write and rename; a file that is there already is left as it is."""
        try:
            self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            place = self.directory / f"{parcel.force}-{parcel.id}.json"
            if place.exists():
                return Receipt(had_it=True)
            # A fixed name: what a crash left half written is written over.
            aside = self.directory / f".{parcel.force}-{parcel.id}.part"
            _write(aside, parcel.body)
            aside.rename(place)
            _make_durable(self.directory)
        except OSError as error:
            fault = f"file-{type(error).__name__}"
            raise NotDelivered(fault, is_away=True) from error
        return Receipt()


def _write(path: Path, body: bytes) -> None:
    number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(number, "wb") as file:
        file.write(body)
        file.flush()
        os.fsync(file.fileno())


def _make_durable(directory: Path) -> None:
    number = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
