"""Identifiers that carry their force, and references that can be spoken on the radio."""

from __future__ import annotations

import re
import secrets
import time
from uuid import UUID

# Crockford's base 32: no I, L, O or U, so that nothing is misheard or misread.
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_REFERENCE = re.compile(rf"[A-Z][0-9]{{2}}-[{_ALPHABET}]{{4}}-[{_ALPHABET}]{{4}}")
_MISREAD = str.maketrans({"I": "1", "L": "1", "O": "0"})


def new_id(force: str) -> UUID:
    """Make an RFC 9562 UUIDv8: 48 bits of milliseconds, 12 of the force, 62 random.

    The milliseconds only make keys sort by time of making; no rule reads them.
    """
    milliseconds = time.time_ns() // 1_000_000
    value = (
        (milliseconds & 0xFFFF_FFFF_FFFF) << 80
        | 0x8 << 76
        | int(force) << 64
        | 0b10 << 62
        | secrets.randbits(62)
    )
    return UUID(int=value)


def force_of(record_id: UUID) -> str:
    """Read the two-digit force code back from an id."""
    return f"{(record_id.int >> 64) & 0xFFF:02d}"


def new_reference(kind: str, force: str) -> str:
    """Make a spoken reference such as `W33-7K3M-Q2XD`; `kind` is its first letter."""
    code = "".join(secrets.choice(_ALPHABET) for _ in range(8))
    return f"{kind}{force}-{code[:4]}-{code[4:]}"


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
