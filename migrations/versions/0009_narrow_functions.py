"""The narrow functions that may cross forces, each with its audit."""

from __future__ import annotations

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

# One audit row in every force whose data the crossing touched.
_AUDIT = """
    INSERT INTO audit_events (force, id, at, actor, role, action, audit_class, subject_type,
                              subject_ids, masked, reason, request_id, details)
"""

WANTED_ELSEWHERE = f"""
CREATE FUNCTION wanted_elsewhere(
    own_force text, pnc_ids text[], asked_by text, asked_role text, asked_request text)
RETURNS TABLE (pnc_id text, force text, reference text, contact text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    CREATE TEMPORARY TABLE IF NOT EXISTS wanted_elsewhere_found
        (pnc_id text, force text, want_id uuid, reference text, contact text) ON COMMIT DROP;
    TRUNCATE wanted_elsewhere_found;
    INSERT INTO wanted_elsewhere_found
    SELECT i.value, w.force, w.id, w.reference, coalesce(w.owner_team, w.owner_officer)
    FROM person_identifiers i
    JOIN wants w ON w.force = i.force AND w.person_id = i.person_id AND w.state = 'outstanding'
    WHERE i.type = 'pnc_id' AND i.state = 'valid' AND i.value = ANY (pnc_ids)
      AND i.force <> own_force;
    {_AUDIT}
    SELECT f.force, gen_random_uuid(), clock_timestamp(), asked_by, asked_role,
           'wanted.elsewhere', 'disclosure', 'want', array_agg(f.want_id), '{{}}', NULL,
           asked_request, jsonb_build_object('to_force', own_force)
    FROM wanted_elsewhere_found f GROUP BY f.force;
    RETURN QUERY SELECT f.pnc_id, f.force, f.reference, f.contact FROM wanted_elsewhere_found f;
END $$
"""

RAISE_FLAG_IN = f"""
CREATE FUNCTION raise_flag_in(
    in_force text, flag_id uuid, flag_rule text, flag_severity text, want_reference text,
    explained jsonb, asked_by text, asked_role text, asked_request text)
RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    subject wants%ROWTYPE;
BEGIN
    IF flag_rule <> 'wanted-elsewhere' THEN
        RAISE EXCEPTION 'only wanted-elsewhere may be raised in another force';
    END IF;
    -- A moment of that force is not settled while this writes in it: the lock of offenders/db.py.
    PERFORM pg_advisory_xact_lock_shared(
        (2::bigint << 60) | (in_force::bigint << 52)
        | (extract(epoch FROM clock_timestamp()) * 1000000)::bigint - 1577836800000000);
    SELECT * INTO subject FROM wants w
    WHERE w.force = in_force AND w.reference = want_reference;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    INSERT INTO flags (force, id, rule, severity, subject_type, subject_id, subject_reference,
                       person_id, lpa, neighbourhood, owner_officer, owner_team, because,
                       raised_at, state, version)
    VALUES (in_force, flag_id, flag_rule, flag_severity, 'want', subject.id, subject.reference,
            subject.person_id, subject.lpa, subject.neighbourhood, subject.owner_officer,
            subject.owner_team, explained, clock_timestamp(), 'open', 1)
    ON CONFLICT DO NOTHING;
    INSERT INTO flags_history
    SELECT f.*, f.raised_at, NULL FROM flags f WHERE f.force = in_force AND f.id = flag_id
    ON CONFLICT DO NOTHING;
    {_AUDIT}
    VALUES (in_force, gen_random_uuid(), clock_timestamp(), asked_by, asked_role,
            'flag.raised-from-elsewhere', 'alteration', 'want', ARRAY[subject.id], '{{}}', NULL,
            asked_request, '{{}}');
    RETURN true;
END $$
"""

NATIONAL_COUNTS = f"""
CREATE FUNCTION national_counts(
    counted_at timestamptz, asked_by text, asked_role text, asked_request text)
RETURNS TABLE (force text, dimension text, value text, crimes bigint, wants bigint,
               people bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    {_AUDIT}
    SELECT f.code, gen_random_uuid(), clock_timestamp(), asked_by, asked_role,
           'wanted.national-counts', 'disclosure', NULL, '{{}}', '{{}}', NULL, asked_request,
           jsonb_build_object('as_at', counted_at)
    FROM forces f WHERE f.kind = 'territorial';
    RETURN QUERY
    WITH outstanding AS (
        SELECT h.* FROM wants_history h
        WHERE h.state = 'outstanding' AND h.recorded_from <= counted_at
          AND (h.recorded_to IS NULL OR h.recorded_to > counted_at))
    SELECT o.force, d.dimension, d.value, count(DISTINCT o.crime_reference), count(*),
           count(DISTINCT o.person_id)
    FROM outstanding o CROSS JOIN LATERAL (VALUES
        ('force', o.force), ('reason', o.reason), ('risk', o.risk),
        ('circulation', o.circulation),
        ('any', CASE WHEN o.reason IN ('named_suspect', 'failed_to_answer_bail')
                       OR o.circulation = 'circulated' THEN 'any' END)) d (dimension, value)
    WHERE d.value IS NOT NULL
    GROUP BY o.force, d.dimension, d.value;
END $$
"""

_SIGNATURES = {
    "wanted_elsewhere": "(text, text[], text, text, text)",
    "raise_flag_in": "(text, uuid, text, text, text, jsonb, text, text, text)",
    "national_counts": "(timestamptz, text, text, text)",
}


def upgrade() -> None:
    """Make the functions; only the serving role may call them."""
    for definition in (WANTED_ELSEWHERE, RAISE_FLAG_IN, NATIONAL_COUNTS):
        op.execute(definition)
    for name, signature in _SIGNATURES.items():
        op.execute(f"REVOKE ALL ON FUNCTION {name}{signature} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {name}{signature} TO offenders_app")


def downgrade() -> None:
    """Drop them."""
    for name, signature in _SIGNATURES.items():
        op.execute(f"DROP FUNCTION {name}{signature}")
