"""Wants entered, and PNC IDs corrected, while another force holds the person."""

from __future__ import annotations

import runpy
from pathlib import Path

from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

# A duty queue of a person whose addresses are protected is never named, however old it is.
_HIDDEN = (
    "CASE WHEN p.are_addresses_protected AND left(w.owner_team, 5) = 'DUTY-'"
    " THEN 'DUTY-' || w.force\n                    ELSE"
)
# An arrest and a want of one person at the same moment, in two forces, would each miss the other:
# both hold the rows of the PNC ID, in one order, before they look.
_HOLD = """
    PERFORM FROM person_identifiers i
    WHERE i.type = 'pnc_id' AND i.state = 'valid' AND i.value IN (
        SELECT o.value FROM {known}
        JOIN person_identifiers o ON o.value = {value} AND o.type = 'pnc_id'
         AND o.state = 'valid' AND o.force <> own_force)
    ORDER BY i.value, i.force FOR NO KEY UPDATE OF i;
"""
_HOLD_DETAINED = _HOLD.format(
    known="(SELECT u.value FROM unnest(pnc_ids, untils) u (value, until)"
    " WHERE u.until >= clock_timestamp()) a",
    value="a.value",
)
_HOLD_WANTED = _HOLD.format(
    known="""wants w
        JOIN person_identifiers a ON a.force = w.force AND a.person_id = w.person_id
         AND a.type = 'pnc_id' AND a.state = 'valid' AND w.force = own_force
         AND w.id = ANY (want_ids) AND w.state = 'outstanding'""",
    value="a.value",
)
# Whom of these outstanding wants another force holds now: held since then, not released, and not
# arrested again. One statement finds it and leaves its mark in each force it touched.
DETAINED_ELSEWHERE = f"""
CREATE FUNCTION detained_elsewhere(
    own_force text, want_ids uuid[], since timestamptz, asked_by text, asked_role text,
    asked_request text)
RETURNS TABLE (want_id uuid, want_reference text, want_contact text, force text, reference text,
               contact text, arrested_at timestamptz)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    {_HOLD_WANTED}
    RETURN QUERY
    WITH found AS (
        SELECT DISTINCT w.id AS of_want, w.reference AS of_reference,
               {_HIDDEN} coalesce(w.owner_team, w.owner_officer) END AS owner,
               d.force AS in_force, d.id AS detention_id, d.reference AS spoken,
               'DUTY-' || coalesce(d.lpa, d.force) AS queue, d.arrested_at AS at
        FROM wants w
        JOIN persons p ON p.force = w.force AND p.id = w.person_id
        JOIN person_identifiers a ON a.force = w.force AND a.person_id = w.person_id
         AND a.type = 'pnc_id' AND a.state = 'valid'
        JOIN person_identifiers i ON i.value = a.value AND i.type = 'pnc_id'
         AND i.state = 'valid' AND i.force <> own_force
        JOIN detentions d ON d.force = i.force AND d.person_id = i.person_id
         AND d.arrested_at > since AND d.released_at IS NULL
        WHERE w.force = own_force AND w.id = ANY (want_ids) AND w.state = 'outstanding'
          AND NOT EXISTS (SELECT FROM detentions l
                          WHERE l.force = d.force AND l.person_id = d.person_id
                            AND l.arrested_at > d.arrested_at)),
    told AS (
        INSERT INTO audit_events (force, id, at, actor, role, action, audit_class, subject_type,
                                  subject_ids, masked, reason, request_id, details)
        SELECT f.in_force, gen_random_uuid(), clock_timestamp(), asked_by, asked_role,
               'custody.elsewhere', 'disclosure', 'detention', array_agg(DISTINCT f.detention_id),
               '{{}}', NULL, asked_request, jsonb_build_object('to_force', own_force)
        FROM found f GROUP BY f.in_force ORDER BY f.in_force)
    SELECT f.of_want, f.of_reference, f.owner, f.in_force, f.spoken, f.queue, f.at
    FROM found f ORDER BY f.in_force, f.spoken, f.of_reference;
END $$
"""
# Tells the custody officer of another force of wants of this one; those told before stay.
RAISE_ON_DETENTION_IN = """
CREATE FUNCTION raise_on_detention_in(
    own_force text, in_force text, flag_id uuid, detention_reference text, explained jsonb,
    asked_by text, asked_role text, asked_request text)
RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    subject detentions%ROWTYPE;
    flag flags%ROWTYPE;
    told jsonb;
    moment timestamptz;
BEGIN
    IF EXISTS (SELECT FROM jsonb_array_elements(explained -> 'wants') n
               WHERE n ->> 'force' <> own_force) THEN
        RAISE EXCEPTION 'a force tells of its own wants only';
    END IF;
    -- A moment of that force is not settled while this writes in it: the lock of offenders/db.py.
    PERFORM pg_advisory_xact_lock_shared(
        (2::bigint << 60) | (in_force::bigint << 52)
        | (extract(epoch FROM clock_timestamp()) * 1000000)::bigint - 1577836800000000);
    SELECT * INTO subject FROM detentions d
    WHERE d.force = in_force AND d.reference = detention_reference;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    INSERT INTO flags (force, id, rule, severity, subject_type, subject_id, subject_reference,
                       person_id, lpa, owner_team, because, raised_at, state, version)
    VALUES (in_force, flag_id, 'wanted-elsewhere', 'alert', 'detention', subject.id,
            subject.reference, subject.person_id, subject.lpa,
            'DUTY-' || coalesce(subject.lpa, in_force), explained, clock_timestamp(), 'open', 1)
    ON CONFLICT DO NOTHING;
    IF FOUND THEN
        INSERT INTO flags_history
        SELECT f.*, f.raised_at, NULL FROM flags f WHERE f.force = in_force AND f.id = flag_id;
    ELSE
        SELECT * INTO flag FROM flags f
        WHERE f.force = in_force AND f.rule = 'wanted-elsewhere' AND f.subject_id = subject.id
          AND f.state <> 'cleared' FOR UPDATE;
        SELECT jsonb_agg(e.said ORDER BY e.said ->> 'force', e.said ->> 'reference') INTO told
        FROM (SELECT n AS said FROM jsonb_array_elements(explained -> 'wants') n
              UNION ALL
              SELECT o FROM jsonb_array_elements(flag.because -> 'wants') o
              WHERE NOT EXISTS (
                  SELECT FROM jsonb_array_elements(explained -> 'wants') n
                  WHERE (n ->> 'force', n ->> 'reference')
                        = (o ->> 'force', o ->> 'reference'))) e;
        IF flag.id IS NULL OR flag.because -> 'wants' = told THEN
            RETURN false;
        END IF;
        UPDATE flags_history h
        SET recorded_to = greatest(clock_timestamp(), h.recorded_from + interval '1 microsecond')
        WHERE h.force = in_force AND h.id = flag.id AND h.recorded_to IS NULL
        RETURNING h.recorded_to INTO moment;
        UPDATE flags f
        SET because = jsonb_set(f.because, '{wants}', told), state = 'open',
            acknowledged_at = NULL, acknowledged_by = NULL, acknowledged_note = NULL,
            version = f.version + 1
        WHERE f.force = in_force AND f.id = flag.id;
        INSERT INTO flags_history
        SELECT f.*, moment, NULL FROM flags f WHERE f.force = in_force AND f.id = flag.id;
    END IF;
    INSERT INTO audit_events (force, id, at, actor, role, action, audit_class, subject_type,
                              subject_ids, masked, reason, request_id, details)
    VALUES (in_force, gen_random_uuid(), clock_timestamp(), asked_by, asked_role,
            'flag.raised-from-elsewhere', 'alteration', 'detention', ARRAY[subject.id], '{}',
            NULL, asked_request, jsonb_build_object('from_force', own_force));
    RETURN true;
END $$
"""
# Ends what detentions of one force have raised on wants of others.
END_DETAINED_ELSEWHERE = """
CREATE FUNCTION end_detained_elsewhere(
    own_force text, in_forces text[], want_references text[], detention_references text[],
    ended_because text, asked_by text, asked_role text)
RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    flag record;
    moment timestamptz;
    ended int := 0;
BEGIN
    FOR flag IN
        SELECT f.force, f.id, f.subject_id
        FROM unnest(in_forces, want_references, detention_references)
             AS t (in_force, want_reference, detention_reference)
        JOIN wants w ON w.force = t.in_force AND w.reference = t.want_reference
        JOIN flags f ON f.force = w.force AND f.subject_id = w.id
         AND f.rule = 'wanted-elsewhere' AND f.state <> 'cleared'
        WHERE t.in_force <> own_force AND f.because ->> 'force' = own_force
          AND f.because ->> 'reference' = t.detention_reference
        ORDER BY f.force, f.id FOR UPDATE OF f
    LOOP
        PERFORM pg_advisory_xact_lock_shared(
            (2::bigint << 60) | (flag.force::bigint << 52)
            | (extract(epoch FROM clock_timestamp()) * 1000000)::bigint - 1577836800000000);
        UPDATE flags_history h
        SET recorded_to = greatest(clock_timestamp(), h.recorded_from + interval '1 microsecond')
        WHERE h.force = flag.force AND h.id = flag.id AND h.recorded_to IS NULL
        RETURNING h.recorded_to INTO moment;
        UPDATE flags f
        SET version = f.version + 1, state = 'cleared', cleared_because = ended_because,
            cleared_at = greatest(moment, f.raised_at + interval '1 microsecond')
        WHERE f.force = flag.force AND f.id = flag.id;
        INSERT INTO flags_history
        SELECT f.*, moment, NULL FROM flags f WHERE f.force = flag.force AND f.id = flag.id;
        INSERT INTO audit_events (force, id, at, actor, role, action, audit_class, subject_type,
                                  subject_ids, masked, reason, request_id, details)
        VALUES (flag.force, gen_random_uuid(), clock_timestamp(), asked_by, asked_role,
                'flag.ended-from-elsewhere', 'alteration', 'want', ARRAY[flag.subject_id], '{}',
                NULL, '', jsonb_build_object('from_force', own_force));
        ended := ended + 1;
    END LOOP;
    RETURN ended;
END $$
"""
_NARROW = {
    "detained_elsewhere": "(text, uuid[], timestamptz, text, text, text)",
    "raise_on_detention_in": "(text, text, uuid, text, jsonb, text, text, text)",
    "end_detained_elsewhere": "(text, text[], text[], text[], text, text, text)",
}
_END, _END_BEFORE = (
    "end_wanted_elsewhere(text, text[], text, text, text)",
    "end_wanted_elsewhere(text, text[], text, text)",
)
_REASON = "'No force wants the person any longer.'"


