"""The section that says what changed since the last meeting: new, ended, and otherwise graded.

Each kind is read twice from its history, as known at the last cut-off and at this one.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from offenders.domain.meetings.sources import Source, placed, then


class _Kind(NamedTuple):
    """A kind of record: where it stands, what counts as standing, what of it may rise or fall."""

    subject_type: str
    table: str
    stands: str
    grade: str
    state: str
    needs: str
    own_area: str | None = None
    follows: str = "s.follows"


_KINDS: Final = (
    _Kind(
        "want",
        "wants",
        "k.state = 'outstanding'",
        "k.risk",
        "k.state",
        "wanted:read",
        own_area="k.lpa",
        follows="k.follows_address",
    ),
    _Kind(
        "forensic_hit",
        "forensic_hits",
        "k.state IN ('received', 'researched', 'allocated')",
        "k.state",
        "k.state",
        "forensics:read",
        own_area="coalesce(k.lpa, w.lpa)",
        follows="k.lpa IS NULL AND coalesce(w.follows_address, false)",
    ),
    _Kind("bail_record", "bail_records", "k.state = 'on_bail'", "k.state", "k.state", "bail:read"),
    _Kind(
        "iom_member",
        "iom_members",
        "k.exited_at IS NULL",
        "k.rating",
        "CASE WHEN k.exited_at IS NULL THEN k.rating ELSE 'exited' END",
        "iom:read",
    ),
    _Kind(
        "registration",
        "registrations",
        "k.state <> 'closed'",
        "k.risk",
        "k.state",
        "registrations:read-full",
    ),
    _Kind(
        "mappa_case",
        "mappa_cases",
        "k.stage = 'open'",
        "'level ' || k.level",
        "k.stage",
        "mappa:read",
    ),
    _Kind(
        "order",
        "orders",
        "k.state IN ('in_force', 'varied')",
        "k.state",
        "k.state",
        "orders:read-whole",
    ),
)


def _standing(kind: _Kind, moment: str) -> str:
    source = placed(kind.table, "k", moment)
    if kind.own_area is not None:
        want = f"""
            LEFT JOIN wants_history w ON w.force = k.force AND w.id = k.want_id
             AND {then("w", moment)}
        """
        source = f"""
            FROM {kind.table}_history k {want if "w." in kind.own_area else ""}
            WHERE k.force = :force AND {then("k", moment)}
              AND (CAST(:lpa AS text) IS NULL OR {kind.own_area} = :lpa)
        """
    return f"""
        SELECT k.id, k.reference, k.person_id, CAST({kind.grade} AS text) AS grade,
               {kind.follows} AS follows
        {source} AND {kind.stands}
    """


def _changed(kind: _Kind) -> str:
    """Select what stands now and not then, then and not now, or stands otherwise.

    What has left the area has ended here; `after` then says that it still stands.
    """
    now = f"""(
        SELECT CAST({kind.state} AS text) FROM {kind.table}_history k
        WHERE k.force = :force AND k.id = b.id AND {then("k")})
    """
    return f"""
        SELECT coalesce(a.id, b.id) AS id, coalesce(a.reference, b.reference) AS reference,
               coalesce(a.person_id, b.person_id) AS person_id,
               '{kind.subject_type}' AS subject_type, '{kind.needs}' AS needs,
               coalesce(a.follows, b.follows) AS follows,
               CASE WHEN b.id IS NULL THEN 'new' WHEN a.id IS NULL THEN 'ended'
                    ELSE 'changed' END AS change,
               b.grade AS before, CASE WHEN a.id IS NULL THEN {now} ELSE a.grade END AS after
        FROM ({_standing(kind, "previous")}) b
        FULL JOIN ({_standing(kind, "as_at")}) a ON a.id = b.id
        WHERE CAST(:previous AS timestamptz) IS NOT NULL
          AND (a.id IS NULL OR b.id IS NULL OR a.grade IS DISTINCT FROM b.grade)
    """


_ORDER: Final = ", ".join(f"'{kind.subject_type}'" for kind in _KINDS)

SOURCES: Final = (
    Source(
        section="changes",
        subject_type="x.subject_type",
        rows=" UNION ALL ".join(map(_changed, _KINDS)),
        facts="'change', x.change, 'before', x.before, 'after', x.after",
        order=f"""array_position(ARRAY[{_ORDER}], x.subject_type),
            array_position(ARRAY['new', 'changed', 'ended'], x.change), x.reference""",
        known="SELECT WHERE CAST(:previous AS timestamptz) IS NOT NULL",
        group="x.subject_type || ' ' || x.change",
        follows="x.follows",
        needs="x.needs",
    ),
)
