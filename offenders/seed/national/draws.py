"""Repeatable chance in SQL: the same key, purpose and seed always draw the same value.

Every function gives a fragment of SQL. A key is a bigint that stands for a person, a want or an
event; hashing it with a salt of the purpose costs some thirty nanoseconds and needs no state, so
rows can be made in any order and by any number of connections.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING

from offenders.domain.identifiers import LETTERS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from offenders.seed.weighted import T, Weighted

_SPAN = 1 << 32
_RANDOM_BITS = (1 << 62) - 1
_VARIANT = "CAST('-9223372036854775808' AS bigint)"  # the top bit of the lower half
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # as ids.py writes references
_ODD = 677_431_891_553  # multiplying by it maps the numbers below 2**40 onto themselves


class Draws:
    """The chance of one seed."""

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def salt(self, what: str) -> int:
        """Give the salt of a purpose."""
        digest = blake2b(f"{self._seed} {what}".encode(), digest_size=8).digest()
        return int.from_bytes(digest, "big") >> 2

    def chance(self, key: str, what: str) -> str:
        """Give a float from 0 to below 1."""
        hashed = f"hashint8extended({key}, {self.salt(what)})"
        return f"(CAST({hashed} & {_SPAN - 1} AS float8) / {_SPAN}.0)"

    def whole(self, key: str, what: str, span: str | int) -> str:
        """Give a whole number from 0 to below `span`."""
        return f"CAST(floor({self.chance(key, what)} * ({span})) AS int)"

    def drawn(self, values: Weighted[str], key: str, what: str) -> str:
        """Give one of these texts in proportion to their weights."""
        return chosen(values, self.chance(key, what))

    def one_of(self, values: Sequence[str], key: str, what: str) -> str:
        """Give one of these texts, each as likely as another."""
        return f"({texts(values)})[1 + {self.whole(key, what, len(values))}]"

    def uuid(self, force: str, milliseconds: str, key: str, what: str) -> str:
        """Give an id in the layout of ids.new_id."""
        high = f"lpad(to_hex((({milliseconds}) << 16) | {0x8000 | int(force)}), 16, '0')"
        random = f"hashint8extended({key}, {self.salt(what)}) & {_RANDOM_BITS}"
        return f"CAST({high} || to_hex(({random}) | {_VARIANT}) AS uuid)"

    def reference(self, kind: str, force: str, number: str) -> str:
        """Give a spoken reference as ids.new_reference; numbers below 2**22 never meet."""
        shift = self.salt(f"reference {kind} {force}") % (1 << 40)
        code = f"((CAST({number} AS bigint) * {_ODD} + {shift}) & {(1 << 40) - 1})"
        letters = [
            f"substr('{_ALPHABET}', 1 + CAST(({code} >> {bits}) & 31 AS int), 1)"
            for bits in range(35, -5, -5)
        ]
        return (
            f"'{kind}{force}-' || {' || '.join(letters[:4])} || '-' || {' || '.join(letters[4:])}"
        )


def chosen(values: Weighted[str], chance: str) -> str:
    """Give the text at which this chance falls."""
    return f"({texts(values.values)})[{place(values, chance)}]"


def place(values: Weighted[T], chance: str) -> str:
    """Give the place, counted from 1, of the value at which this chance falls."""
    bounds = [each / values.sums[-1] for each in values.sums[:-1]]
    return f"(1 + width_bucket({chance}, {floats(bounds)}))"


def texts(values: Sequence[str]) -> str:
    """Write texts as an array of SQL."""
    return f"CAST(ARRAY[{', '.join(literal(value) for value in values)}] AS text[])"


def floats(values: Sequence[float]) -> str:
    """Write numbers as an array of SQL."""
    return f"CAST(ARRAY[{', '.join(map(repr, values))}] AS float8[])"


def literal(value: str) -> str:
    """Write a text of our own lists in SQL."""
    return "'" + value.replace("'", "''") + "'"


def check_letter(number: str) -> str:
    """Give the letter that ends a PNC ID or CRO number."""
    return f"substr('{LETTERS}', 1 + CAST(({number}) % 23 AS int), 1)"


def slots(values: Weighted[T], count: int) -> list[T]:
    """Lay the values out over so many places, each with its share of them."""
    sums, place, laid = values.sums, 0, []
    for slot in range(count):
        while sums[place] <= (slot + 0.5) / count * sums[-1]:
            place += 1
        laid.append(values.values[place])
    return laid
