"""What tests of receiving in lanes share: rows of custody, and all that they leave."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import text

from offenders.db import Work, transaction
from offenders.domain.imports import service

START = datetime(2025, 1, 1, tzinfo=UTC)
PEOPLE = 60


def detention(number, **columns):
    return {
        "source_ref": f"D{number}",
        "custody_number": f"CU/{number}",
        "arrested_at": (START + timedelta(hours=7 * number)).isoformat(),
        "nationality_stated": ("GBR", "POL", None)[number % 3],
    } | columns


def described(number):
    return detention(
        number,
        family_name=f"Surname{number % 7}",
        given_names="Ann",
        date_of_birth=f"1990-01-{1 + number % 25:02}",
        pnc_checked=True,
    )


def known(number, rnd):
    return detention(number, person_source_ref=f"P{rnd.randrange(PEOPLE)}")


def faulty(rows):
    """Send some custody numbers twice, with the same facts and with others, and a bad date."""
    rows[11] |= {"custody_number": "CU/3"}
    rows[30] = rows[29] | {"source_ref": "again"}
    rows[40] |= {"arrested_at": "2199-01-01T00:00:00Z"}
    return rows


class Kept(list):
    def add(self, problems):
        self.extend((each.line, each.severity, each.field, each.problem) for each in problems)


def bring(engine, force, rows, kind="custody", **more):
    kept = Kept()
    summary = service.run_rows(
        engine, force=force, kind=kind, rows=rows, requested_by="test", sink=kept, **more
    )
    return summary, list(kept)


ON_RECORD = {
    "detentions": """
        SELECT d.custody_number, d.arrested_at, d.countries, d.version, p.family_name,
               p.date_of_birth, s.source_ref
        FROM detentions d JOIN persons p ON p.force = d.force AND p.id = d.person_id
        LEFT JOIN import_sources s
          ON s.force = p.force AND s.subject_id = p.id AND s.kind = 'people'
        WHERE d.force = :force""",
    "checks": """
        SELECT d.custody_number, c.country, c.state FROM acro_checks c
        JOIN detentions d ON d.force = c.force AND d.id = c.detention_id
        WHERE c.force = :force""",
    "flags": "SELECT rule, state, count(*) FROM flags WHERE force = :force GROUP BY 1, 2",
    "pairs": """
        SELECT o.family_name, t.family_name, o.date_of_birth, count(*)
        FROM duplicate_candidates c
        JOIN persons o ON o.force = c.force AND o.id = c.person_id
        JOIN persons t ON t.force = c.force AND t.id = c.other_person_id
        WHERE c.force = :force GROUP BY 1, 2, 3""",
    "sources": "SELECT kind, source_ref FROM import_sources WHERE force = :force",
}


def on_record(engine, force):
    with transaction(engine, Work(force, writes=False)) as session:
        return {
            name: sorted(map(str, session.execute(text(sql), {"force": force})))
            for name, sql in ON_RECORD.items()
        }