def upgrade() -> None:
    """Let wants find who is held, both hold the PNC ID, and a correction end what it raised."""
    before = _before()
    found = _put(before["WANTED_ELSEWHERE"], "BEGIN\n", f"BEGIN\n{_HOLD_DETAINED}")
    found = _put(
        found,
        """CASE WHEN w.follows_address AND p.are_addresses_protected
                         AND w.owner_team = 'DUTY-' || w.lpa THEN 'DUTY-' || w.force
                    ELSE""",
        _HIDDEN,
    )
    op.execute(_put(found, "CREATE FUNCTION", "CREATE OR REPLACE FUNCTION"))
    op.execute(f"DROP FUNCTION {_END_BEFORE}")
    ends = _put(
        before["END_WANTED_ELSEWHERE"],
        "asked_role text)",
        f"asked_role text,\n    ended_because text DEFAULT {_REASON})",
    )
    op.execute(_put(ends, f"THEN {_REASON} END", "THEN ended_because END"))
    _give(_END)
    for function in (DETAINED_ELSEWHERE, RAISE_ON_DETENTION_IN, END_DETAINED_ELSEWHERE):
        op.execute(function)
    for name, signature in _NARROW.items():
        _give(name + signature)
    _let_messages_be(["waiting", "sending", "delivered", "dead", "withdrawn"])


