"""Messages in the outbox of a force, and receivers that do what a test wants."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from offenders.db import Work, transaction
from offenders.domain.outbox.port import Receipt
from offenders.domain.outbox.service import Message, post
from offenders.ids import new_id


class Receiver:
    """A transport that keeps what it gets and fails as it is told, once for each fault."""

    def __init__(self):
        self.parcels, self.faults = [], []

    def __call__(self, parcel):
        fault = self.faults.pop(0) if self.faults else None
        if fault is not None and not isinstance(fault, Receipt):
            if getattr(fault, "after", False):
                self.parcels.append(parcel)
            raise fault
        had_it = any(each.id == parcel.id for each in self.parcels)
        self.parcels.append(parcel)
        return fault or Receipt(had_it=had_it and getattr(self, "knows", False))


@pytest.fixture
def receiver():
    return Receiver()


@pytest.fixture
def look(engine, fresh_force):
    """Ask the database as the force."""

    def ask(sql, **values):
        with transaction(engine, Work(fresh_force, writes=False)) as session:
            return [tuple(row) for row in session.execute(text(sql), values)]

    return ask


@pytest.fixture
def change(engine, fresh_force):
    """Change what stands in the database, e.g. let time go by."""

    def do(sql, **values):
        with transaction(engine, Work(fresh_force)) as session:
            session.execute(text(sql), values)

    return do


@pytest.fixture
def posted(engine, fresh_force):
    """Post messages; their forces wait no longer than the test."""

    def given(count=1, *, force=None, data=None):
        with transaction(engine, Work(force or fresh_force)) as session:
            messages = [
                Message(
                    "acro.request", "acro_check", new_id("33"), "A33-TEST-TEST", data or {"n": n}
                )
                for n in range(count)
            ]
            return post(session, messages, by="test")

    yield given
    with transaction(engine, Work("00")) as session:
        session.execute(text("DELETE FROM waiting_messages"))
