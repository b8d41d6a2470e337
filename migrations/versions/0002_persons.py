"""People and what hangs on a person."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from offenders.migrating import protect

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "persons",
        sa.Column("force", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("family_name", sa.Text(), nullable=False),
        sa.Column("given_names", sa.Text(), nullable=True),
        sa.Column("date_of_birth", sa.Date(), nullable=True),
        sa.Column("date_of_birth_precision", sa.Text(), server_default="exact", nullable=False),
        sa.Column("sex", sa.Text(), server_default="not_known", nullable=False),
        sa.Column(
            "nationalities", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False
        ),
        sa.Column("languages", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("phones", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("ethnicity_self_defined", sa.Text(), nullable=True),
        sa.Column("ethnicity_observed", sa.Text(), nullable=True),
        sa.Column("photo_reference", sa.Text(), nullable=True),
        sa.Column("ocg_role", sa.Text(), nullable=True),
        sa.Column("lpa", sa.Text(), nullable=True),
        sa.Column("neighbourhood", sa.Text(), nullable=True),
        sa.Column(
            "are_addresses_protected", sa.Boolean(), server_default=sa.text("false"), nullable=False
        ),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "date_of_birth_precision IN ('exact', 'approximate')",
            name=op.f("ck_persons_date_of_birth_precision_known"),
        ),
        sa.CheckConstraint(
            "sex IN ('male', 'female', 'not_known', 'not_specified')",
            name=op.f("ck_persons_sex_known"),
        ),
        sa.PrimaryKeyConstraint("force", "id", name=op.f("pk_persons")),
    )
    op.create_index("ix_persons_date_of_birth", "persons", ["force", "date_of_birth"], unique=False)
    op.create_index("ix_persons_neighbourhood", "persons", ["force", "neighbourhood"], unique=False)
    op.create_index("uq_persons_reference", "persons", ["force", "reference"], unique=True)
    op.create_table(
        "persons_history",
        sa.Column("force", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("family_name", sa.Text(), nullable=False),
        sa.Column("given_names", sa.Text(), nullable=True),
        sa.Column("date_of_birth", sa.Date(), nullable=True),
        sa.Column("date_of_birth_precision", sa.Text(), nullable=False),
        sa.Column("sex", sa.Text(), nullable=False),
        sa.Column("nationalities", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("languages", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("phones", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("ethnicity_self_defined", sa.Text(), nullable=True),
        sa.Column("ethnicity_observed", sa.Text(), nullable=True),
        sa.Column("photo_reference", sa.Text(), nullable=True),
        sa.Column("ocg_role", sa.Text(), nullable=True),
        sa.Column("lpa", sa.Text(), nullable=True),
        sa.Column("neighbourhood", sa.Text(), nullable=True),
        sa.Column("are_addresses_protected", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_to", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("force", "id", "recorded_from", name=op.f("pk_persons_history")),
    )
    op.create_table(
        "person_associations",
        sa.Column("force", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("other_person_id", sa.Uuid(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=True),
        sa.Column("to_on", sa.Date(), nullable=True),
        sa.Column("notes", sa.Text(), nullable=True),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "type IN ('co_offender', 'partner', 'sibling', 'parent', 'child', 'household', 'associate', 'victim_of')",
            name=op.f("ck_person_associations_type_known"),
        ),
        sa.CheckConstraint(
            "person_id <> other_person_id", name=op.f("ck_person_associations_two_people")
        ),
        sa.ForeignKeyConstraint(
            ["force", "other_person_id"],
            ["persons.force", "persons.id"],
            name=op.f("fk_person_associations_force_other_person_id"),
        ),
        sa.ForeignKeyConstraint(
            ["force", "person_id"],
            ["persons.force", "persons.id"],
            name=op.f("fk_person_associations_force_person_id"),
        ),
        sa.PrimaryKeyConstraint("force", "id", name=op.f("pk_person_associations")),
    )
    op.create_index(
        "ix_person_associations_other",
        "person_associations",
        ["force", "other_person_id"],
        unique=False,
    )
    op.create_index(
        "ix_person_associations_person_id",
        "person_associations",
        ["force", "person_id"],
        unique=False,
    )
    op.create_table(
        "person_dates_of_birth",
        sa.Column("force", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("date_of_birth", sa.Date(), nullable=False),
        sa.Column("precision", sa.Text(), server_default="exact", nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "precision IN ('exact', 'approximate')",
            name=op.f("ck_person_dates_of_birth_precision_known"),
        ),
        sa.ForeignKeyConstraint(
            ["force", "person_id"],
            ["persons.force", "persons.id"],
            name=op.f("fk_person_dates_of_birth_force_person_id"),
        ),
        sa.PrimaryKeyConstraint("force", "id", name=op.f("pk_person_dates_of_birth")),
    )
    op.create_index(
        "ix_person_dates_of_birth_date",
        "person_dates_of_birth",
        ["force", "date_of_birth"],
        unique=False,
    )
    op.create_index(
        "ix_person_dates_of_birth_person_id",
        "person_dates_of_birth",
        ["force", "person_id"],
        unique=False,
    )
    op.create_table(
        "person_identifiers",
        sa.Column("force", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("raw_value", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(state = 'valid') = (value IS NOT NULL)",
            name=op.f("ck_person_identifiers_valid_has_value"),
        ),
        sa.CheckConstraint(
            "state IN ('valid', 'invalid')", name=op.f("ck_person_identifiers_state_known")
        ),
        sa.ForeignKeyConstraint(
            ["force", "person_id"],
            ["persons.force", "persons.id"],
            name=op.f("fk_person_identifiers_force_person_id"),
        ),
        sa.PrimaryKeyConstraint("force", "id", name=op.f("pk_person_identifiers")),
    )
    op.create_index(
        "ix_person_identifiers_person_id",
        "person_identifiers",
        ["force", "person_id"],
        unique=False,
    )
    op.create_index(
        "ix_person_identifiers_value",
        "person_identifiers",
        ["force", "type", "value"],
        unique=False,
    )
    op.create_index(
        "uq_person_identifiers_pnc_id",
        "person_identifiers",
        ["force", "value"],
        unique=True,
        postgresql_where=sa.text("type = 'pnc_id' AND state = 'valid'"),
    )
    op.create_table(
        "person_markers",
        sa.Column("force", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("rationale", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("review_on", sa.Date(), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("removed_by", sa.Text(), nullable=True),
        sa.Column("removal_reason", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(removed_at IS NULL) = (removal_reason IS NULL)",
            name=op.f("ck_person_markers_removal_reasoned"),
        ),
        sa.ForeignKeyConstraint(
            ["force", "person_id"],
            ["persons.force", "persons.id"],
            name=op.f("fk_person_markers_force_person_id"),
        ),
        sa.PrimaryKeyConstraint("force", "id", name=op.f("pk_person_markers")),
    )
    op.create_index("ix_person_markers_code", "person_markers", ["force", "code"], unique=False)
    op.create_index(
        "uq_person_markers_active",
        "person_markers",
        ["force", "person_id", "code"],
        unique=True,
        postgresql_where=sa.text("removed_at IS NULL"),
    )
    op.create_table(
        "person_name_tokens",
        sa.Column("force", sa.Text(), nullable=False),
        sa.Column("token", sa.String(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("name_id", sa.Uuid(), nullable=False),
        sa.Column("part", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["force", "person_id"],
            ["persons.force", "persons.id"],
            name=op.f("fk_person_name_tokens_force_person_id"),
        ),
        sa.PrimaryKeyConstraint(
            "force", "token", "person_id", "name_id", "part", name=op.f("pk_person_name_tokens")
        ),
    )
    op.create_index(
        "ix_person_name_tokens_person_id",
        "person_name_tokens",
        ["force", "person_id"],
        unique=False,
    )
    op.create_index(
        "ix_person_name_tokens_prefix",
        "person_name_tokens",
        ["force", sa.literal_column("token text_pattern_ops"), "person_id"],
        unique=False,
    )
    op.create_table(
        "person_names",
        sa.Column("force", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("family_name", sa.Text(), nullable=False),
        sa.Column("given_names", sa.Text(), nullable=True),
        sa.Column("date_of_birth", sa.Date(), nullable=True),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("type IN ('alias', 'former')", name=op.f("ck_person_names_type_known")),
        sa.ForeignKeyConstraint(
            ["force", "person_id"],
            ["persons.force", "persons.id"],
            name=op.f("fk_person_names_force_person_id"),
        ),
        sa.PrimaryKeyConstraint("force", "id", name=op.f("pk_person_names")),
    )
    op.create_index(
        "ix_person_names_person_id", "person_names", ["force", "person_id"], unique=False
    )
    op.create_table(
        "person_notes",
        sa.Column("force", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("grade", sa.Text(), nullable=True),
        sa.Column("handling", sa.Text(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "handling IN ('normal', 'restricted', 'covert')",
            name=op.f("ck_person_notes_handling_known"),
        ),
        sa.ForeignKeyConstraint(
            ["force", "person_id"],
            ["persons.force", "persons.id"],
            name=op.f("fk_person_notes_force_person_id"),
        ),
        sa.PrimaryKeyConstraint("force", "id", name=op.f("pk_person_notes")),
    )
    op.create_index(
        "ix_person_notes_person_id", "person_notes", ["force", "person_id"], unique=False
    )
    op.create_table(
        "person_vehicles",
        sa.Column("force", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("registration_mark", sa.Text(), nullable=False),
        sa.Column("make", sa.Text(), nullable=True),
        sa.Column("model", sa.Text(), nullable=True),
        sa.Column("colour", sa.Text(), nullable=True),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["force", "person_id"],
            ["persons.force", "persons.id"],
            name=op.f("fk_person_vehicles_force_person_id"),
        ),
        sa.PrimaryKeyConstraint("force", "id", name=op.f("pk_person_vehicles")),
    )
    op.create_index(
        "ix_person_vehicles_mark", "person_vehicles", ["force", "registration_mark"], unique=False
    )
    op.create_index(
        "ix_person_vehicles_person_id", "person_vehicles", ["force", "person_id"], unique=False
    )
    op.create_table(
        "person_addresses",
        sa.Column("force", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("lines", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("postcode", sa.Text(), nullable=True),
        sa.Column("latitude", sa.Double(), nullable=True),
        sa.Column("longitude", sa.Double(), nullable=True),
        sa.Column("neighbourhood", sa.Text(), nullable=True),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=True),
        sa.Column("to_on", sa.Date(), nullable=True),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "latitude BETWEEN -90 AND 90", name=op.f("ck_person_addresses_latitude_on_earth")
        ),
        sa.CheckConstraint(
            "longitude BETWEEN -180 AND 180", name=op.f("ck_person_addresses_longitude_on_earth")
        ),
        sa.CheckConstraint(
            "to_on IS NULL OR from_on IS NULL OR to_on >= from_on",
            name=op.f("ck_person_addresses_to_after"),
        ),
        sa.ForeignKeyConstraint(
            ["force", "neighbourhood"],
            ["neighbourhoods.force", "neighbourhoods.code"],
            name=op.f("fk_person_addresses_force_neighbourhood"),
        ),
        sa.ForeignKeyConstraint(
            ["force", "person_id"],
            ["persons.force", "persons.id"],
            name=op.f("fk_person_addresses_force_person_id"),
        ),
        sa.PrimaryKeyConstraint("force", "id", name=op.f("pk_person_addresses")),
    )
    op.create_index(
        "ix_person_addresses_person_id", "person_addresses", ["force", "person_id"], unique=False
    )
    op.create_index(
        "ix_person_addresses_postcode", "person_addresses", ["force", "postcode"], unique=False
    )
    protect(
        op,
        [
            "persons",
            "persons_history",
            "person_names",
            "person_dates_of_birth",
            "person_identifiers",
            "person_addresses",
            "person_vehicles",
            "person_markers",
            "person_associations",
            "person_notes",
        ],
        "SELECT, INSERT, UPDATE",
    )
    protect(op, ["person_name_tokens"], "SELECT, INSERT, UPDATE, DELETE")


def downgrade() -> None:
    """Drop them."""
    op.drop_index("ix_person_addresses_postcode", table_name="person_addresses")
    op.drop_index("ix_person_addresses_person_id", table_name="person_addresses")
    op.drop_table("person_addresses")
    op.drop_index("ix_person_vehicles_person_id", table_name="person_vehicles")
    op.drop_index("ix_person_vehicles_mark", table_name="person_vehicles")
    op.drop_table("person_vehicles")
    op.drop_index("ix_person_notes_person_id", table_name="person_notes")
    op.drop_table("person_notes")
    op.drop_index("ix_person_names_person_id", table_name="person_names")
    op.drop_table("person_names")
    op.drop_index("ix_person_name_tokens_prefix", table_name="person_name_tokens")
    op.drop_index("ix_person_name_tokens_person_id", table_name="person_name_tokens")
    op.drop_table("person_name_tokens")
    op.drop_index(
        "uq_person_markers_active",
        table_name="person_markers",
        postgresql_where=sa.text("removed_at IS NULL"),
    )
    op.drop_index("ix_person_markers_code", table_name="person_markers")
    op.drop_table("person_markers")
    op.drop_index(
        "uq_person_identifiers_pnc_id",
        table_name="person_identifiers",
        postgresql_where=sa.text("type = 'pnc_id' AND state = 'valid'"),
    )
    op.drop_index("ix_person_identifiers_value", table_name="person_identifiers")
    op.drop_index("ix_person_identifiers_person_id", table_name="person_identifiers")
    op.drop_table("person_identifiers")
    op.drop_index("ix_person_dates_of_birth_person_id", table_name="person_dates_of_birth")
    op.drop_index("ix_person_dates_of_birth_date", table_name="person_dates_of_birth")
    op.drop_table("person_dates_of_birth")
    op.drop_index("ix_person_associations_person_id", table_name="person_associations")
    op.drop_index("ix_person_associations_other", table_name="person_associations")
    op.drop_table("person_associations")
    op.drop_table("persons_history")
    op.drop_index("uq_persons_reference", table_name="persons")
    op.drop_index("ix_persons_neighbourhood", table_name="persons")
    op.drop_index("ix_persons_date_of_birth", table_name="persons")
    op.drop_table("persons")
