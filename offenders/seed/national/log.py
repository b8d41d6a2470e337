"""SQL that writes a force's wants with their log, their history and the flags of their ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from offenders.domain.wanted.clocks import CANCELLATION
from offenders.seed import activity
from offenders.seed.national.draws import literal
from offenders.seed.national.events import MS, stage_events, stage_versions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from offenders.seed.national.plan import Plan

HANDOVER_REASONS = (
    "Moved to the team that covers where the person lives now.",
    "The owner has left the department.",
    "Put to the team at the daily meeting.",
)
# The columns of a want, in the order of its table, over a version `v` and its want `w`.
_COLUMNS: Final = (
    "force",
    "id",
    "reference",
    "person_id",
    "state",
    "reason",
    "basis",
    "offence_code",
    "crime_reference",
    "power",
    "warrant_number",
    "court",
    "warrant_category",
    "risk",
    "risk_rationale",
    "domestic_abuse",
    "priority_crime",
    "priority",
    "lpa",
    "neighbourhood",
    "follows_address",
    "owner_officer",
    "owner_team",
    "circulation",
    "circulated_at",
    "circulation_cancelled_at",
    "pnc_reference",
    "entered_at",
    "entered_by",
    "target_arrest_by",
    "review_due_at",
    "validation_due_at",
    "activity_due_at",
    "last_activity_at",
    "last_reviewed_at",
    "last_validated_at",
    "outcome_at",
    "outcome_reason",
    "custody_number",
    "version",
    "recorded_at",
    "updated_at",
)


def want_statements(plan: Plan) -> Iterator[tuple[str, str]]:
    """Give (table, statement) in the order in which the tables refer to each other."""
    yield "made_events", stage_events(plan)
    yield "made_versions", stage_versions(plan)
    columns = ", ".join(_COLUMNS)
    yield (
        "officers",
        """INSERT INTO officers SELECT :force, v.owner_officer, min(v.recorded_from)
           FROM made_versions v WHERE v.owner_officer IS NOT NULL GROUP BY 2
           ON CONFLICT DO NOTHING""",
    )
    yield (
        "teams",
        """INSERT INTO teams SELECT :force, v.owner_team, min(v.recorded_from)
           FROM made_versions v WHERE v.owner_team IS NOT NULL GROUP BY 2
           ON CONFLICT DO NOTHING""",
    )
    last = f"SELECT {columns} FROM made_versions WHERE recorded_to IS NULL ORDER BY id"
    yield "wants", f"INSERT INTO wants ({columns}) {last}"
    every = f"SELECT {columns}, recorded_from, recorded_to FROM made_versions"
    yield (
        "wants_history",
        f"INSERT INTO wants_history ({columns}, recorded_from, recorded_to) {every}",
    )
    yield "want_actions", _actions(plan)
    yield "flags", _flags(plan)
    yield "flags_history", _FLAGS_HISTORY


def _actions(plan: Plan) -> str:
    """Write the log: each entry with the details that its route takes."""
    draws = plan.draws
    result = draws.drawn(activity.ATTEMPT_RESULTS, "v.key", "result")
    where = draws.drawn(activity.ATTEMPT_PLACES, "v.key", "place")
    enquiry = draws.one_of(activity.ENQUIRIES, "v.key", "enquiry")
    review = draws.one_of(activity.REVIEWS, "v.key", "review")
    handover = draws.one_of(HANDOVER_REASONS, "v.key", "why handed over")
    return f"""
        INSERT INTO want_actions (force, id, want_id, kind, occurred_at, recorded_at, actor,
                                  details)
        SELECT v.force, v.action_id, v.id, v.kind, v.occurred_at, v.recorded_from,
               CASE WHEN v.kind = 'entry' THEN v.entered_by ELSE v.actor END,
               CASE v.kind
               WHEN 'entry' THEN CAST('{{"version": 1}}' AS jsonb)
               WHEN 'attempt' THEN jsonb_build_object('place', {where}, 'result', {result})
               WHEN 'enquiry' THEN jsonb_build_object('type', 'enquiry', 'text', {enquiry})
               WHEN 'review' THEN jsonb_build_object('level', 'local', 'text', {review})
               WHEN 'validation' THEN jsonb_build_object('person', true, 'offence', true,
                   'power', true, 'markers', true, 'text', {literal(activity.VALIDATION)})
               WHEN 'handover' THEN jsonb_strip_nulls(jsonb_build_object(
                   'to_officer', v.owner_officer, 'to_team', v.owner_team, 'reason', {handover},
                   'from_officer', b.owner_officer, 'from_team', b.owner_team))
               WHEN 'amendment' THEN jsonb_build_object('changes', jsonb_build_object('risk',
                   jsonb_build_object('from', v.other_risk, 'to', v.risk)), 'version', v.version)
               WHEN 'circulation' THEN jsonb_strip_nulls(jsonb_build_object('state',
                   CASE WHEN v.is_request THEN 'requested' ELSE 'circulated' END,
                   'pnc_reference', v.pnc_reference))
               WHEN 'circulation_cancellation' THEN
                   jsonb_build_object('pnc_reference', v.pnc_reference)
               ELSE jsonb_strip_nulls(jsonb_build_object('outcome', v.state,
                   'reason', v.outcome_reason, 'custody_number', v.custody_number)) END
        FROM made_versions v
        LEFT JOIN made_versions b ON v.kind = 'handover' AND b.key = v.key - 1
        WHERE v.kind <> 'move'
    """


def _flags(plan: Plan) -> str:
    """Flag what was closed while it was circulated, until PNC confirmed the cancellation."""
    return f"""
        INSERT INTO flags (force, id, rule, severity, subject_type, subject_id, subject_reference,
                           person_id, lpa, neighbourhood, owner_officer, owner_team, because,
                           due_at, raised_at, state, cleared_at, cleared_because, version)
        SELECT w.force, {plan.draws.uuid(plan.force, MS, "w.key", "flag")}, '{CANCELLATION}',
               (SELECT d.severity FROM default_figures d WHERE d.rule = '{CANCELLATION}'
                ORDER BY d.from_on DESC LIMIT 1),
               'want', w.id, w.reference, w.person_id, w.lpa, w.neighbourhood, w.owner_officer,
               w.owner_team, jsonb_build_object('rule', '{CANCELLATION}',
                   'what', 'The want is closed and its circulation on PNC not cancelled.',
                   'closed_as', w.state, 'outcome_at', w.outcome_at,
                   'pnc_reference', w.pnc_reference, 'figure', CAST(:cancellation_days AS int),
                   'unit', 'days', 'source', 'GET /v1/rules, {CANCELLATION}'),
               w.outcome_at + make_interval(hours => 24 * CAST(:cancellation_days AS int)),
               w.recorded_from, CASE WHEN c.key IS NULL THEN 'open' ELSE 'cleared' END,
               c.recorded_from,
               CASE WHEN c.key IS NOT NULL THEN 'The cancellation on PNC was confirmed.' END,
               CASE WHEN c.key IS NULL THEN 1 ELSE 2 END
        FROM made_versions w
        LEFT JOIN made_versions c ON c.id = w.id AND c.kind = 'circulation_cancellation'
        WHERE w.kind = 'outcome' AND w.circulation = 'circulated'
    """


_FLAGS_HISTORY = """
    INSERT INTO flags_history (force, id, rule, severity, subject_type, subject_id,
                               subject_reference, person_id, lpa, neighbourhood, owner_officer,
                               owner_team, because, due_at, raised_at, state, cleared_at,
                               cleared_because, version, recorded_from, recorded_to)
    SELECT f.force, f.id, f.rule, f.severity, f.subject_type, f.subject_id, f.subject_reference,
           f.person_id, f.lpa, f.neighbourhood, f.owner_officer, f.owner_team, f.because, f.due_at,
           f.raised_at, CASE WHEN v.version = 1 THEN 'open' ELSE f.state END,
           CASE WHEN v.version = 2 THEN f.cleared_at END,
           CASE WHEN v.version = 2 THEN f.cleared_because END, v.version,
           CASE WHEN v.version = 1 THEN f.raised_at ELSE f.cleared_at END,
           CASE WHEN v.version < f.version THEN f.cleared_at END
    FROM flags f JOIN (VALUES (1), (2)) v (version) ON v.version <= f.version
    WHERE f.force = :force
"""
