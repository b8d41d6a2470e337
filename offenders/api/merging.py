"""Routes of merges: joining two records of one person, showing a merge, undoing it in full."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from offenders.api.calls import Answer, Call
from offenders.api.operations import Routes, route
from offenders.api.permissions import Operation
from offenders.api.schemas import merging as schemas
from offenders.domain.access import may
from offenders.domain.merging import service
from offenders.domain.merging.service import Joining
from offenders.domain.wanted.service import Asker

if TYPE_CHECKING:
    from collections.abc import Iterator

routes = Routes("merging", __name__, url_prefix="/v1", description="Merges of people")

# Whoever may not read these may not be told either that a person has any.
_SEEN_BY = {
    "acro_checks": "acro:read",
    "acro_convictions": "acro:read",
    "bail_records": "bail:read",
    "detentions": "custody:read",
    "flags": "flags:read",
    "forensic_hits": "forensics:read",
    "iom_decisions": "iom:read",
    "iom_members": "iom:read",
    "iom_nominations": "iom:read",
    "managements": "flags:read-public-protection",
    "mappa_cases": "flags:read-public-protection",
    "orders": "orders:read",
    "registrations": "flags:read-public-protection",
    "wants": "wanted:read",
}
_READ, _MERGE = "persons:read", "persons:merge"


@route(
    routes,
    "POST",
    "/people/<person>/merges",
    Operation("persons.merge", _MERGE, "force", "combination"),
    body=schemas.MergeBody,
    answer=schemas.MergeAnswer,
    status=201,
    if_match=True,
)
def merge_people(call: Call, person: str) -> Answer:
    """Join another record to this one, which then stands for both; the other answers with it."""
    body = call.body
    joining = Joining(
        asker=_asker(call),
        survivor=person,
        other=body["other_person_id"],
        other_version=body["other_version"],
        reason=body["reason"],
        if_match=call.if_match,
        keep_name_of=body["keep_name_of"],
        keep_date_of_birth_of=body["keep_date_of_birth_of"],
        confirmed=body["confirmed"],
    )
    with _telling(call):
        merge_id = service.merge_people(call.session, joining)
    return _shown(call, str(merge_id), 201)


@route(
    routes,
    "GET",
    "/merges/<merge>",
    Operation("persons.read-merge", _READ, "force", "consultation", asks_reason=True),
    answer=schemas.MergeAnswer,
)
def read_merge(call: Call, merge: str) -> Answer:
    """Give one merge with how many rows it moved, and its reversal."""
    return _shown(call, merge)


@route(
    routes,
    "POST",
    "/merges/<merge>/reversals",
    Operation("persons.reverse-merge", _MERGE, "force", "combination"),
    body=schemas.ReversalBody,
    answer=schemas.MergeAnswer,
    status=201,
)
def reverse_merge(call: Call, merge: str) -> Answer:
    """Undo a merge: what it moved goes back, what came since stays with the survivor."""
    with _telling(call):
        merge_id = service.reverse_merge(
            call.session,
            written=merge,
            asker=_asker(call),
            reason=call.body["reason"],
            if_match=call.if_match,
        )
    return _shown(call, str(merge_id), 201)


def _asker(call: Call) -> Asker:
    return Asker(call.actor.subject, call.actor.role_text, call.request_id)


@contextmanager
def _telling(call: Call) -> Iterator[None]:
    """Name records that stand in the way only to who may read them."""
    try:
        yield
    except service.Inseparable as refusal:
        if {_main(table) for table in refusal.tables} & set(_unseen(call)):
            raise refusal.untold() from refusal
        raise


def _unseen(call: Call) -> list[str]:
    return [table for table, needed in _SEEN_BY.items() if not may(call.actor, needed)]


def _main(table: str) -> str:
    """Give the table of main records to which one of their parts belongs."""
    return next((each for each in _SEEN_BY if table.startswith(_stem(each))), table)


def _stem(table: str) -> str:
    return table.partition("_")[0].removesuffix("s")


def _shown(call: Call, written: str, status: int = 200) -> Answer:
    merge = service.show_merge(call.session, written, _unseen(call))
    return Answer(
        merge.json.encode(),
        version=merge.version,
        status=status,
        location=f"/v1/merges/{merge.id}" if status == 201 else None,  # noqa: PLR2004 - Created
        subject_type="person",
        subjects=merge.people,
        people=merge.people,
        details={"merge": merge.id},
    )
