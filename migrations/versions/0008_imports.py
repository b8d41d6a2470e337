"""Imports, their problems and the last row received."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from offenders.migrating import protect

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "import_sources",
        sa.Column("force", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("source_ref", sa.String(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("row", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("import_id", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("force", "kind", "source_ref", name=op.f("pk_import_sources")),
    )
    op.create_index(
        "ix_import_sources_subject_id",
        "import_sources",
        ["force", "kind", "subject_id"],
        unique=False,
    )
    op.create_table(
        "imports",
        sa.Column("force", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("is_dry_run", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("is_complete", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=True),
        sa.Column("content_type", sa.Text(), nullable=True),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column(
            "summary", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False
        ),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("requested_by", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint(
            "state IN ('planned', 'queued', 'running', 'finished', 'failed')",
            name=op.f("ck_imports_state_known"),
        ),
        sa.PrimaryKeyConstraint("force", "id", name=op.f("pk_imports")),
    )
    op.create_index("ix_imports_recorded_at", "imports", ["force", "recorded_at"], unique=False)
    op.create_table(
        "duplicate_candidates",
        sa.Column("force", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("other_person_id", sa.Uuid(), nullable=False),
        sa.Column(
            "evidence", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False
        ),
        sa.Column("state", sa.Text(), server_default="open", nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "state IN ('open', 'same', 'different')",
            name=op.f("ck_duplicate_candidates_state_known"),
        ),
        sa.ForeignKeyConstraint(
            ["force", "other_person_id"],
            ["persons.force", "persons.id"],
            name=op.f("fk_duplicate_candidates_force_other_person_id"),
        ),
        sa.ForeignKeyConstraint(
            ["force", "person_id"],
            ["persons.force", "persons.id"],
            name=op.f("fk_duplicate_candidates_force_person_id"),
        ),
        sa.PrimaryKeyConstraint(
            "force", "person_id", "other_person_id", name=op.f("pk_duplicate_candidates")
        ),
    )
    op.create_table(
        "import_problems",
        sa.Column("force", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("source_ref", sa.Text(), nullable=True),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "severity IN ('refused', 'warning')", name=op.f("ck_import_problems_severity_known")
        ),
        sa.ForeignKeyConstraint(
            ["force", "import_id"],
            ["imports.force", "imports.id"],
            name=op.f("fk_import_problems_force_import_id"),
        ),
        sa.PrimaryKeyConstraint("force", "id", name=op.f("pk_import_problems")),
    )
    op.create_index(
        "ix_import_problems_line", "import_problems", ["force", "import_id", "line"], unique=False
    )
    op.create_table(
        "waiting_imports",
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("force_code", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("import_id", name=op.f("pk_waiting_imports")),
    )
    op.execute("GRANT SELECT, INSERT, DELETE ON waiting_imports TO offenders_app")
    protect(op, ["imports", "import_sources", "duplicate_candidates"], "SELECT, INSERT, UPDATE")
    protect(op, ["import_problems"], "SELECT, INSERT, UPDATE, DELETE")


def downgrade() -> None:
    """Drop them."""
    op.drop_table("waiting_imports")
    op.drop_index("ix_import_problems_line", table_name="import_problems")
    op.drop_table("import_problems")
    op.drop_table("duplicate_candidates")
    op.drop_index("ix_imports_recorded_at", table_name="imports")
    op.drop_table("imports")
    op.drop_index("ix_import_sources_subject_id", table_name="import_sources")
    op.drop_table("import_sources")
