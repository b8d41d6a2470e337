"""Populations of a force and its areas: the denominators of rates, each with year and source.

Nothing is estimated here: without a row there is no rate.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import orjson
from sqlalchemy import text

from offenders.db import recorded_at

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Row
    from sqlalchemy.orm import Session

AREA_TYPES: Final = ("force", "lpa", "neighbourhood")
# A force may count others beside its residents, as the City of London does (forces.md F166).
RESIDENTS: Final = "resident"

_LATEST = """
    SELECT DISTINCT ON (p.area_type, p.area, p.year, p."group") p.*
    FROM populations p
    WHERE p.force = :force AND (CAST(:as_at AS timestamptz) IS NULL OR p.recorded_at <= :as_at)
    ORDER BY p.area_type, p.area, p.year, p."group", p.recorded_at DESC
"""
_ADD = text(f"""
    INSERT INTO populations (force, area_type, area, year, "group", recorded_at, population,
                             source, recorded_by)
    SELECT :force, g.area_type, g.area, g.year, g."group", :at, g.population, g.source, :by
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS g (
        area_type text, area text, year int, "group" text, population int, source text)
    LEFT JOIN ({_LATEST}) k
        ON (k.area_type, k.area, k.year, k."group") = (g.area_type, g.area, g.year, g."group")
    WHERE (k.population, k.source) IS DISTINCT FROM (g.population, g.source)
""")
_LIST = text(f"""
    SELECT json_build_object('force', force, 'area_type', area_type, 'area', area, 'year', year,
               'group', "group", 'population', population, 'source', source,
               'recorded_at', recorded_at)::text,
           area_type, area, year, "group"
    FROM ({_LATEST}) p
    WHERE (CAST(:area_type AS text) IS NULL OR area_type = :area_type)
      AND (CAST(:area AS text) IS NULL OR area = :area)
      AND (area_type, area, year, "group") > (:after_type, :after_area, :after_year, :after_group)
    ORDER BY area_type, area, year, "group" LIMIT :limit
""")
_AREA_EXISTS = text("""
    SELECT CASE :area_type
        WHEN 'force' THEN :area = :force
        WHEN 'lpa' THEN EXISTS (SELECT FROM lpas WHERE force = :force AND code = :area)
        ELSE EXISTS (SELECT FROM neighbourhoods WHERE force = :force AND code = :area) END
""")
_DENOMINATORS = text(f"""
    SELECT DISTINCT ON (area) area, population, year, "group", source
    FROM ({_LATEST}) p
    WHERE area_type = :area_type AND "group" = :group AND year <= :year
    ORDER BY area, year DESC
""")


def area_exists(session: Session, area_type: str, area: str) -> bool:
    """Tell whether the force has this LPA or neighbourhood, or is this force itself."""
    values = {"force": session.info["force"], "area_type": area_type, "area": area}
    return bool(session.execute(_AREA_EXISTS, values).scalar_one())


def put_populations(session: Session, rows: Sequence[Mapping[str, Any]], recorded_by: str) -> None:
    """Add populations (`area_type`, `area`, `year`, `group`, `population`, `source`).

    A row equal to the one in force adds nothing; another one takes its place from now on.
    """
    values = {
        "force": session.info["force"],
        "at": recorded_at(session),
        "by": recorded_by,
        "rows": orjson.dumps(list(rows)).decode(),
        "as_at": None,
    }
    session.execute(_ADD, values)


def list_populations(
    session: Session,
    *,
    area_type: str | None,
    area: str | None,
    after: Sequence[Any] | None,
    limit: int,
) -> list[Row[Any]]:
    """Give the populations in force, as (json, area type, area, year, group)."""
    names = ("after_type", "after_area", "after_year", "after_group")
    values = {
        "force": session.info["force"],
        "as_at": None,
        "area_type": area_type,
        "area": area,
        "limit": limit,
        **dict(zip(names, after or ("", "", 0, ""), strict=True)),
    }
    return list(session.execute(_LIST, values))


def denominators(session: Session, area_type: str, as_at: datetime, year: int) -> dict[str, Any]:
    """Give residents by area: of the latest year up to `year`, as known at `as_at`."""
    values = {
        "force": session.info["force"],
        "area_type": area_type,
        "as_at": as_at,
        "year": year,
        "group": RESIDENTS,
    }
    return {row.area: row for row in session.execute(_DENOMINATORS, values)}
