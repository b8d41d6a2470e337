"""Integrated offender management: nominations, decisions, memberships and meetings."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from offenders.db import APP_ROLE
from offenders.migrating import protect

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

_TYPES = {
    "text": sa.Text,
    "texts": lambda: postgresql.ARRAY(sa.Text()),
    "uuid": sa.Uuid,
    "moment": lambda: sa.DateTime(timezone=True),
    "date": sa.Date,
    "json": lambda: postgresql.JSONB(astext_type=sa.Text()),
    "bool": sa.Boolean,
    "int": sa.Integer,
}
# Each column as `name type`, then `!` where it is never null and `=` before its default.
_COLUMNS = {
    "iom_meetings": """
        force text!, id uuid!, reference text!, held_at moment!, lpa text, neighbourhood
        text, chair text!, chair_agency text!, attendance json!=[], agencies texts!={},
        decides bool!, notes text, recorded_by text!, recorded_at moment!""",
    "iom_nominations": """
        force text!, id uuid!, reference text!, person_id uuid!, scheme text!, cohort
        text!, theme text!, agency text!, reason text!, arrested_at moment, lpa text,
        neighbourhood text, owner_officer text, owner_team text, handovers json!=[], state text!=pending,
        nominated_at moment!, decide_by moment!, decided_at moment, recorded_by text!,
        version int!, recorded_at moment!, updated_at moment!""",
    "iom_decisions": """
        force text!, id uuid!, nomination_id uuid, person_id uuid!, scheme text!,
        outcome text!, rationale text!, panel json!=[], meeting_id uuid,
        in_deciding_meeting bool!=true, score json!={}, source text, decided_at moment!,
        deferred_until date, recorded_by text!, recorded_at moment!""",
    "iom_members": """
        force text!, id uuid!, reference text!, person_id uuid!, decision_id uuid!,
        decision_outcome text!, scheme text!, stage text, facts json!={}, cohort text!,
        theme text!, further_themes texts!={}, rating text!, rated_at moment!, risk
        text, risk_rationale text, lead_agency text!, lead_officer text, lead_team text,
        managed_by text!, support_officer text, lpa text, neighbourhood text,
        catch_and_convict bool!=false, convict_from moment, convict_until date,
        convict_review_on date, convict_authorised_by text, convict_reason text,
        pathways json!=[], objectives text, expectations_explained_at moment, joined_on
        date!, last_reviewed_at moment, review_due_at moment!, exited_at moment,
        exit_reason text, exit_rationale text, what_worked text, recorded_by text!,
        version int!, recorded_at moment!, updated_at moment!""",
    "iom_log": """
        force text!, id uuid!, member_id uuid!, kind text!, occurred_at moment!,
        recorded_at moment!, actor text!, details json!={}""",
    "iom_plan_actions": """
        force text!, id uuid!, member_id uuid!, text text!, pathway text, agency text!,
        owner text!, due_on date!, state text!=open, outcome text, ended_at moment,
        recorded_by text!, recorded_at moment!, updated_at moment!""",
    "iom_relatives": """
        force text!, id uuid!, member_id uuid!, relation text!, family_name text!,
        given_names text, date_of_birth date, concern text!, referred_to text,
        referred_at moment, outcome text, recorded_by text!, recorded_at moment!""",
}
_CHECKS = {
    "iom_meetings": {
        "has_quorum": "NOT decides OR agencies @> ARRAY['police', 'probation', 'housing']",
        "may_chair": "NOT decides OR chair_agency IN ('police', 'probation', 'prison')",
    },
    "iom_nominations": {
        "cohort_known": "cohort IN ('fixed', 'flex', 'free')",
        "decided": "(state IN ('accepted', 'refused')) = (decided_at IS NOT NULL)",
        "one_owner": "num_nonnulls(owner_officer, owner_team) = 1",
        "state_known": "state IN ('pending', 'deferred', 'accepted', 'refused')",
        "theme_known": "theme IN ('acquisitive', 'serious_acquisitive', 'domestic_abuse', 'violence', "
        "'sexual', 'child_sexual_exploitation', 'ocg', 'oc_periphery', 'knife', 'asb', "
        "'other')",
    },
    "iom_decisions": {
        "deferred": "(outcome = 'deferred') = (deferred_until IS NOT NULL)",
        "import_has_source": "(outcome = 'recorded_from_import') = (source IS NOT NULL)",
        "meeting_decides": "in_deciding_meeting",
        "of_nomination": "(outcome = 'recorded_from_import') = (nomination_id IS NULL)",
        "outcome_known": "outcome IN ('accepted', 'refused', 'deferred', 'recorded_from_import')",
    },
    "iom_members": {
        "cohort_known": "cohort IN ('fixed', 'flex', 'free')",
        "convict_governed": "NOT catch_and_convict OR num_nulls(convict_from, convict_until, "
        "convict_review_on, convict_authorised_by, convict_reason) = 0",
        "convict_reviewed_in_time": "convict_review_on <= convict_until",
        "decision_outcome_known": "decision_outcome IN ('accepted', 'recorded_from_import')",
        "exit_reason_known": "exit_reason IN ('reduced_risk', 'completed', 'sentence_end', 'moved_area', "
        "'long_custody', 'mappa_takeover', 'failed', 'withdrew', 'deceased', "
        "'entered_in_error')",
        "exit_reasoned": "(exited_at IS NULL) = (exit_reason IS NULL)",
        "managed_by_known": "managed_by IN ('iom_team', 'neighbourhood', 'probation', 'partner')",
        "one_lead": "num_nonnulls(lead_officer, lead_team) = 1",
        "rating_known": "rating IN ('blue', 'red', 'amber', 'green')",
        "risk_known": "risk IN ('very_high', 'high', 'medium', 'low')",
        "theme_known": "theme IN ('acquisitive', 'serious_acquisitive', 'domestic_abuse', 'violence', "
        "'sexual', 'child_sexual_exploitation', 'ocg', 'oc_periphery', 'knife', 'asb', "
        "'other')",
    },
    "iom_log": {
        "kind_known": "kind IN ('joining', 'amendment', 'rating', 'review', 'action', 'action_end', "
        "'intervention', 'drug_test', 'tag', 'catch_and_convict', 'stage', 'relative', "
        "'exit')",
    },
    "iom_plan_actions": {
        "ended": "(state = 'open') = (ended_at IS NULL)",
        "state_known": "state IN ('open', 'done', 'cancelled')",
    },
    "iom_relatives": {
        "relation_known": "relation IN ('sibling', 'child', 'parent', 'partner', 'household')",
    },
}
_KEYS: dict[str, tuple[tuple[str, str, str], ...]] = {
    "iom_meetings": (
        ("fk_iom_meetings_force_lpa", "force lpa", "lpas: force code"),
        (
            "fk_iom_meetings_force_neighbourhood",
            "force neighbourhood",
            "neighbourhoods: force code",
        ),
    ),
    "iom_nominations": (
        ("fk_iom_nominations_force_lpa", "force lpa", "lpas: force code"),
        (
            "fk_iom_nominations_force_neighbourhood",
            "force neighbourhood",
            "neighbourhoods: force code",
        ),
        ("fk_iom_nominations_force_person_id", "force person_id", "persons: force id"),
    ),
    "iom_decisions": (
        (
            "fk_iom_decisions_force_nomination_id",
            "force nomination_id",
            "iom_nominations: force id",
        ),
        ("fk_iom_decisions_force_person_id", "force person_id", "persons: force id"),
        (
            "fk_iom_decisions_meeting",
            "force meeting_id in_deciding_meeting",
            "iom_meetings: force id decides",
        ),
    ),
    "iom_members": (
        (
            "fk_iom_members_decision",
            "force decision_id person_id scheme decision_outcome",
            "iom_decisions: force id person_id scheme outcome",
        ),
        ("fk_iom_members_force_lpa", "force lpa", "lpas: force code"),
        ("fk_iom_members_force_neighbourhood", "force neighbourhood", "neighbourhoods: force code"),
        ("fk_iom_members_force_person_id", "force person_id", "persons: force id"),
    ),
    "iom_log": (("fk_iom_log_force_member_id", "force member_id", "iom_members: force id"),),
    "iom_plan_actions": (
        ("fk_iom_plan_actions_force_member_id", "force member_id", "iom_members: force id"),
    ),
    "iom_relatives": (
        ("fk_iom_relatives_force_member_id", "force member_id", "iom_members: force id"),
    ),
}
_INDEXES = (
    ("ix_iom_meetings_held_at", "iom_meetings", "force held_at id", None),
    ("uq_iom_meetings_reference", "iom_meetings", "force reference", None),
    ("ix_iom_nominations_nominated_at", "iom_nominations", "force nominated_at id", None),
    (
        "uq_iom_nominations_open",
        "iom_nominations",
        "force person_id scheme",
        "state IN ('pending', 'deferred')",
    ),
    ("uq_iom_nominations_reference", "iom_nominations", "force reference", None),
    ("ix_iom_decisions_nomination_id", "iom_decisions", "force nomination_id", None),
    ("ix_iom_decisions_person_id", "iom_decisions", "force person_id", None),
    (
        "uq_iom_decisions_final",
        "iom_decisions",
        "force nomination_id",
        "outcome IN ('accepted', 'refused')",
    ),
    ("ix_iom_members_person_id", "iom_members", "force person_id", None),
    ("uq_iom_members_decision_id", "iom_members", "force decision_id", None),
    ("uq_iom_members_open", "iom_members", "force person_id scheme", "exited_at IS NULL"),
    ("uq_iom_members_reference", "iom_members", "force reference", None),
    ("ix_iom_log_member_id", "iom_log", "force member_id occurred_at", None),
    ("ix_iom_plan_actions_due_on", "iom_plan_actions", "force due_on", "state = 'open'"),
    ("ix_iom_plan_actions_member_id", "iom_plan_actions", "force member_id", None),
    ("ix_iom_relatives_member_id", "iom_relatives", "force member_id", None),
)
_UNIQUE = {
    "iom_meetings": ("uq_iom_meetings_decides", "force", "id", "decides"),
    "iom_decisions": (
        "uq_iom_decisions_admitting",
        "force",
        "id",
        "person_id",
        "scheme",
        "outcome",
    ),
}
_KEPT = ("iom_nominations", "iom_members")


def _columns(table: str, *, is_history: bool = False) -> list[sa.Column[object]]:
    made = []
    for each in _COLUMNS[table].split(","):
        name, kind = each.split(maxsplit=1)
        kind, _, default = kind.partition("=")
        has_default = bool(default) and not is_history
        made.append(
            sa.Column(
                name,
                _TYPES[kind.strip().rstrip("!")](),
                server_default=sa.text(_quoted(default)) if has_default else None,
                nullable=not kind.strip().endswith("!"),
            )
        )
    return made


def _quoted(default: str) -> str:
    return default if default in {"true", "false"} else f"'{default.strip()}'"


def _make(table: str) -> None:
    checks = [
        sa.CheckConstraint(rule, name=op.f(f"ck_{table}_{name}"))
        for name, rule in _CHECKS[table].items()
    ]
    keys = []
    for name, columns, target in _KEYS[table]:
        other, _, named = target.partition(": ")
        refers = [f"{other}.{each}" for each in named.split()]
        # Where two records of one person are merged, the membership follows its decision.
        follows = "CASCADE" if name == "fk_iom_members_decision" else None
        keys.append(
            sa.ForeignKeyConstraint(columns.split(), refers, name=op.f(name), onupdate=follows)
        )
    if table in _UNIQUE:
        name, *columns_of = _UNIQUE[table]
        keys.append(sa.UniqueConstraint(*columns_of, name=op.f(name)))
    key = sa.PrimaryKeyConstraint("force", "id", name=op.f(f"pk_{table}"))
    op.create_table(table, *_columns(table), *checks, *keys, key)


def upgrade() -> None:
    """Make the tables."""
    for table in _COLUMNS:
        _make(table)
    for name, table, columns, where in _INDEXES:
        op.create_index(
            name,
            table,
            columns.split(),
            unique=name.startswith("uq_"),
            postgresql_where=sa.text(where) if where else None,
        )
    for table in _KEPT:
        op.create_table(
            f"{table}_history",
            *_columns(table, is_history=True),
            sa.Column("recorded_from", sa.DateTime(timezone=True), nullable=False),
            sa.Column("recorded_to", sa.DateTime(timezone=True), nullable=True),
            sa.PrimaryKeyConstraint(
                "force", "id", "recorded_from", name=op.f(f"pk_{table}_history")
            ),
        )
    changed = [*_KEPT, *(f"{table}_history" for table in _KEPT), "iom_plan_actions"]
    protect(op, changed, "SELECT, INSERT, UPDATE")
    protect(op, sorted(_COLUMNS.keys() - set(changed)), "SELECT, INSERT")
    # A decision is never altered but for whose it is, where two records are merged.
    op.execute(f"GRANT UPDATE (person_id) ON iom_decisions TO {APP_ROLE}")


def downgrade() -> None:
    """Drop them."""
    for table in _KEPT:
        op.drop_table(f"{table}_history")
    for table in reversed(_COLUMNS):
        op.drop_table(table)
