"""Let packs of meetings go after their time, unless one is held back."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from offenders.db import APP_ROLE

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None

_SIGNATURE = "drop_packs(timestamptz, int)"
# The service itself may delete nothing of a pack; this alone, of its own force, and only what
# is older than four weeks.
_DROP_PACKS = """
CREATE FUNCTION drop_packs(drawn_before timestamptz, most int)
RETURNS int LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    own text := nullif(current_setting('app.force', true), '');
    gone uuid[];
BEGIN
    SELECT array_agg(old.id) INTO gone FROM (
        SELECT m.id FROM meetings m
        WHERE m.force = own AND m.pack_dropped_at IS NULL AND m.pack_hold IS NULL
          AND m.recorded_at < least(drawn_before, clock_timestamp() - interval '28 days')
        ORDER BY m.recorded_at, m.id LIMIT most FOR UPDATE SKIP LOCKED) old;
    DELETE FROM meeting_items i WHERE i.force = own AND i.meeting_id = ANY (gone);
    DELETE FROM meeting_sections s WHERE s.force = own AND s.meeting_id = ANY (gone);
    UPDATE meetings m SET pack_dropped_at = clock_timestamp()
    WHERE m.force = own AND m.id = ANY (gone);
    RETURN coalesce(cardinality(gone), 0);
END $$
"""


def upgrade() -> None:
    """Add when a pack went and why it may not, and the one way to let it go."""
    op.add_column("meetings", sa.Column("pack_dropped_at", sa.DateTime(timezone=True)))
    op.add_column("meetings", sa.Column("pack_hold", sa.Text()))
    op.execute(_DROP_PACKS)
    op.execute(f"REVOKE ALL ON FUNCTION {_SIGNATURE} FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION {_SIGNATURE} TO {APP_ROLE}")


def downgrade() -> None:
    """Take them away; packs that went stay gone."""
    op.execute(f"DROP FUNCTION {_SIGNATURE}")
    op.drop_column("meetings", "pack_hold")
    op.drop_column("meetings", "pack_dropped_at")
