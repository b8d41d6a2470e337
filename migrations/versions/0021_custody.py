"""Detentions with their history, the wants put to the custody officer, and faster crossing."""

from __future__ import annotations

import runpy
from pathlib import Path

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from offenders.migrating import protect

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

_PARTS = {
    "foreign": "foreign_national",
    "unknown": "nationality_unknown",
    "unchecked": "NOT pnc_checked",
}

# What is wanted elsewhere: one statement finds it and leaves its mark in each force it touched.
# A duty queue is named after its LPA and would tell where a protected person lives.
WANTED_ELSEWHERE = """
CREATE FUNCTION wanted_elsewhere(
    own_force text, pnc_ids text[], untils timestamptz[], asked_by text, asked_role text,
    asked_request text)
RETURNS TABLE (place bigint, force text, reference text, contact text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    RETURN QUERY
    WITH found AS (
        SELECT a.place AS nth, w.force AS in_force, w.id AS want_id, w.reference AS spoken,
               CASE WHEN w.follows_address AND p.are_addresses_protected
                         AND w.owner_team = 'DUTY-' || w.lpa THEN 'DUTY-' || w.force
                    ELSE coalesce(w.owner_team, w.owner_officer) END AS owner
        FROM unnest(pnc_ids, untils) WITH ORDINALITY AS a (value, until, place)
        JOIN person_identifiers i ON i.value = a.value AND i.type = 'pnc_id'
         AND i.state = 'valid' AND i.force <> own_force
        JOIN wants w ON w.force = i.force AND w.person_id = i.person_id
         AND w.state = 'outstanding' AND w.entered_at <= a.until
        JOIN persons p ON p.force = w.force AND p.id = w.person_id),
    told AS (
        INSERT INTO audit_events (force, id, at, actor, role, action, audit_class, subject_type,
                                  subject_ids, masked, reason, request_id, details)
        SELECT f.in_force, gen_random_uuid(), clock_timestamp(), asked_by, asked_role,
               'wanted.elsewhere', 'disclosure', 'want', array_agg(DISTINCT f.want_id), '{}',
               NULL, asked_request, jsonb_build_object('to_force', own_force)
        FROM found f GROUP BY f.in_force ORDER BY f.in_force)
    SELECT f.nth, f.in_force, f.spoken, f.owner FROM found f ORDER BY 1, 2, 3;
END $$
"""
# Tells of the last detention: a flag that stands for an earlier one is renewed and open again.
RAISE_FLAG_IN = """
CREATE OR REPLACE FUNCTION raise_flag_in(
    in_force text, flag_id uuid, flag_rule text, flag_severity text, want_reference text,
    explained jsonb, asked_by text, asked_role text, asked_request text)
RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    subject wants%ROWTYPE;
    standing uuid;
    moment timestamptz;
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
    UPDATE flags f
    SET because = explained, severity = flag_severity, state = 'open', acknowledged_at = NULL,
        acknowledged_by = NULL, acknowledged_note = NULL, version = f.version + 1
    WHERE f.force = in_force AND f.rule = flag_rule AND f.subject_id = subject.id
      AND f.state <> 'cleared' AND f.because <> explained
    RETURNING f.id INTO standing;
    IF FOUND THEN
        UPDATE flags_history h
        SET recorded_to = greatest(clock_timestamp(), h.recorded_from + interval '1 microsecond')
        WHERE h.force = in_force AND h.id = standing AND h.recorded_to IS NULL
        RETURNING h.recorded_to INTO moment;
        INSERT INTO flags_history
        SELECT f.*, moment, NULL FROM flags f WHERE f.force = in_force AND f.id = standing;
    ELSE
        INSERT INTO flags (force, id, rule, severity, subject_type, subject_id,
                           subject_reference, person_id, lpa, neighbourhood, owner_officer,
                           owner_team, because, raised_at, state, version)
        VALUES (in_force, flag_id, flag_rule, flag_severity, 'want', subject.id,
                subject.reference, subject.person_id, subject.lpa, subject.neighbourhood,
                subject.owner_officer, subject.owner_team, explained, clock_timestamp(), 'open',
                1)
        ON CONFLICT DO NOTHING;
        INSERT INTO flags_history
        SELECT f.*, f.raised_at, NULL FROM flags f WHERE f.force = in_force AND f.id = flag_id
        ON CONFLICT DO NOTHING;
    END IF;
    INSERT INTO audit_events (force, id, at, actor, role, action, audit_class, subject_type,
                              subject_ids, masked, reason, request_id, details)
    VALUES (in_force, gen_random_uuid(), clock_timestamp(), asked_by, asked_role,
            'flag.raised-from-elsewhere', 'alteration', 'want', ARRAY[subject.id], '{}', NULL,
            asked_request, '{}');
    RETURN true;
END $$
"""
# Takes ended wants of one force out of the flags that they raised on detentions of others.
END_WANTED_ELSEWHERE = """
CREATE FUNCTION end_wanted_elsewhere(
    own_force text, want_references text[], asked_by text, asked_role text)
RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    flag record;
    remaining jsonb;
    moment timestamptz;
    ended int := 0;
BEGIN
    FOR flag IN
        SELECT f.force, f.id, f.subject_id, f.because FROM flags f
        WHERE f.rule = 'wanted-elsewhere' AND f.subject_type = 'detention'
          AND f.state <> 'cleared' AND f.force <> own_force
          AND EXISTS (SELECT FROM jsonb_array_elements(f.because -> 'wants') w
                      WHERE w ->> 'force' = own_force
                        AND w ->> 'reference' = ANY (want_references))
        ORDER BY f.force, f.id FOR UPDATE
    LOOP
        -- The lock of offenders/db.py: a moment of that force is not settled meanwhile.
        PERFORM pg_advisory_xact_lock_shared(
            (2::bigint << 60) | (flag.force::bigint << 52)
            | (extract(epoch FROM clock_timestamp()) * 1000000)::bigint - 1577836800000000);
        SELECT coalesce(jsonb_agg(w), '[]') INTO remaining
        FROM jsonb_array_elements(flag.because -> 'wants') w
        WHERE NOT (w ->> 'force' = own_force AND w ->> 'reference' = ANY (want_references));
        UPDATE flags_history h
        SET recorded_to = greatest(clock_timestamp(), h.recorded_from + interval '1 microsecond')
        WHERE h.force = flag.force AND h.id = flag.id AND h.recorded_to IS NULL
        RETURNING h.recorded_to INTO moment;
        UPDATE flags f
        SET version = f.version + 1,
            because = CASE WHEN remaining = '[]' THEN f.because
                           ELSE jsonb_set(f.because, '{wants}', remaining) END,
            state = CASE WHEN remaining = '[]' THEN 'cleared' ELSE f.state END,
            cleared_at = CASE WHEN remaining = '[]'
                              THEN greatest(moment, f.raised_at + interval '1 microsecond') END,
            cleared_because = CASE WHEN remaining = '[]'
                                   THEN 'No force wants the person any longer.' END
        WHERE f.force = flag.force AND f.id = flag.id;
        INSERT INTO flags_history
        SELECT f.*, moment, NULL FROM flags f WHERE f.force = flag.force AND f.id = flag.id;
        INSERT INTO audit_events (force, id, at, actor, role, action, audit_class, subject_type,
                                  subject_ids, masked, reason, request_id, details)
        VALUES (flag.force, gen_random_uuid(), clock_timestamp(), asked_by, asked_role,
                'flag.ended-from-elsewhere', 'alteration', 'detention', ARRAY[flag.subject_id],
                '{}', NULL, '', jsonb_build_object('from_force', own_force));
        ended := ended + 1;
    END LOOP;
    RETURN ended;
END $$
"""
REFRESH_STATISTICS = """
CREATE OR REPLACE FUNCTION refresh_statistics(kind text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    -- Nothing asks by the rows received, and reading them is most of the work.
    ANALYZE import_sources (force, kind, source_ref, subject_id);
    ANALYZE flags;
    CASE kind
        WHEN 'people' THEN
            ANALYZE persons, persons_history, person_names, person_name_tokens,
                    person_identifiers, person_addresses, person_vehicles, person_markers,
                    person_dates_of_birth, name_words, name_word_keys;
        WHEN 'wanted' THEN ANALYZE wants, wants_history, want_actions;
        WHEN 'custody' THEN ANALYZE detentions, detentions_history, detention_wants;
        WHEN 'pnc-wanted' THEN ANALYZE pnc_circulations;
        WHEN 'neighbourhoods' THEN ANALYZE neighbourhoods, neighbourhood_rings;
        ELSE NULL;
    END CASE;
END $$
"""
_NARROW = {
    "wanted_elsewhere": "(text, text[], timestamptz[], text, text, text)",
    "end_wanted_elsewhere": "(text, text[], text, text)",
}
_BEFORE = "wanted_elsewhere(text, text[], text, text, text)"


