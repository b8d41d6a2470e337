"""SQL of dip samples: the draw, what a file shows of itself, and how it was marked.

A file's lot is the digest of seed and want: so the same seed, moment and area draw the same files
in the same order, whoever asks and whatever was recorded since.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import text

from offenders.domain.command.rules import List, Mark, Question
from offenders.domain.reference.policies import figure_sql
from offenders.domain.reports.store import STOOD, VERSIONS
from offenders.domain.wanted.asking import HIDDEN, OWNER_LEFT

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import Row
    from sqlalchemy.orm import Session

    from offenders.domain.access import Scope
    from offenders.domain.wanted.asking import Question as WantQuestion

RULE: Final = "dip-sample"
_CIRCULATED = "w.circulation = 'circulated'"
_NAMED = "w.reason = 'named_suspect'"
_TRACED = "('attempt', 'enquiry')"


def _figure(key: str) -> str:
    return figure_sql(RULE, key, as_at=True)


# A file drawn as that of a named suspect is not drawn again as one circulated.
_DRAW: Final = f"""
    files AS MATERIALIZED (
        SELECT w.id, {_NAMED} AS is_named, {_CIRCULATED} AS is_circulated,
               sha256(convert_to(:seed || ' ' || CAST(w.id AS text), 'UTF8')) AS lot
        {VERSIONS}
        WHERE {STOOD} AND w.state = 'outstanding' AND ({_NAMED} OR {_CIRCULATED})
          AND {{condition}}),
    named AS (
        SELECT id, lot FROM files WHERE is_named ORDER BY lot, id
        LIMIT {_figure(List.NAMED_SUSPECT)}),
    circulated AS (
        SELECT id, lot FROM files
        WHERE is_circulated AND id NOT IN (SELECT n.id FROM named n) ORDER BY lot, id
        LIMIT {_figure(List.PNC_CIRCULATED)}),
    drawn AS (
        SELECT row_number() OVER (ORDER BY list, lot, id) AS position, list, id AS want_id
        FROM (SELECT '{List.NAMED_SUSPECT}' AS list, * FROM named
              UNION ALL SELECT '{List.PNC_CIRCULATED}', * FROM circulated) both_lists)
"""
# What the record of each file answers by itself; who marks it may think otherwise.
_EVIDENCE: Final = f"""json_build_object(
    '{Question.UPDATED}', json_build_object(
        'met', w.activity_due_at >= :as_at, 'at', w.last_activity_at,
        'due_at', w.activity_due_at),
    '{Question.SUPERVISED}', json_build_object(
        'met', w.review_due_at >= :as_at, 'at', w.last_reviewed_at, 'due_at', w.review_due_at),
    '{Question.STILL_WANTED}', json_build_object(
        'met', w.validation_due_at >= :as_at, 'at', w.last_validated_at,
        'due_at', w.validation_due_at),
    '{Question.EFFORT}', json_build_object(
        'met', t.traces > 0, 'at', t.last_at, 'traces', t.traces),
    '{Question.OWNED}', json_build_object(
        'met', NOT {OWNER_LEFT}, 'officer', w.owner_officer))
"""
_FILE: Final = f"""
    LEFT JOIN wants_history w ON w.force = :force AND w.id = d.want_id AND {STOOD} {{only}}
    LEFT JOIN LATERAL (
        SELECT count(*) AS traces, max(a.occurred_at) AS last_at FROM want_actions a
        WHERE a.force = :force AND a.want_id = w.id AND a.kind IN {_TRACED}
          AND a.recorded_at <= :as_at) t ON true
"""
_FILE_JSON: Final = f"""
    'position', d.position, 'list', d.list,
    'want', CASE WHEN w.id IS NOT NULL THEN json_build_object(
        'id', w.id, 'reference', w.reference, 'reason', w.reason, 'risk', w.risk,
        'circulation', w.circulation, 'entered_at', w.entered_at,
        'href', '/v1/wanted/' || w.id) END,
    'evidence', CASE WHEN w.id IS NOT NULL THEN {_EVIDENCE} END
"""


def draw(session: Session, question: WantQuestion, seed: str) -> Row[Any]:
    """Draw the files; give (named_suspect, pnc_circulated, unsatisfactory, populations, files)."""
    condition, values = question.condition()
    statement = f"""
        WITH {_DRAW.format(condition=condition)}
        SELECT {", ".join(f"{_figure(each)} AS {each}" for each in (*List, "unsatisfactory"))},
               (SELECT json_build_object(
                    '{List.NAMED_SUSPECT}', count(*) FILTER (WHERE is_named),
                    '{List.PNC_CIRCULATED}', count(*) FILTER (WHERE is_circulated))
                FROM files) AS populations,
               (SELECT coalesce(json_agg(json_build_object({_FILE_JSON}) ORDER BY d.position), '[]')
                FROM drawn d {_FILE.format(only="")}) AS files
    """
    return session.execute(text(statement), values | {"seed": seed}).one()


# The latest mark of each file counts.
_MARKS: Final = """
    SELECT DISTINCT ON (m.position) m.* FROM dip_marks m
    WHERE m.force = s.force AND m.sample_id = s.id
    ORDER BY m.position, m.recorded_at DESC, m.id DESC
