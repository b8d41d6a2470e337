"""Meetings, their packs as drawn, and the minutes of their agenda."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from offenders.migrating import protect

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

_SECTIONS = (
    "'carried_actions', 'results', 'arrests', 'new_wants', 'ended_wants', 'order_breaches',"
    " 'bail_breaches', 'custody_releases', 'wants_high_risk', 'wants_other', 'new_hits',"
    " 'hits_to_allocate', 'bail_due', 'bail_conditions', 'missing_acro_checks',"
    " 'missing_pnc_checks', 'orders_to_check', 'orders_expiring', 'iom', 'registered', 'mappa',"
    " 'releases_due', 'flags', 'changes'"
)


def _text(name: str, *, null: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.Text(), nullable=null)


def _moment(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=False)


def _refers(table: str, column: str, to: str, key: str = "id") -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["force", column],
        [f"{to}.force", f"{to}.{key}"],
        name=op.f(f"fk_{table}_force_{column}"),
    )


def _check(table: str, name: str, rule: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(rule, name=op.f(f"ck_{table}_{name}"))


def upgrade() -> None:
    """Make the tables; what a pack says stays as it was drawn, but for whom a row is about."""
    _make_meetings()
    _make_pack()
    _make_minutes()
    protect(op, ["meetings"], "SELECT, INSERT, UPDATE")
    protect(op, ["meeting_sections", "meeting_items", "meeting_minutes"], "SELECT, INSERT")
    op.execute("GRANT UPDATE (person_id) ON meeting_items TO offenders_app")


def _make_meetings() -> None:
    op.create_table(
        "meetings",
        _text("force"),
        sa.Column("id", sa.Uuid(), nullable=False),
        _text("reference"),
        _text("tier"),
        _text("kind"),
        _text("lpa", null=True),
        _moment("held_at"),
        _moment("cut_off"),
        _moment("since"),
        _moment("until"),
        sa.Column("previous_id", sa.Uuid(), nullable=True),
        _text("chair", null=True),
        sa.Column(
            "attendance",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default="[]",
            nullable=False,
        ),
        _text("recorded_by"),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        _moment("recorded_at"),
        _moment("updated_at"),
        _check("meetings", "tier_known", "tier IN ('lpa', 'force')"),
        _check("meetings", "kind_known", "kind IN ('daily', 'fortnightly', 'monthly')"),
        _check("meetings", "tier_has_area", "(tier = 'lpa') = (lpa IS NOT NULL)"),
        _check("meetings", "looks_both_ways", "since < cut_off AND cut_off < until"),
        _check("meetings", "drawn_of_the_past", "cut_off <= recorded_at"),
        _refers("meetings", "lpa", "lpas", "code"),
        _refers("meetings", "previous_id", "meetings"),
        sa.PrimaryKeyConstraint("force", "id", name=op.f("pk_meetings")),
    )
    op.create_index("uq_meetings_reference", "meetings", ["force", "reference"], unique=True)
    op.create_index(
        "uq_meetings_cut_off",
        "meetings",
        ["force", "tier", "lpa", "kind", "cut_off"],
        unique=True,
        postgresql_nulls_not_distinct=True,
    )
    op.create_index("ix_meetings_held_at", "meetings", ["force", "held_at", "id"])


def _make_pack() -> None:
    op.create_table(
        "meeting_sections",
        _text("force"),
        sa.Column("meeting_id", sa.Uuid(), nullable=False),
        _text("section"),
        sa.Column("counted", sa.Integer(), nullable=True),
        sa.Column("kept", sa.Integer(), nullable=False),
        sa.Column("shown", sa.Integer(), nullable=False),
        _text("href"),
        _text("groups"),
        _check("meeting_sections", "section_known", f"section IN ({_SECTIONS})"),
        _check(
            "meeting_sections", "shown_is_counted", "shown <= kept AND kept <= coalesce(counted, 0)"
        ),
        _refers("meeting_sections", "meeting_id", "meetings"),
        sa.PrimaryKeyConstraint("force", "meeting_id", "section", name=op.f("pk_meeting_sections")),
    )
    op.create_table(
        "meeting_items",
        _text("force"),
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("meeting_id", sa.Uuid(), nullable=False),
        _text("section"),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        _text("subject_type"),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("follows", sa.Boolean(), nullable=False),
        _text("needs", null=True),
        _text("item"),
        _check("meeting_items", "section_known", f"section IN ({_SECTIONS})"),
        _refers("meeting_items", "meeting_id", "meetings"),
        _refers("meeting_items", "person_id", "persons"),
        sa.PrimaryKeyConstraint("force", "id", name=op.f("pk_meeting_items")),
    )
    op.create_index(
        "uq_meeting_items_place",
        "meeting_items",
        ["force", "meeting_id", "section", "place"],
        unique=True,
    )
    op.create_index(
        "ix_meeting_items_person_id",
        "meeting_items",
        ["force", "person_id"],
        postgresql_where=sa.text("person_id IS NOT NULL"),
    )


def _make_minutes() -> None:
    op.create_table(
        "meeting_minutes",
        _text("force"),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("meeting_id", sa.Uuid(), nullable=False),
        _text("section", null=True),
        _text("note"),
        _text("recorded_by"),
        _moment("recorded_at"),
        _check("meeting_minutes", "section_known", f"section IN ({_SECTIONS})"),
        _refers("meeting_minutes", "meeting_id", "meetings"),
        sa.PrimaryKeyConstraint("force", "id", name=op.f("pk_meeting_minutes")),
    )
    op.create_index(
        "ix_meeting_minutes_meeting_id",
        "meeting_minutes",
        ["force", "meeting_id", "recorded_at"],
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_table("meeting_minutes")
    op.drop_table("meeting_items")
    op.drop_table("meeting_sections")
    op.drop_table("meetings")
