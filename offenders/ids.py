"""Identifiers that carry their force, and references that can be spoken on the radio."""

from __future__ import annotations

import re
import secrets
import struct
import time
from base64 import b32encode
from uuid import UUID

# Crockford's base 32: no I, L, O or U, so that nothing is misheard or misread.
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_SPOKEN = bytes.maketrans(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", _ALPHABET.encode())
_REFERENCE = re.compile(rf"[A-Z][0-9]{{2}}-[{_ALPHABET}]{{4}}-[{_ALPHABET}]{{4}}")
_MISREAD = str.maketrans({"I": "1", "L": "1", "O": "0"})


def new_id(force: str) -> UUID:
    """Make an RFC 9562 UUIDv8: 48 bits of milliseconds, 12 of the force, 62 random.

    The milliseconds only make keys sort by time of making; no rule reads them.
    """
    return new_ids(force, 1)[0]


def new_ids(force: str, count: int) -> list[UUID]:
    """Make many ids as `new_id` does, with one read of randomness."""
    milliseconds = time.time_ns() // 1_000_000
    start = (milliseconds & 0xFFFF_FFFF_FFFF) << 80 | 0x8 << 76 | int(force) << 64 | 0b10 << 62
    drawn = struct.unpack(f"={count}Q", secrets.token_bytes(8 * count))
    return [UUID(int=start | each >> 2) for each in drawn]


def force_of(record_id: UUID) -> str:
    """Read the two-digit force code back from an id."""
    return f"{(record_id.int >> 64) & 0xFFF:02d}"


def new_reference(kind: str, force: str) -> str:
    """Make a spoken reference such as `W33-7K3M-Q2XD`; `kind` is its first letter."""
    return new_references(kind, force, 1)[0]


def new_references(kind: str, force: str, count: int) -> list[str]:
    """Make many references as `new_reference` does, with one read of randomness."""
    drawn = b32encode(secrets.token_bytes(5 * count)).translate(_SPOKEN).decode()
    start = f"{kind}{force}-"
    return [
        f"{start}{drawn[at : at + 4]}-{drawn[at + 4 : at + 8]}" for at in range(0, 8 * count, 8)
    ]


def as_reference(text: str) -> str:
    """Read a reference as typed: any case, dashes or spaces left out, I, L and O misread."""
    compact = "".join(text.upper().split()).replace("-", "")
    code = compact[3:].translate(_MISREAD)
    return f"{compact[:3]}-{code[:4]}-{code[4:]}"


def is_reference(text: str) -> bool:
    """Tell whether this is written like a spoken reference."""
    return _REFERENCE.fullmatch(as_reference(text)) is not None


def as_uuid(text: str) -> UUID | None:
    """Read a UUID in its ordinary written form; anything else is None."""
    try:
        value = UUID(text)
    except ValueError:
        return None
    return value if str(value) == text.lower() else None
