"""Routes for the officer on the street: the offenders of a ward."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from offenders.api.operations import Routes
from offenders.api.permissions import Operation
from offenders.api.readings import Asked, read_route
from offenders.api.schemas import street as schemas
from offenders.domain.briefings.offenders import WardQuestion, reading_of_ward
from offenders.domain.briefings.seeing import PERMISSION, street_sight
from offenders.domain.changes.service import view_of

if TYPE_CHECKING:
    from offenders.api.pages import Page
    from offenders.domain.reading import Reading

routes = Routes("street", __name__, url_prefix="/v1", description="On the street")


@read_route(
    routes,
    "/neighbourhoods/<code>/offenders",
    Operation("street.ward", PERMISSION, "area", "consultation", asks_reason=True),
    query=schemas.WardQuery,
    answer=schemas.OffenderPage,
    is_paged=True,
    is_for_device=True,
)
def list_offenders(asked: Asked, code: str) -> Reading:
    """List who in a ward is wanted, in IOM, under an order, registered or in MAPPA, by risk.

    Somebody is of the ward where their current address or one of their reasons has its area;
    an address that is protected from the reader places nobody. First those who are wanted and
    dangerous. Gzip is given to who accepts it; the ETag covers all that is shown but `as_of`.
    """
    page = cast("Page", asked.page)
    seen = street_sight(asked.actor, asked.force)
    question = WardQuestion(
        seen,
        code,
        asked.now,
        asked.query.get("reason"),
        asked.query.get("near"),
        view_of(asked.actor, asked.force).id,
    )
    return reading_of_ward(question, page.after, page.limit)
