"""The port through which messages leave: what a transport is given, and what it may say."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from uuid import UUID


@dataclass(frozen=True)
class Parcel:
    """A message as it is sent: its stable id, and its bytes, the same on every try."""

    id: UUID
    force: str
    type: str
    # It names people: left out of repr, so that no log shows it.
    body: bytes = field(repr=False)
    number: int = 1
    is_repeat: bool = False
    recipient: UUID | None = None  # the subscription it is for, if it is for one


@dataclass(frozen=True)
class Receipt:
    """That the receiver has it; `had_it` where it says that it had it before."""

    had_it: bool = False


class NotDelivered(Exception):
    """The receiver has certainly not taken it; `fault` is a word for the kind, never its text."""

    def __init__(
        self, fault: str, *, pause: timedelta = timedelta(0), is_away: bool = False
    ) -> None:
        """Keep the pause it asks for; `is_away` where the next message would fare the same."""
        super().__init__(fault)
        self.fault, self.pause, self.is_away = fault, pause, is_away


class Unanswered(Exception):
    """It was sent and not answered: the receiver may have it or not."""

    def __init__(self, fault: str) -> None:
        """Keep a word for the kind."""
        super().__init__(fault)
        self.fault = fault


class Transport(Protocol):
    """Sends one parcel; any number may send at once."""

    def __call__(self, parcel: Parcel) -> Receipt:
        """Return once the receiver has it for good; raise NotDelivered or Unanswered."""
