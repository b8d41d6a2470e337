"""What PNC holds of the wants: nearly all as the register says, and a handful of each slip."""

from __future__ import annotations

from typing import TYPE_CHECKING

from offenders.seed.rows import repeatable
from offenders.seed.serials import Serials

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from random import Random

    from offenders.seed.rows import Row

MOST = 5  # of each slip
SHARE = 25  # one of so many at the most
SLIPS = ("lacking", "reference", "offence", "report type", "name", "twice")
OTHER_OFFENCES = ("TH68010", "TH68036", "OF61102", "CJ88144")
STRANGERS = (
    ("Madeupson", "Casey", "1988-04-17"),
    ("Notreal", "Jordan", "1979-11-02"),
    ("Fictive", "Robin", "1993-08-29"),
)
IDENTITY = ("family_name", "given_names", "date_of_birth", "sex", "pnc_id")


def made_up_circulations(
    force: str,
    seed: int,
    wants: Sequence[Row],
    activity: Iterable[Row],
    people: Mapping[str, Row],
) -> Iterator[Row]:
    """Give the rows of a full `pnc-wanted` extract; `people` are rows by their source_ref."""
    return _Maker(force, repeatable("circulations", force, seed), people).rows(wants, activity)


class _Maker:
    def __init__(self, force: str, rnd: Random, people: Mapping[str, Row]) -> None:
        self._force, self._rnd, self._people = force, rnd, people
        self._serials = Serials()

    def rows(self, wants: Sequence[Row], activity: Iterable[Row]) -> Iterator[Row]:
        of_want = {want["source_ref"]: want for want in wants}
        marked = {e["want_source_ref"]: e for e in activity if e["kind"] == "circulation"}
        # PNC IDs tell whose a row is, whatever else of it is wrong.
        known = [ref for ref in marked if "pnc_id" in self._person(of_want[ref])]
        self._rnd.shuffle(known)
        count = max(1, min(MOST, len(known) // SHARE))
        slip_of = dict(zip(known, [slip for slip in SLIPS for _ in range(count)], strict=False))
        for ref, entry in marked.items():
            row = self._row(of_want[ref], entry["pnc_reference"], entry["occurred_at"])
            yield from self._with_slip(row, slip_of.get(ref))
        yield from self._unmarked(wants, set(marked), count)
        yield from self._of_nobody(wants, count)

    def _person(self, want: Row) -> Row:
        return self._people[want["person_source_ref"]]

    def _row(self, want: Row, reference: str, circulated_at: str) -> Row:
        return {
            "source_ref": reference,
            "pnc_reference": reference,
            "offence_code": want["offence_code"],
            "circulated_at": circulated_at,
            "report_type": "wanted",
            **_identity(self._person(want)),
        }

    def _with_slip(self, row: Row, slip: str | None) -> Iterator[Row]:
        if slip == "lacking":
            return
        if slip == "reference":
            other = self._reference()
            row |= {"source_ref": other, "pnc_reference": other}
        elif slip == "offence":
            others = [code for code in OTHER_OFFENCES if code != row["offence_code"]]
            row["offence_code"] = self._rnd.choice(others)
        elif slip == "report type":
            row["report_type"] = "locate_trace"
        elif slip == "name":
            row["family_name"] = f"{row['family_name']}-Madeupson"
        elif slip == "twice":
            other = self._reference()
            yield row | {"source_ref": other, "pnc_reference": other}
        yield row

    def _unmarked(self, wants: Sequence[Row], marked: set[str], count: int) -> Iterator[Row]:
        """Give circulations of wants not marked so here, and of wants that have ended."""
        others = [
            want
            for want in wants
            if want["source_ref"] not in marked and "pnc_id" in self._person(want)
        ]
        self._rnd.shuffle(others)
        for has_ended in (False, True):
            for want in [w for w in others if ("outcome_at" in w) == has_ended][:count]:
                yield self._row(want, self._reference(), want["entered_at"])

    def _of_nobody(self, wants: Sequence[Row], count: int) -> Iterator[Row]:
        """Give circulations of people never wanted, of possible and of unknown people."""
        wanted = {want["person_source_ref"] for want in wants}
        free = [who for ref, who in self._people.items() if ref not in wanted]
        self._rnd.shuffle(free)
        without = [who for who in free if "pnc_id" not in who and "date_of_birth" in who]
        strangers = [
            {"family_name": family, "given_names": given, "date_of_birth": born}
            for family, given, born in STRANGERS
        ]
        with_id = [who for who in free if "pnc_id" in who]
        for who in [*with_id[:count], *without[:count], *strangers[:count]]:
            reference, offence = self._reference(), self._rnd.choice(OTHER_OFFENCES)
            yield {
                "source_ref": reference,
                "pnc_reference": reference,
                "offence_code": offence,
                "report_type": "wanted",
                **_identity(who),
            }

    def _reference(self) -> str:
        return f"{self._force}X{self._serials.take('circulation', 999_983):06}"


def _identity(who: Row) -> Row:
    return {name: who[name] for name in IDENTITY if name in who}