"""
_MARKED: Final = f"""
    CROSS JOIN LATERAL (
        SELECT count(*) AS files, count(m.mark) AS marked,
               count(*) FILTER (WHERE m.mark = '{Mark.UNSATISFACTORY}') AS unsatisfactory,
               {
    ", ".join(
        f"count(*) FILTER (WHERE m.answers ->> '{each}' = '{Mark.UNSATISFACTORY}') AS not_{each}"
        for each in Question
    )
}
        FROM dip_files f LEFT JOIN ({_MARKS}) m ON m.position = f.position
        WHERE f.force = s.force AND f.sample_id = s.id) k
"""
_SAMPLE: Final = f"""
    SELECT s.id, s.reference, s.lpa, s.as_at, s.seed, s.populations, s.figures, s.drawn_by,
           s.recorded_at, s.version, k.*
    FROM dip_samples s {_MARKED}
"""


def _of_scope(scope: Scope) -> tuple[str, dict[str, Any]]:
    """Give who sees a sample: whoever has its LPA; one of the whole force, who has it whole."""
    if scope.is_whole_force:
        return "s.force = :force", {}
    return "s.force = :force AND s.lpa = ANY (:scope_lpas)", {"scope_lpas": list(scope.lpas)}


def find_sample(
    session: Session, scope: Scope, sample_id: UUID | None, reference: str
) -> Row[Any] | None:
    """Give one sample with how it has been marked."""
    seen, values = _of_scope(scope)
    statement = f"{_SAMPLE} WHERE {seen} AND (s.id = :id OR s.reference = :reference)"
    values |= {"force": scope.force, "id": sample_id, "reference": reference}
    return session.execute(text(statement), values).one_or_none()


def list_samples(
    session: Session,
    scope: Scope,
    lpa: str | None,
    after: Sequence[Any] | None,
    limit: int,
) -> list[Row[Any]]:
    """Give samples, the latest drawn first."""
    seen, values = _of_scope(scope)
    if lpa is not None:
        seen += " AND s.lpa IS NULL" if lpa == "none" else " AND s.lpa = :lpa"
        values["lpa"] = lpa
    if after is not None:
        seen += """ AND (s.recorded_at, s.id)
            < (CAST(:after_at AS timestamptz), CAST(:after_id AS uuid))"""
        values |= {"after_at": after[0], "after_id": after[1]}
    statement = f"""
        {_SAMPLE} WHERE {seen} ORDER BY s.recorded_at DESC, s.id DESC LIMIT :limit
    """
    values |= {"force": scope.force, "limit": limit}
    return list(session.execute(text(statement), values))


# Whoever reads the whole force would learn from the sample of an area where a protected person
# lives.
_TELLS_AREA: Final = f"""
    s.lpa IS NOT NULL AND :is_whole_force AND EXISTS (
        SELECT FROM persons g WHERE g.force = w.force AND g.id = w.person_id AND {HIDDEN})
"""


def files_of(session: Session, sample_id: UUID, as_at: datetime, values: Any) -> list[Row[Any]]:
    """Give the files of a sample as (body, want_id), as they stood when it was drawn.

    `values` bind `today`, `sees_protected` and `is_whole_force`.
    """
    statement = f"""
        SELECT json_build_object({_FILE_JSON}, 'masked', CASE WHEN w.id IS NULL
                   THEN json_build_array('want', 'evidence', 'mark.notes') ELSE '[]' END,
                   'mark', CASE WHEN m.id IS NOT NULL THEN json_build_object(
                       'mark', m.mark, 'answers', m.answers,
                       'notes', CASE WHEN w.id IS NOT NULL THEN m.notes END,
                       'marked_by', m.marked_by, 'marked_at', m.recorded_at) END) AS body,
               w.id AS want_id
        FROM dip_samples s JOIN dip_files d ON d.force = s.force AND d.sample_id = s.id
        LEFT JOIN LATERAL (
            SELECT m.* FROM dip_marks m
            WHERE m.force = s.force AND m.sample_id = s.id AND m.position = d.position
            ORDER BY m.recorded_at DESC, m.id DESC LIMIT 1) m ON true
        {_FILE.format(only=f"AND NOT ({_TELLS_AREA})")}
        WHERE s.force = :force AND s.id = :sample ORDER BY d.position
    """
    bound = values | {"force": session.info["force"], "sample": sample_id, "as_at": as_at}
    return list(session.execute(text(statement), bound))


def standing_of(session: Session, want_id: UUID, actor: str) -> Row[Any]:
    """Give (is_seen, is_own): whether the reader may read a file; and has owned or worked on it."""
    statement = text("""
        SELECT EXISTS (SELECT FROM wants w WHERE w.force = :force AND w.id = :want) AS is_seen,
               EXISTS (SELECT FROM wants_history w
                       WHERE w.force = :force AND w.id = :want
                         AND :actor IN (w.owner_officer, w.entered_by))
            OR EXISTS (SELECT FROM want_actions a
                       WHERE a.force = :force AND a.want_id = :want AND a.actor = :actor) AS is_own
    """)
    values = {"force": session.info["force"], "want": want_id, "actor": actor}
    return session.execute(statement, values).one()
