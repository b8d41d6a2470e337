"""Counting what was found, and writing it down as a page and as data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bench.asking import percentile

if TYPE_CHECKING:
    from bench.queries import Query
    from bench.scorecard import Marks

ALL = "all"
_AMBIGUOUS = """A query is ambiguous where more than ten others bear exactly the name that was meant
(and the date of birth, where it was said); those are counted apart."""


@dataclass
class Row:
    """One kind of query: how many, how many found, those too many could be meant by, and times."""

    queries: int = 0
    found: int = 0
    ambiguous: int = 0
    ambiguous_found: int = 0
    seconds: list[float] = field(default_factory=list)

    @property
    def recall(self) -> float:
        """Give how many in a hundred were found of those that can be told apart."""
        return 100 * self.found / self.queries if self.queries else 100.0

    def percentile(self, share: float) -> float:
        """Give the latency, in milliseconds, that this share of the queries kept."""
        return percentile(self.seconds, share)


@dataclass
class Score:
    """The whole card."""

    people: int
    forces: int
    processor_milliseconds: float = 0.0
    rows: dict[str, Row] = field(default_factory=lambda: {ALL: Row()})
    conditions: dict[str, Any] = field(default_factory=dict)

    def add(self, query: Query, seconds: float, *, found: bool) -> None:
        """Count one answer."""
        birth = "with date of birth" if query.born else "name alone"
        for name in (ALL, birth, query.kind):
            row = self.rows.setdefault(name, Row())
            row.seconds.append(seconds)
            if query.is_ambiguous:
                row.ambiguous += 1
                row.ambiguous_found += found
            else:
                row.queries += 1
                row.found += found

    def passes(self, marks: Marks) -> bool:
        """Tell whether all marks are reached."""
        row = self.rows[ALL]
        return (
            row.recall >= marks.recall
            and row.percentile(0.5) < marks.median
            and row.percentile(0.99) < marks.p99
        )


def as_data(score: Score) -> dict[str, Any]:
    """Give the card as data."""
    return {
        **score.conditions,
        "people": score.people,
        "forces": score.forces,
        "processor_ms_per_query": round(score.processor_milliseconds, 2),
        "kinds": {
            name: {
                "queries": row.queries,
                "found": row.found,
                "recall_percent": round(row.recall, 2),
                "ambiguous": row.ambiguous,
                "ambiguous_found": row.ambiguous_found,
                "p50_ms": round(row.percentile(0.5), 1),
                "p99_ms": round(row.percentile(0.99), 1),
            }
            for name, row in score.rows.items()
        },
    }


def as_page(score: Score, marks: Marks) -> str:
    """Give the card as a page."""
    told = score.conditions
    row = score.rows[ALL]
    verdict = "passed" if score.passes(marks) else "BELOW THE MARKS"
    result = (
        f"{verdict}: {row.recall:.1f} % of targets among the first ten (mark {marks.recall:.0f} %),"
        f" median {row.percentile(0.5):.0f} ms (under {marks.median:.0f}),"
        f" p99 {row.percentile(0.99):.0f} ms (under {marks.p99:.0f})."
    )
    how = (
        f"{told['date']}; {told['machine']}; {score.people:,} people in {score.forces} forces;"
        f" {told['clients']} clients, service and database on the same machine; load average"
        f" {told['load_average']}; {score.processor_milliseconds:.1f} ms of processor time a query"
        f" (service and database); seed {told['seed']}. Run by `make scorecard`."
    )
    head = "| query | queries | found | recall % | ambiguous | of those found | p50 ms | p99 ms |"
    lines = ["# Scorecard of search by name", "", result, "", how, "", _AMBIGUOUS, "", head]
    lines.append("|---|---|---|---|---|---|---|---|")
    lines += [
        f"| {name} | {each.queries} | {each.found} | {each.recall:.1f} | {each.ambiguous}"
        f" | {each.ambiguous_found} | {each.percentile(0.5):.1f} | {each.percentile(0.99):.1f} |"
        for name, each in score.rows.items()
    ]
    return "\n".join(lines) + "\n"
