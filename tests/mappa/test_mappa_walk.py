"""A random walk through what may be done: invariants hold, and no answer about the past changes."""

from __future__ import annotations

from random import Random

from mappa_given import ago, day
from sqlalchemy import text

from offenders.db import Work, transaction

MEETING = {"attendance": [{"agency": "police", "name": "OM1"}]}
ACTS = (
    ("levels", {"level": 1, "reason": "Settled"}),
    ("levels", {"level": 2, "risk": "high", "reason": "Threat"}),
    ("levels", {"level": 3, "criteria": ["significant_resources"], "reason": "Threat"}),
    ("levels", {"level": 2, "risk": "medium", "criteria": ["stepped_down"], "reason": "Less"}),
    ("meetings", {**MEETING, "minutes": "Said"}),
    ("meetings", {**MEETING, "held_at": ago(30)}),
    ("risk-plans", {"risks": ["Arson"]}),
    ("actions", {"action": "Visit", "due_at": ago(-2), "owner_officer": "OM1"}),
    ("local-summaries", {"risk_to": ["public"], "what_to_do_if_met": "Call OM1"}),
    ("local-summaries/withdrawals", {"reason": "Old"}),
    ("further-offences", {"offence_code": "TH68036", "occurred_at": ago(20)}),
    ("exits", {"reason": "transferred", "occurred_at": ago(1)}),
    ("exits", {"reason": "sentence_ended"}),
)
CHANGES = (
    {"state": "custody", "state_reason": "breach_of_licence"},
    {"state": "community"},
    {"manager": "OM2", "reason": "Moved"},
    {"manager": "OM1", "reason": "Back"},
    {"risk": "low"},
)
# What must never be: levels that overlap or leave a gap, a management of what has ended, a flag
# of it, a history that doesn't end with the row.
BROKEN = text("""
    SELECT 'level', c.id FROM mappa_cases c WHERE c.stage = 'open' AND (
        SELECT count(*) FROM mappa_levels l WHERE l.case_id = c.id AND l.until_at IS NULL
          AND l.level = c.level AND l.from_at = c.level_since) <> 1
    UNION ALL SELECT 'gap', l.case_id FROM mappa_levels l WHERE l.until_at IS NOT NULL
        AND NOT EXISTS (SELECT FROM mappa_levels n WHERE n.case_id = l.case_id
                        AND n.from_at = l.until_at AND n.id <> l.id)
        AND NOT EXISTS (SELECT FROM mappa_cases c WHERE c.id = l.case_id
                        AND c.ended_at = l.until_at)
    UNION ALL SELECT 'management', c.id FROM mappa_cases c
        LEFT JOIN managements m ON m.id = c.id AND m.owner_officer = c.owner_officer
        WHERE (c.stage = 'open') <> (m.id IS NOT NULL)
    UNION ALL SELECT 'flag', f.subject_id FROM flags f JOIN mappa_cases c ON c.id = f.subject_id
        WHERE f.state <> 'cleared' AND (c.stage <> 'open' OR f.owner_officer <> c.owner_officer)
    UNION ALL SELECT 'history', c.id FROM mappa_cases c
        LEFT JOIN mappa_cases_history h ON h.id = c.id AND h.recorded_to IS NULL
        WHERE h.version IS DISTINCT FROM c.version OR h.stage <> c.stage
""")


def test_whatever_is_done_invariants_hold_and_the_past_stands(mappa):
    rnd = Random(7)
    cases = [
        mappa.given(started_on=day(300)),
        mappa.given(category=2, disposal="hospital_order", level=2, started_on=day(300)),
    ]
    service = mappa.client.application.extensions["offenders"]
    known, statuses = [], set()
    for _ in range(45):
        case = rnd.choice(cases)
        if rnd.random() < 0.3:
            answer = mappa.act(case, "", method="PATCH", **rnd.choice(CHANGES))
        else:
            kind, body = rnd.choice(ACTS[:-2] if len(known) < 12 else ACTS)
            answer = mappa.act(case, kind, **body)
        statuses.add(answer.status_code)
        with transaction(service.engine, Work("33")) as session:
            assert session.execute(BROKEN).all() == []
            moment = session.info["recorded_at"].isoformat()
        known.append((moment, case, mappa.read(case)))
    assert statuses == {200, 201, 409, 422}
    for moment, case, then in known[::4]:
        past = mappa.read(case, as_at=moment)
        differs = {name for name in then if then[name] != past[name]}
        assert (moment, differs - {"is_meeting_overdue"}) == (moment, set())
