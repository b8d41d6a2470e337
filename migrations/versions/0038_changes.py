"""What devices pull and send: views with what they were told, sightings, ids made by devices."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from offenders.migrating import protect

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None

_KINDS = (
    "'entry', 'amendment', 'attempt', 'enquiry', 'review', 'validation', 'handover',"
    " 'circulation', 'circulation_cancellation', 'outcome', 'note'"
)
_PLACED = ("iom_members", "mappa_cases", "orders", "registrations")


def upgrade() -> None:
    """Make the tables; let want actions bear the id that a device made."""
    _make_writes()
    _make_views()
    _make_entries()
    _make_sightings()
    protect(op, ["change_views", "change_entries"], "SELECT, INSERT, UPDATE, DELETE")
    protect(op, ["sightings"], "SELECT, INSERT")
    op.execute("GRANT UPDATE (person_id) ON sightings TO offenders_app")
    op.add_column("want_actions", sa.Column("client_id", sa.Uuid(), nullable=True))
    op.create_index(
        "uq_want_actions_client_id",
        "want_actions",
        ["force", "client_id"],
        unique=True,
        postgresql_where=sa.text("client_id IS NOT NULL"),
    )
    _allow(f"{_KINDS}, 'sighting'")
    for table in _PLACED:
        op.create_index(
            f"ix_{table}_neighbourhood",
            table,
            ["force", "neighbourhood"],
            postgresql_where=sa.text("neighbourhood IS NOT NULL"),
        )


def _allow(kinds: str) -> None:
    """Let the log of a want hold these kinds; rows that are there hold none but the old ones."""
    name = "ck_want_actions_kind_known"
    op.execute(f"ALTER TABLE want_actions DROP CONSTRAINT {name}")
    op.execute(f"ALTER TABLE want_actions ADD CONSTRAINT {name} CHECK (kind IN ({kinds}))")


def _make_writes() -> None:
    op.create_table(
        "force_writes",
        sa.Column("of_force", sa.Text(), nullable=False),
        sa.Column("xid", sa.BigInteger(), nullable=False),
        sa.Column(
            "begun_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("of_force", "xid", name=op.f("pk_force_writes")),
    )
    op.execute("GRANT SELECT, INSERT, DELETE ON force_writes TO offenders_app")


def _make_views() -> None:
    op.create_table(
        "change_views",
        sa.Column("force", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("base", sa.Uuid(), nullable=False),
        sa.Column("generation", sa.Uuid(), nullable=False),
        sa.Column("is_whole_force", sa.Boolean(), nullable=False),
        sa.Column("lpas", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column(
            "neighbourhoods", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False
        ),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("snapshot", sa.Text(), nullable=True),
        sa.Column("hidden", sa.Text(), nullable=True),
        sa.Column("compared_from", sa.DateTime(timezone=True), nullable=True),
        sa.Column("holds_after", sa.DateTime(timezone=True), nullable=True),
        sa.Column("holds_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("force", "id", name=op.f("pk_change_views")),
    )


def _make_entries() -> None:
    op.create_table(
        "change_entries",
        sa.Column("force", sa.Text(), nullable=False),
        sa.Column("view_id", sa.Uuid(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.BigInteger(), nullable=True),
        sa.Column("is_unsettled", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["force", "view_id"],
            ["change_views.force", "change_views.id"],
            name=op.f("fk_change_entries_force_view_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("force", "view_id", "subject_id", name=op.f("pk_change_entries")),
    )
    op.create_index("ix_change_entries_seq", "change_entries", ["force", "view_id", "seq"])
    op.create_index(
        "ix_change_entries_unsettled",
        "change_entries",
        ["force", "view_id"],
        postgresql_where=sa.text("is_unsettled"),
    )


def _make_sightings() -> None:
    op.create_table(
        "sightings",
        sa.Column("force", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=True),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("place", sa.Text(), nullable=True),
        sa.Column("latitude", sa.Float(), nullable=True),
        sa.Column("longitude", sa.Float(), nullable=True),
        sa.Column("with_whom", sa.Text(), nullable=True),
        sa.Column("registration_mark", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "latitude BETWEEN -90 AND 90", name=op.f("ck_sightings_latitude_on_earth")
        ),
        sa.CheckConstraint(
            "longitude BETWEEN -180 AND 180", name=op.f("ck_sightings_longitude_on_earth")
        ),
        sa.ForeignKeyConstraint(
            ["force", "person_id"],
            ["persons.force", "persons.id"],
            name=op.f("fk_sightings_force_person_id"),
        ),
        sa.PrimaryKeyConstraint("force", "id", name=op.f("pk_sightings")),
    )
    op.create_index("ix_sightings_person_id", "sightings", ["force", "person_id", "occurred_at"])
    op.create_index(
        "uq_sightings_client_id",
        "sightings",
        ["force", "client_id"],
        unique=True,
        postgresql_where=sa.text("client_id IS NOT NULL"),
    )


def downgrade() -> None:
    """Take them away; sightings in the logs of wants go with them."""
    for table in _PLACED:
        op.drop_index(f"ix_{table}_neighbourhood", table)
    op.execute("DELETE FROM want_actions WHERE kind = 'sighting'")
    _allow(_KINDS)
    op.drop_index("uq_want_actions_client_id", "want_actions")
    op.drop_column("want_actions", "client_id")
    for table in ("sightings", "change_entries", "change_views", "force_writes"):
        op.drop_table(table)
