"""What makes the figures of a force unreliable: each kind, how it is found, who mends it and how.

A row is in a list for as long as its cause lasts; nothing has to be ticked off.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from offenders.domain.wanted.rules import Reason


@dataclass(frozen=True)
class Kind:
    """One kind of doubt; `condition` is SQL over `w` (wants) or `p` (wanted people)."""

    name: str
    subject: str
    title: str
    action: str
    who: str
    condition: str = ""


_OFFICER: Final = "SELECT FROM officers o WHERE o.force = w.force AND o.code = w.owner_officer"
_TEAM: Final = "SELECT FROM teams t WHERE t.force = w.force AND t.code = w.owner_team"
_OF_A_CRIME: Final = f"w.reason IN ('{Reason.NAMED_SUSPECT}', '{Reason.FAILED_TO_ANSWER_BAIL}')"
_WARRANT: Final = f"w.reason = '{Reason.COURT_WARRANT}'"

_WANT_KINDS: Final = (
    Kind(
        "owners-left",
        "want",
        "Outstanding wants owned by an officer who has left.",
        "Hand the want over: POST /v1/wanted/{id}/handovers with a reason.",
        "the supervisor of the area",
        f"EXISTS ({_OFFICER} AND o.left_on < :today)",
    ),
    Kind(
        "closed-teams",
        "want",
        "Outstanding wants owned by a team that has closed.",
        "Hand the want over: POST /v1/wanted/{id}/handovers with a reason.",
        "the supervisor of the area",
        f"EXISTS ({_TEAM} AND t.closed_on < :today)",
    ),
    Kind(
        "unknown-officers",
        "want",
        "Outstanding wants owned by a collar number that the force has not named.",
        "Name the officer: PUT /v1/officers/{code} or import `officers`; else hand the want over.",
        "the force's administrator; the supervisor of the area",
        f"w.owner_officer IS NOT NULL AND NOT EXISTS ({_OFFICER} AND o.is_confirmed)",
    ),
    Kind(
        "wants-without-area",
        "want",
        "Outstanding wants that lie in no local policing area.",
        "Place the want: PATCH /v1/wanted/{id} with lpa or neighbourhood, or add the address.",
        "the owner",
        "w.lpa IS NULL AND w.neighbourhood IS NULL",
    ),
    Kind(
        "wants-without-offence",
        "want",
        "Outstanding named suspects and failures to answer bail without an offence code.",
        "Add it: PATCH /v1/wanted/{id} with offence_code; GET /v1/offences?q= finds it.",
        "the owner",
        f"{_OF_A_CRIME} AND w.offence_code IS NULL",
    ),
    Kind(
        "wants-without-crime",
        "want",
        "Outstanding named suspects and failures to answer bail without a crime reference.",
        "Add it: PATCH /v1/wanted/{id} with crime_reference. Until then no crime is counted.",
        "the owner",
        f"{_OF_A_CRIME} AND w.crime_reference IS NULL",
    ),
    Kind(
        "wants-without-power",
        "want",
        "Outstanding wants, warrants apart, without a power of arrest.",
        "Add it: PATCH /v1/wanted/{id} with power. Until then officers are told to confirm first.",
        "the owner",
        f"NOT {_WARRANT} AND w.power IS NULL",
    ),
    Kind(
        "warrants-without-number",
        "want",
        "Outstanding court warrants without their number.",
        "Add it: PATCH /v1/wanted/{id} with warrant_number.",
        "the owner",
        f"{_WARRANT} AND w.warrant_number IS NULL",
    ),
)
_PERSON_KINDS: Final = (
    Kind(
        "people-without-area",
        "person",
        "Wanted people whose current address lies in no known neighbourhood.",
        "Add an address with a point or neighbourhood: POST /v1/people/{id}/addresses.",
        "an investigator",
        "p.lpa IS NULL",
    ),
    Kind(
        "missing-dates-of-birth",
        "person",
        "Wanted people without a date of birth.",
        "Add it: PATCH /v1/people/{id} with date_of_birth.",
        "an investigator",
        "p.date_of_birth IS NULL",
    ),
    Kind(
        "approximate-dates-of-birth",
        "person",
        "Wanted people whose date of birth is approximate.",
        "Confirm it: PATCH /v1/people/{id} with date_of_birth and date_of_birth_precision exact.",
        "an investigator",
        "p.date_of_birth IS NOT NULL AND p.date_of_birth_precision = 'approximate'",
    ),
)
IDENTIFIERS: Final = Kind(
    "invalid-identifiers",
    "identifier",
    "Identifiers that fail their check; kept as sent, and never matched.",
    "Find the right one on the source record, and add it: POST /v1/people/{id}/identifiers.",
    "an investigator; the sender corrects the source",
)
DUPLICATES: Final = Kind(
    "duplicates",
    "duplicate",
    "Pairs of people who may be one person.",
    "Compare both records, and decide: POST /v1/data-quality/duplicates/{id}/decisions.",
    "an investigator or supervisor",
)
KINDS: Final = {kind.name: kind for kind in (*_WANT_KINDS, *_PERSON_KINDS, IDENTIFIERS, DUPLICATES)}
