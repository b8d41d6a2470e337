"""Sections of a pack about arrests, releases and the checks that they call for; and about bail."""

from __future__ import annotations

from typing import Final

from offenders.domain.meetings.sources import (
    AREA,
    OFFENCE,
    OWN_AREA,
    OWNER,
    List,
    Source,
    known,
    lateness,
    new,
    placed,
    then,
)

_DETENTIONS: Final = f"""
    SELECT d.* FROM detentions_history d
    WHERE d.force = :force AND {then("d")} AND {OWN_AREA.format("d")}
"""
_DETENTION: Final = """
    'custody_number', x.custody_number, 'arrested_at', x.arrested_at, 'station', x.station,
    'offences', (SELECT coalesce(json_agg(coalesce(o.title, c.code) ORDER BY c.place), '[]')
                 FROM unnest(x.offences) WITH ORDINALITY c (code, place)
                 LEFT JOIN offences o ON o.code = c.code),
    'foreign_national', x.foreign_national, 'nationality_unknown', x.nationality_unknown,
    'pnc_checked', x.pnc_checked, 'released_at', x.released_at, 'disposal', x.disposal,
    'lpa', x.lpa
"""
_RELEASED_LATE: Final = f"""
    (d.updated_at > CAST(:previous AS timestamptz) AND NOT EXISTS (
        SELECT FROM detentions_history b WHERE b.force = :force AND b.id = d.id
          AND {then("b", "previous")} AND b.released_at IS NOT NULL))
"""
_BAIL: Final = "/v1/bail-records"
_ON_BAIL: Final = f"""
    SELECT b.*, s.* {placed("bail_records", "b")} AND b.state = 'on_bail'
      AND (b.ends_on IS NULL OR b.ends_on >= CAST(:today AS date))
"""
# Wordings may name victims: whoever checks them reads the record.
_CONDITIONS: Final = """
    'conditions', (SELECT count(*) FROM jsonb_array_elements(x.conditions) c
                   WHERE c ->> 'until' IS NULL),
    'condition_types', (SELECT coalesce(json_agg(DISTINCT c ->> 'type'), '[]')
                        FROM jsonb_array_elements(x.conditions) c WHERE c ->> 'until' IS NULL)
"""
_BREACHES: Final = """
    JOIN bail_actions a ON a.force = b.force AND a.bail_id = b.id
     AND a.kind IN ('breach', 'failure') AND a.recorded_at <= :as_at
"""
_RECORD: Final = f"""
    'state', x.state, {OFFENCE}, 'crime_reference', x.crime_reference, 'bailed_at', x.bailed_at,
    'return_at', x.return_at, 'ends_on', x.ends_on, {_CONDITIONS}, {AREA}, {OWNER}
"""

SOURCES: Final = (
    Source(
        section="arrests",
        subject_type="'detention'",
        rows=f"{_DETENTIONS} AND {new('d.arrested_at', 'd.recorded_at')}",
        facts=_DETENTION,
        order="x.arrested_at, x.id",
        known=known("detentions", by_area=True),
        group=lateness("x.arrested_at"),
    ),
    Source(
        section="custody_releases",
        subject_type="'detention'",
        rows=f"""
            {_DETENTIONS} AND d.released_at <= :cut_off
              AND (d.released_at >= :since OR {_RELEASED_LATE})
        """,
        facts=_DETENTION,
        order="x.released_at, x.id",
        known=known("detentions", by_area=True),
        group=lateness("x.released_at"),
    ),
    Source(
        section="missing_pnc_checks",
        subject_type="'detention'",
        rows=f"{_DETENTIONS} AND NOT d.pnc_checked",
        facts=_DETENTION,
        order="x.arrested_at DESC, x.id",
        known=known("detentions", by_area=True),
        lists={"all": List("/v1/detentions", {"pnc_checked": "false"})},
    ),
    Source(
        section="missing_acro_checks",
        subject_type="'acro_check'",
        rows=f"""
            SELECT c.* FROM acro_checks_history c
            WHERE c.force = :force AND {then("c")} AND {OWN_AREA.format("c")}
              AND c.state = 'required'
        """,
        facts="""
            'country', x.country, 'channel', x.channel, 'state', x.state,
            'detained_at', x.detained_at, 'request_due_at', x.request_due_at,
            'overdue', x.request_due_at < :cut_off, 'lpa', x.lpa
        """,
        order="x.request_due_at, x.id",
        known=known("detentions", by_area=True),
        lists={"all": List("/v1/acro-checks", {"state": "required"})},
    ),
    Source(
        section="bail_due",
        subject_type="'bail_record'",
        rows=f"{_ON_BAIL} AND b.return_at <= :until",
        facts=f"{_RECORD}, 'overdue', x.return_at < :cut_off",
        order="x.return_at, x.id",
        known=known("bail_records"),
        group="CASE WHEN x.return_at < :cut_off THEN 'overdue' ELSE 'due' END",
        follows="x.follows",
        lists={
            "all": List(_BAIL, {"state": "on_bail", "due_to": ":later"}),
            "overdue": List(_BAIL, {"state": "on_bail", "overdue": "true"}),
            "due": List(_BAIL, {"state": "on_bail", "due_from": ":cut_off", "due_to": ":later"}),
        },
    ),
    Source(
        section="bail_conditions",
        subject_type="'bail_record'",
        rows=f"""
            {_ON_BAIL}
              AND jsonb_path_exists(b.conditions, '$[*] ? (@.until == null)')
        """,
        facts=_RECORD,
        order="x.return_at, x.id",
        known=known("bail_records"),
        follows="x.follows",
    ),
    Source(
        section="bail_breaches",
        subject_type="'bail_record'",
        rows=f"""
            SELECT b.*, s.*, a.kind AS breach, a.occurred_at, a.recorded_at AS breach_recorded_at
            {placed("bail_records", "b", joins=_BREACHES)}
              AND {new("a.occurred_at", "a.recorded_at")}
        """,
        facts=f"'breach', x.breach, 'occurred_at', x.occurred_at, {_RECORD}",
        order="x.occurred_at, x.id",
        known=known("bail_records"),
        group=lateness("x.occurred_at"),
        follows="x.follows",
    ),
)