def upgrade() -> None:
    """Make the tables."""
    _make_tables()
    op.create_index(
        "ix_person_identifiers_anywhere",
        "person_identifiers",
        ["value"],
        postgresql_where=sa.text("type = 'pnc_id' AND state = 'valid'"),
    )
    op.create_index(
        "ix_flags_elsewhere",
        "flags",
        ["force", "id"],
        postgresql_where=sa.text(
            "rule = 'wanted-elsewhere' AND subject_type = 'detention' AND state <> 'cleared'"
        ),
    )
    op.execute(f"DROP FUNCTION {_BEFORE}")
    op.execute(WANTED_ELSEWHERE)
    op.execute(RAISE_FLAG_IN)
    op.execute(END_WANTED_ELSEWHERE)
    for name, signature in _NARROW.items():
        _give(name + signature)
    op.execute(REFRESH_STATISTICS)
    # A kind that few forces send looks rare in each of them; taken together they are told apart.
    op.execute("CREATE STATISTICS st_import_sources_kind (mcv) ON force, kind FROM import_sources")


def _make_tables() -> None:
    op.create_table(
        "detentions",
        sa.Column("force", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("custody_number", sa.Text(), nullable=False),
        sa.Column("arrested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("arrest_place", sa.Text(), nullable=True),
        sa.Column("station", sa.Text(), nullable=True),
        sa.Column("offences", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("arresting_officer", sa.Text(), nullable=True),
        sa.Column("nationality_stated", sa.Text(), nullable=True),
        sa.Column("nationality_evidenced", sa.Text(), nullable=True),
        sa.Column("countries", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column(
            "foreign_national", sa.Boolean(), server_default=sa.text("false"), nullable=False
        ),
        sa.Column(
            "nationality_unknown", sa.Boolean(), server_default=sa.text("false"), nullable=False
        ),
        sa.Column("pnc_checked", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("lpa", sa.Text(), nullable=True),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("disposal", sa.Text(), nullable=True),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "disposal IN ('charged', 'bailed', 'released_under_investigation', 'out_of_court', 'no_further_action', 'transferred', 'other')",
            name=op.f("ck_detentions_disposal_known"),
        ),
        sa.CheckConstraint(
            "released_at >= arrested_at", name=op.f("ck_detentions_released_after_arrest")
        ),
        sa.CheckConstraint(
            "disposal IS NULL OR released_at IS NOT NULL",
            name=op.f("ck_detentions_disposal_of_released"),
        ),
        sa.CheckConstraint(
            "foreign_national = (countries <> '{}')", name=op.f("ck_detentions_foreign_by_country")
        ),
        sa.CheckConstraint(
            "NOT (foreign_national AND nationality_unknown)",
            name=op.f("ck_detentions_known_or_not"),
        ),
        sa.ForeignKeyConstraint(
            ["force", "person_id"],
            ["persons.force", "persons.id"],
            name=op.f("fk_detentions_force_person_id"),
        ),
        sa.ForeignKeyConstraint(
            ["force", "lpa"], ["lpas.force", "lpas.code"], name=op.f("fk_detentions_force_lpa")
        ),
        sa.PrimaryKeyConstraint("force", "id", name=op.f("pk_detentions")),
    )
    op.create_index("uq_detentions_reference", "detentions", ["force", "reference"], unique=True)
    op.create_index(
        "uq_detentions_custody_number", "detentions", ["force", "custody_number"], unique=True
    )
    op.create_index("ix_detentions_arrested_at", "detentions", ["force", "arrested_at", "id"])
    op.create_index("ix_detentions_person_id", "detentions", ["force", "person_id", "arrested_at"])
    for name, condition in _PARTS.items():
        op.create_index(
            f"ix_detentions_{name}",
            "detentions",
            ["force", "arrested_at", "id"],
            postgresql_where=sa.text(condition),
        )
    op.create_table(
        "detentions_history",
        sa.Column("force", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("custody_number", sa.Text(), nullable=False),
        sa.Column("arrested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("arrest_place", sa.Text(), nullable=True),
        sa.Column("station", sa.Text(), nullable=True),
        sa.Column("offences", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("arresting_officer", sa.Text(), nullable=True),
        sa.Column("nationality_stated", sa.Text(), nullable=True),
        sa.Column("nationality_evidenced", sa.Text(), nullable=True),
        sa.Column("countries", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("foreign_national", sa.Boolean(), nullable=False),
        sa.Column("nationality_unknown", sa.Boolean(), nullable=False),
        sa.Column("pnc_checked", sa.Boolean(), nullable=False),
        sa.Column("lpa", sa.Text(), nullable=True),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("disposal", sa.Text(), nullable=True),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_to", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("force", "id", "recorded_from", name=op.f("pk_detentions_history")),
    )
    op.create_index(
        "ix_detentions_history_arrested_at", "detentions_history", ["force", "arrested_at", "id"]
    )
    op.create_table(
        "detention_wants",
        sa.Column("force", sa.Text(), nullable=False),
        sa.Column("detention_id", sa.Uuid(), nullable=False),
        sa.Column("want_id", sa.Uuid(), nullable=False),
        sa.Column("put", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "put IN ('put_forward', 'closed')", name=op.f("ck_detention_wants_put_known")
        ),
        sa.ForeignKeyConstraint(
            ["force", "detention_id"],
            ["detentions.force", "detentions.id"],
            name=op.f("fk_detention_wants_force_detention_id"),
        ),
        sa.ForeignKeyConstraint(
            ["force", "want_id"],
            ["wants.force", "wants.id"],
            name=op.f("fk_detention_wants_force_want_id"),
        ),
        sa.PrimaryKeyConstraint(
            "force", "detention_id", "want_id", name=op.f("pk_detention_wants")
        ),
    )
    op.create_index("ix_detention_wants_want_id", "detention_wants", ["force", "want_id"])
    protect(op, ["detentions", "detentions_history", "detention_wants"], "SELECT, INSERT, UPDATE")


def downgrade() -> None:
    """Drop them, and let what is wanted elsewhere be found as before."""
    for name, signature in _NARROW.items():
        op.execute(f"DROP FUNCTION {name}{signature}")
    op.execute("DROP STATISTICS st_import_sources_kind")
    _run_again("0018_statistics.py", "_NOW")
    _run_again("0009_narrow_functions.py", "WANTED_ELSEWHERE")
    _run_again("0009_narrow_functions.py", "RAISE_FLAG_IN")
    _give(_BEFORE)
    op.drop_index("ix_flags_elsewhere", table_name="flags")
    op.drop_index("ix_person_identifiers_anywhere", table_name="person_identifiers")
    op.drop_table("detention_wants")
    op.drop_table("detentions_history")
    op.drop_table("detentions")


def _run_again(file: str, name: str) -> None:
    """Make a function as an earlier version of the database has it."""
    earlier = runpy.run_path(str(Path(__file__).with_name(file)))
    op.execute(earlier[name].replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION"))


def _give(function: str) -> None:
    op.execute(f"REVOKE ALL ON FUNCTION {function} FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION {function} TO offenders_app")
