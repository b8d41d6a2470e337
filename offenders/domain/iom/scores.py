"""Working out scores from what is recorded here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import text

from offenders.domain.iom import store
from offenders.domain.iom.figures import HARM, SCORE, exact_figures
from offenders.domain.iom.scoring import SOURCES, score
from offenders.errors import Invalid

if TYPE_CHECKING:
    from datetime import date
    from uuid import UUID

    from sqlalchemy.orm import Session

_RANKS: Final = ("very_high", "high", "medium", "low")
_WANTED_RISK = text("""
    SELECT DISTINCT replace(risk, 'standard', 'low') FROM wants
    WHERE force = :force AND person_id = :person_id AND state = 'outstanding'
""")
RISK_SOURCE: Final = (
    "The gravest of the risk recorded with the membership and that of the person's outstanding"
    " wants, both as they stand now; a want's standard risk counts as low."
)


def score_of(
    session: Session, person_id: UUID, risk: str | None, on: date, *, asked_by: str = "/on"
) -> dict[str, Any]:
    """Give the score of somebody on a day; each figure, offence and source is shown.

    Raises Invalid of the field `asked_by` for a day on which no figures were in force.
    """
    figures, explained = exact_figures(session, [SCORE, HARM], on)
    if not figures[SCORE]:
        message = f"No figures of the score were in force then (rule {SCORE}). Send a later day."
        raise Invalid.field(asked_by, message)
    offences = store.offences_of(session, [person_id])[person_id]
    values = {"force": session.info["force"], "person_id": person_id}
    risks = {risk, *session.execute(_WANTED_RISK, values).scalars()}
    gravest = next((each for each in _RANKS if each in risks), None)
    found = score(offences, gravest, figures[SCORE], figures[HARM], on)
    return found | {
        "sources": {**SOURCES, "risk": RISK_SOURCE},
        "figures": explained,
    }
