"""Tables of meetings: each with its pack as it was drawn, and the minutes of its agenda."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Text, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from offenders.db import Base
from offenders.domain.columns import (
    ForceKey,
    IdKey,
    Moment,
    OptionalMoment,
    OptionalString,
    String,
    in_force,
    one_of,
)
from offenders.domain.meetings.rules import SECTIONS, Kind, Tier
from offenders.domain.persons import models as persons  # noqa: F401 - keys refer to its tables
from offenders.domain.reference import models as reference  # noqa: F401 - keys refer to its tables

List = Annotated[list[dict[str, Any]], mapped_column(JSONB, server_default="[]")]


class Meeting(Base):
    """One meeting of a tier, whose pack says what was known at `cut_off`.

    The pack looks back to `since` and ahead to `until`. `previous_id` is the last meeting before
    of the same tier, area and kind: what changed is told since then. The pack goes after its
    time, at `pack_dropped_at`, unless `pack_hold` says why it may not; the meeting stays.
    """

    __tablename__ = "meetings"
    force: Mapped[ForceKey]
    id: Mapped[IdKey]
    reference: Mapped[String]
    tier: Mapped[String]
    kind: Mapped[String]
    lpa: Mapped[OptionalString]
    held_at: Mapped[Moment]
    cut_off: Mapped[Moment]
    since: Mapped[Moment]
    until: Mapped[Moment]
    previous_id: Mapped[UUID | None]
    chair: Mapped[OptionalString]
    attendance: Mapped[List]
    recorded_by: Mapped[String]
    version: Mapped[int] = mapped_column(server_default="1")
    recorded_at: Mapped[Moment]
    updated_at: Mapped[Moment]
    pack_dropped_at: Mapped[OptionalMoment]
    pack_hold: Mapped[OptionalString]
    __mapper_args__ = {"version_id_col": version, "version_id_generator": False}  # noqa: RUF012
    __table_args__ = (
        one_of("tier", Tier),
        one_of("kind", Kind),
        CheckConstraint("(tier = 'lpa') = (lpa IS NOT NULL)", name="tier_has_area"),
        CheckConstraint("since < cut_off AND cut_off < until", name="looks_both_ways"),
        CheckConstraint("cut_off <= recorded_at", name="drawn_of_the_past"),
        in_force("lpa", "lpas", "code"),
        in_force("previous_id", "meetings"),
        Index("uq_meetings_reference", "force", "reference", unique=True),
        Index(
            "uq_meetings_cut_off",
            "force",
            "tier",
            "lpa",
            "kind",
            "cut_off",
            unique=True,
            postgresql_nulls_not_distinct=True,
        ),
        Index("ix_meetings_held_at", "force", "held_at", "id"),
    )


class MeetingSection(Base):
    """One section of a pack as drawn: how many it counts, with the list of each number.

    `counted` is null where the register has no data of this kind. Of the rows `kept`, so many are
    `shown` with the whole pack. `groups` is JSON text. `row_people` are whom the counted rows are
    about, `row_groups` the group of each: from whom somebody is hidden, for them it counts less.
    """

    __tablename__ = "meeting_sections"
    force: Mapped[ForceKey]
    meeting_id: Mapped[UUID] = mapped_column(primary_key=True)
    section: Mapped[str] = mapped_column(Text, primary_key=True)
    counted: Mapped[int | None]
    kept: Mapped[int]
    shown: Mapped[int]
    href: Mapped[String]
    groups: Mapped[String]
    row_people: Mapped[list[UUID] | None] = mapped_column(ARRAY(Uuid))
    row_groups: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    __table_args__ = (
        one_of("section", SECTIONS),
        CheckConstraint("shown <= kept AND kept <= coalesce(counted, 0)", name="shown_is_counted"),
        in_force("meeting_id", "meetings"),
    )


class MeetingItem(Base):
    """One row of a section as drawn, as JSON text, with whom it is about.

    `needs` is the permission without which this row is masked, `follows` says that its area is
    that of the person's address.
    """

    __tablename__ = "meeting_items"
    force: Mapped[ForceKey]
    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=text("gen_random_uuid()"))
    meeting_id: Mapped[UUID]
    section: Mapped[String]
    place: Mapped[int]
    person_id: Mapped[UUID | None]
    subject_type: Mapped[String]
    subject_id: Mapped[UUID]
    follows: Mapped[bool]
    needs: Mapped[OptionalString]
    item: Mapped[String]
    __table_args__ = (
        one_of("section", SECTIONS),
        in_force("meeting_id", "meetings"),
        in_force("person_id", "persons"),
        Index("uq_meeting_items_place", "force", "meeting_id", "section", "place", unique=True),
        Index(
            "ix_meeting_items_person_id",
            "force",
            "person_id",
            postgresql_where=text("person_id IS NOT NULL"),
        ),
    )


class MeetingMinute(Base):
    """What was said on one item of the agenda."""

    __tablename__ = "meeting_minutes"
    force: Mapped[ForceKey]
    id: Mapped[IdKey]
    meeting_id: Mapped[UUID]
    section: Mapped[OptionalString]
    note: Mapped[String]
    recorded_by: Mapped[String]
    recorded_at: Mapped[Moment]
    __table_args__ = (
        one_of("section", SECTIONS),
        in_force("meeting_id", "meetings"),
        Index("ix_meeting_minutes_meeting_id", "force", "meeting_id", "recorded_at"),
    )