def downgrade() -> None:
    """Let only arrests find what is wanted elsewhere; what was withdrawn is dead again."""
    op.execute(
        "UPDATE outbox_messages SET state = 'dead', version = version + 1 WHERE state = 'withdrawn'"
    )
    _let_messages_be(["waiting", "sending", "delivered", "dead"])
    for name, signature in _NARROW.items():
        op.execute(f"DROP FUNCTION {name}{signature}")
    before = _before()
    op.execute(f"DROP FUNCTION {_END}")
    op.execute(before["END_WANTED_ELSEWHERE"])
    _give(_END_BEFORE)
    op.execute(_put(before["WANTED_ELSEWHERE"], "CREATE FUNCTION", "CREATE OR REPLACE FUNCTION"))


def _let_messages_be(states: list[str]) -> None:
    """Let messages be in these states; those from the third on may have lost their body."""
    listed, ended = (", ".join(f"'{each}'" for each in some) for some in (states, states[2:]))
    for name, condition in (
        ("state_known", f"state IN ({listed})"),
        ("has_body", f"state IN ({ended}) OR body IS NOT NULL"),
    ):
        constraint = op.f(f"ck_outbox_messages_{name}")
        op.drop_constraint(constraint, "outbox_messages")
        op.create_check_constraint(constraint, "outbox_messages", condition)


def _before() -> dict[str, str]:
    return runpy.run_path(str(Path(__file__).with_name("0021_custody.py")))


def _put(source: str, old: str, new: str) -> str:
    """Give a function's source with one part of it in another form."""
    if source.count(old) != 1:
        message = f"{old!r} must be there exactly once"
        raise ValueError(message)
    return source.replace(old, new)


def _give(function: str) -> None:
    op.execute(f"REVOKE ALL ON FUNCTION {function} FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION {function} TO offenders_app")
