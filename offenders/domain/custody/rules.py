"""Rules of custody: what a detention may say, whose nationality is foreign, what a sender may not.

A person arrested is not held without charge beyond the 96 hours that PACE 1984 s.44(3)(b) sets.
"""

from __future__ import annotations

from enum import StrEnum


class Disposal(StrEnum):
    """How a detention ended."""

    CHARGED = "charged"
    BAILED = "bailed"
    RELEASED_UNDER_INVESTIGATION = "released_under_investigation"
    OUT_OF_COURT = "out_of_court"
    NO_FURTHER_ACTION = "no_further_action"
    TRANSFERRED = "transferred"
    OTHER = "other"


class Put(StrEnum):
    """What became of a want on its person's detention."""

    PUT_FORWARD = "put_forward"
    CLOSED = "closed"
