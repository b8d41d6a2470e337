"""Tables of people and of what hangs on a person."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from offenders.db import Base
from offenders.domain.columns import (
    ForceKey,
    IdKey,
    Moment,
    OptionalMoment,
    OptionalString,
    String,
    Strings,
    in_force,
    one_of,
)
from offenders.domain.history import history_of
from offenders.domain.reference import models as reference  # noqa: F401 - keys refer to its tables

SEXES = ("male", "female", "not_known", "not_specified")
PRECISIONS = ("exact", "approximate")
NAME_TYPES = ("alias", "former")
IDENTIFIER_STATES = ("valid", "invalid")
MANAGEMENT_KINDS = ("iom_member", "mappa_case", "registration", "order")
HANDLINGS = ("normal", "restricted", "covert")
ASSOCIATION_TYPES = (
    "co_offender",
    "partner",
    "sibling",
    "parent",
    "child",
    "household",
    "associate",
    "victim_of",
)


class Person(Base):
    """A person as one force knows them; `merged_into` names who stands for them since a merge."""

    __tablename__ = "persons"
    force: Mapped[ForceKey]
    id: Mapped[IdKey]
    reference: Mapped[String]
    family_name: Mapped[String]
    given_names: Mapped[OptionalString]
    date_of_birth: Mapped[date | None]
    date_of_birth_precision: Mapped[String] = mapped_column(server_default="exact")
    sex: Mapped[String] = mapped_column(server_default="not_known")
    nationalities: Mapped[Strings]
    languages: Mapped[Strings]
    phones: Mapped[Strings]
    ethnicity_self_defined: Mapped[OptionalString]
    ethnicity_observed: Mapped[OptionalString]
    photo_reference: Mapped[OptionalString]
    ocg_role: Mapped[OptionalString]
    lpa: Mapped[OptionalString]
    neighbourhood: Mapped[OptionalString]
    are_addresses_protected: Mapped[bool] = mapped_column(server_default=text("false"))
    merged_into: Mapped[UUID | None]
    version: Mapped[int] = mapped_column()
    recorded_at: Mapped[Moment]
    updated_at: Mapped[Moment]
    __mapper_args__ = {"version_id_col": version, "version_id_generator": False}  # noqa: RUF012
    __table_args__ = (
        one_of("sex", SEXES),
        one_of("date_of_birth_precision", PRECISIONS),
        in_force("merged_into", "persons"),
        Index("uq_persons_reference", "force", "reference", unique=True),
        Index("ix_persons_date_of_birth", "force", "date_of_birth"),
        Index("ix_persons_neighbourhood", "force", "neighbourhood"),
        Index(
            "ix_persons_protected",
            "force",
            "id",
            postgresql_where=text("are_addresses_protected"),
        ),
        Index(
            "ix_persons_merged_into",
            "force",
            "merged_into",
            postgresql_where=text("merged_into IS NOT NULL"),
        ),
    )


class PersonName(Base):
    """An alias or a former name."""

    __tablename__ = "person_names"
    force: Mapped[ForceKey]
    id: Mapped[IdKey]
    person_id: Mapped[UUID]
    type: Mapped[String]
    family_name: Mapped[String]
    given_names: Mapped[OptionalString]
    date_of_birth: Mapped[date | None]
    recorded_by: Mapped[String]
    recorded_at: Mapped[Moment]
    __table_args__ = (
        one_of("type", NAME_TYPES),
        in_force("person_id", "persons"),
        Index("ix_person_names_person_id", "force", "person_id"),
    )


class NameToken(Base):
    """One normalised word of a name: what search by name reads, by equality and range only.

    `name_id` is the alias or former name it comes from; the person's own id for the main name.
    """

    __tablename__ = "person_name_tokens"
    force: Mapped[ForceKey]
    token: Mapped[str] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(primary_key=True)
    name_id: Mapped[UUID] = mapped_column(primary_key=True)
    part: Mapped[str] = mapped_column(primary_key=True)
    __table_args__ = (
        in_force("person_id", "persons"),
        Index("ix_person_name_tokens_person_id", "force", "person_id"),
        Index(
            "ix_person_name_tokens_prefix",
            "force",
            text("token text_pattern_ops"),
            "person_id",
        ),
    )


class NameWord(Base):
    """A word that a name of the force has or once had."""

    __tablename__ = "name_words"
    force: Mapped[ForceKey]
    word: Mapped[str] = mapped_column(Text, primary_key=True)


class NameWordKey(Base):
    """A key by which a word is found when it is asked for with an error: see word_keys.py."""

    __tablename__ = "name_word_keys"
    force: Mapped[ForceKey]
    key: Mapped[str] = mapped_column(Text, primary_key=True)
    word: Mapped[str] = mapped_column(Text, primary_key=True)


class DateOfBirth(Base):
    """A further date of birth that the person has given or been recorded with."""

    __tablename__ = "person_dates_of_birth"
    force: Mapped[ForceKey]
    id: Mapped[IdKey]
    person_id: Mapped[UUID]
    date_of_birth: Mapped[date]
    precision: Mapped[String] = mapped_column(server_default="exact")
    recorded_by: Mapped[String]
    recorded_at: Mapped[Moment]
    __table_args__ = (
        one_of("precision", PRECISIONS),
        in_force("person_id", "persons"),
        Index("ix_person_dates_of_birth_person_id", "force", "person_id"),
        Index("ix_person_dates_of_birth_date", "force", "date_of_birth"),
    )


class Identifier(Base):
    """An identifier; one that fails its check letter is kept raw and never matched."""

    __tablename__ = "person_identifiers"
    force: Mapped[ForceKey]
    id: Mapped[IdKey]
    person_id: Mapped[UUID]
    type: Mapped[String]
    value: Mapped[OptionalString]
    state: Mapped[String]
    raw_value: Mapped[String]
    source: Mapped[String]
    recorded_by: Mapped[String]
    recorded_at: Mapped[Moment]
    __table_args__ = (
        one_of("state", IDENTIFIER_STATES),
        CheckConstraint("(state = 'valid') = (value IS NOT NULL)", name="valid_has_value"),
        in_force("person_id", "persons"),
        Index(
            "uq_person_identifiers_pnc_id",
            "force",
            "value",
            unique=True,
            postgresql_where=text("type = 'pnc_id' AND state = 'valid'"),
        ),
        # By which one force finds another's wants: through a narrow function only.
        Index(
            "ix_person_identifiers_anywhere",
            "value",
            postgresql_where=text("type = 'pnc_id' AND state = 'valid'"),
        ),
        Index("ix_person_identifiers_value", "force", "type", "value"),
        Index("ix_person_identifiers_person_id", "force", "person_id"),
    )


class Address(Base):
    """An address with the neighbourhood that its point or its sender names."""

    __tablename__ = "person_addresses"
    force: Mapped[ForceKey]
    id: Mapped[IdKey]
    person_id: Mapped[UUID]
    lines: Mapped[Strings]
    postcode: Mapped[OptionalString]
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    neighbourhood: Mapped[OptionalString]
    type: Mapped[String]
    from_on: Mapped[date | None]
    to_on: Mapped[date | None]
    recorded_by: Mapped[String]
    recorded_at: Mapped[Moment]
    __table_args__ = (
        CheckConstraint("latitude BETWEEN -90 AND 90", name="latitude_on_earth"),
        CheckConstraint("longitude BETWEEN -180 AND 180", name="longitude_on_earth"),
        CheckConstraint("to_on IS NULL OR from_on IS NULL OR to_on >= from_on", name="to_after"),
        in_force("person_id", "persons"),
        in_force("neighbourhood", "neighbourhoods", "code"),
        Index("ix_person_addresses_person_id", "force", "person_id"),
        Index("ix_person_addresses_postcode", "force", "postcode"),
    )


class Vehicle(Base):
    """A vehicle the person uses, by registration mark."""

    __tablename__ = "person_vehicles"
    force: Mapped[ForceKey]
    id: Mapped[IdKey]
    person_id: Mapped[UUID]
    registration_mark: Mapped[String]
    make: Mapped[OptionalString]
    model: Mapped[OptionalString]
    colour: Mapped[OptionalString]
    recorded_by: Mapped[String]
    recorded_at: Mapped[Moment]
    __table_args__ = (
        in_force("person_id", "persons"),
        Index("ix_person_vehicles_person_id", "force", "person_id"),
        Index("ix_person_vehicles_mark", "force", "registration_mark"),
    )


class Marker(Base):
    """A warning marker; the database holds one active marker per person and code."""

    __tablename__ = "person_markers"
    force: Mapped[ForceKey]
    id: Mapped[IdKey]
    person_id: Mapped[UUID]
    code: Mapped[String]
    rationale: Mapped[String]
    source: Mapped[OptionalString]
    from_on: Mapped[date]
    review_on: Mapped[date]
    recorded_by: Mapped[String]
    recorded_at: Mapped[Moment]
    removed_at: Mapped[OptionalMoment]
    removed_by: Mapped[OptionalString]
    removal_reason: Mapped[OptionalString]
    version: Mapped[int] = mapped_column()
    __mapper_args__ = {"version_id_col": version, "version_id_generator": False}  # noqa: RUF012
    __table_args__ = (
        CheckConstraint("(removed_at IS NULL) = (removal_reason IS NULL)", name="removal_reasoned"),
        in_force("person_id", "persons"),
        Index(
            "uq_person_markers_active",
            "force",
            "person_id",
            "code",
            unique=True,
            postgresql_where=text("removed_at IS NULL"),
        ),
        Index("ix_person_markers_person_id", "force", "person_id"),
        Index("ix_person_markers_code", "force", "code"),
        Index(
            "ix_person_markers_review_on",
            "force",
            "review_on",
            postgresql_where=text("removed_at IS NULL"),
        ),
    )


class MarkerReview(Base):
    """That somebody looked at a marker again and kept it; `was_due_on` is what it had said."""

    __tablename__ = "person_marker_reviews"
    force: Mapped[ForceKey]
    id: Mapped[IdKey]
    marker_id: Mapped[UUID]
    rationale: Mapped[String]
    was_due_on: Mapped[date]
    review_on: Mapped[date]
    occurred_at: Mapped[Moment]
    recorded_by: Mapped[String]
    recorded_at: Mapped[Moment]
    __table_args__ = (
        ForeignKeyConstraint(
            ["force", "marker_id"],
            ["person_markers.force", "person_markers.id"],
            ondelete="CASCADE",
        ),
        Index("ix_person_marker_reviews_marker_id", "force", "marker_id"),
    )


class Management(Base):
    """That a person is managed under an IOM membership, MAPPA case, registration or order.

    `id` and `reference` are those of the membership, case, registration or order; the row goes
    when that ends, whose own history keeps the past.
    """

    __tablename__ = "managements"
    force: Mapped[ForceKey]
    id: Mapped[IdKey]
    kind: Mapped[String]
    reference: Mapped[String]
    person_id: Mapped[UUID]
    owner_officer: Mapped[OptionalString]
    owner_team: Mapped[OptionalString]
    lpa: Mapped[OptionalString]
    neighbourhood: Mapped[OptionalString]
    risk: Mapped[OptionalString]
    recorded_at: Mapped[Moment]
    __table_args__ = (
        one_of("kind", MANAGEMENT_KINDS),
        CheckConstraint("num_nonnulls(owner_officer, owner_team) = 1", name="one_owner"),
        in_force("person_id", "persons"),
        Index("ix_managements_person_id", "force", "person_id"),
        Index("ix_managements_owner_officer", "force", "owner_officer"),
        Index("ix_managements_neighbourhood", "force", "neighbourhood"),
    )


class Association(Base):
    """How another person stands to this one: `type` says what the other is."""

    __tablename__ = "person_associations"
    force: Mapped[ForceKey]
    id: Mapped[IdKey]
    person_id: Mapped[UUID]
    other_person_id: Mapped[UUID]
    type: Mapped[String]
    from_on: Mapped[date | None]
    to_on: Mapped[date | None]
    notes: Mapped[OptionalString]
    recorded_by: Mapped[String]
    recorded_at: Mapped[Moment]
    __table_args__ = (
        one_of("type", ASSOCIATION_TYPES),
        CheckConstraint("person_id <> other_person_id", name="two_people"),
        in_force("person_id", "persons"),
        in_force("other_person_id", "persons"),
        Index("ix_person_associations_person_id", "force", "person_id"),
        Index("ix_person_associations_other", "force", "other_person_id"),
    )


class Note(Base):
    """A note or piece of intelligence with its 3x5x2 grade and its handling.

    `agency` is the partner whose note it is; None for the force's own.
    """

    __tablename__ = "person_notes"
    force: Mapped[ForceKey]
    id: Mapped[IdKey]
    person_id: Mapped[UUID]
    text: Mapped[String]
    grade: Mapped[OptionalString]
    handling: Mapped[String]
    occurred_at: Mapped[Moment]
    recorded_by: Mapped[String]
    recorded_at: Mapped[Moment]
    agency: Mapped[OptionalString]
    __table_args__ = (
        one_of("handling", HANDLINGS),
        in_force("person_id", "persons"),
        Index("ix_person_notes_person_id", "force", "person_id"),
    )


class PersonMove(Base):
    """That a merge or its reversal moved a row from one person to another.

    A management has the id of the membership, case, registration or order that it tells of.
    """

    __tablename__ = "person_moves"
    force: Mapped[ForceKey]
    row_id: Mapped[UUID] = mapped_column(primary_key=True)
    column_name: Mapped[str] = mapped_column(Text, primary_key=True)
    recorded_at: Mapped[Moment] = mapped_column(primary_key=True)
    table_name: Mapped[str] = mapped_column(Text, primary_key=True)
    merge_id: Mapped[UUID]
    from_person: Mapped[UUID]
    to_person: Mapped[UUID]
    __table_args__ = (
        Index("ix_person_moves_from_person", "force", "from_person"),
        Index("ix_person_moves_merge_id", "force", "merge_id"),
    )


PERSON_HISTORY = history_of(Person.__table__)
