"""Processes of lanes: whatever becomes of one, who waits for it hears of it and none stays."""

from __future__ import annotations

import os
import signal
from multiprocessing import active_children
from multiprocessing.connection import Connection
from uuid import uuid4

import pytest

from offenders.db import serving_engine
from offenders.domain.imports.crews import processes
from offenders.domain.imports.problems import ImportRefused
from offenders.errors import DomainError, LimitReached, PersonMerged


@pytest.fixture
def engine():
    """Make an engine that nobody connects with."""
    return serving_engine("postgresql://nobody@127.0.0.1:9/nothing")


LONG = 1_000_000  # bytes, more than a pipe holds
PATIENCE = 20


class Odd(Exception):
    def __init__(self, *, said):
        super().__init__(said)


def answer(engine, receive, rows=()):
    with processes(engine, receive) as crew:
        return crew(rows)().result(PATIENCE)


def end_in_the_midst(_engine, _rows):
    """Be killed when half of the answer is sent."""
    send = Connection._send

    def half(self, content, *more):
        if len(content) < LONG:
            return send(self, content, *more)
        send(self, content[: len(content) // 2], *more)
        return os.kill(os.getpid(), signal.SIGKILL)

    Connection._send = half
    return bytes(LONG)


def test_one_killed_while_it_answers_keeps_nobody_waiting(engine):
    with pytest.raises(ImportRefused, match="it goes on"):
        answer(engine, end_in_the_midst)
    assert not active_children()


def test_one_killed_before_it_is_asked_keeps_nobody_waiting(engine):
    with processes(engine, lambda _engine, rows: rows) as crew:
        begin = crew(bytes(LONG))
        for each in active_children():
            os.kill(each.pid, signal.SIGKILL)
        with pytest.raises(ImportRefused, match="it goes on"):
            begin().result(PATIENCE)
    assert not active_children()


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (PersonMerged("P1", uuid4()), (DomainError, "Use the survivor")),
        (LimitReached("Come back.", 3), (DomainError, "Come back")),
        (Odd(said="1"), (RuntimeError, "Odd")),
        (ValueError("as it is"), (ValueError, "as it is")),
    ],
)
def test_what_went_wrong_in_one_is_said(engine, error, said):
    def fail(_engine, _rows):
        raise error

    with pytest.raises(said[0], match=said[1]):
        answer(engine, fail)


def test_none_stays_where_the_second_cannot_begin(engine, monkeypatch):
    fork, forked = os.fork, []

    def failing():
        if forked:
            raise BlockingIOError
        forked.append(fork())
        return forked[0]

    monkeypatch.setattr(os, "fork", failing)
    with pytest.raises(BlockingIOError):
        answer(engine, lambda _engine, rows: rows)
    assert not active_children()
