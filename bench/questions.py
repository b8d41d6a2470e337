"""What is asked: each question as HTTP requests, and the very SQL that the service answers with."""

from __future__ import annotations

import itertools
import json
import logging
import random
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2b
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus
from uuid import uuid4

import structlog
from sqlalchemy import event, text

from offenders.api import create_app
from offenders.db import Work, transaction
from offenders.issuer import issue_token, load_or_make_key
from offenders.migrating import owner_engine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from flask.testing import FlaskClient

    from offenders.settings import Settings

FORCE = "33"
SAMPLE = 100
OFFICERS = 8
_UUID = r"'[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}'::uuid"
# What must be new each time is made anew by the database.
_NEW = "gen_random_uuid()"
_NEW_EVENT = {"audit_id": _NEW}
_NEW_WANT = {
    "id": _NEW,
    "action_id": _NEW,
    "reference": f"'W' || {_NEW}",
    "crime_reference": f"'BENCH/' || {_NEW}",
}


@dataclass(frozen=True)
class Sent:
    """One statement: the name and text under which it is prepared, and what it is called with."""

    name: str
    sql: str
    arguments: tuple[str, ...]


@dataclass(frozen=True)
class Question:
    """One thing asked: how it is sent, and its SQL, one list of statements for each transaction."""

    name: str
    requests: Callable[[], Iterator[bytes]]
    transactions: list[list[Sent]]


@dataclass(frozen=True)
class _Asked:
    method: str
    path: str
    body: dict[str, Any] | None = None
    officer: int | None = None  # one of several on the beat, who take a packed answer


class Asker:
    """Samples what is in the database, and hears what SQL the service sends for it."""

    def __init__(self, settings: Settings) -> None:
        """Make the application in this process only to hear its SQL."""
        self._app = create_app(settings)
        structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
        # The short cut's connections are its own; Flask's are heard.
        self._app.wsgi_app = self._app.wsgi_app.flask  # type: ignore[attr-defined, method-assign]
        self._engine = self._app.extensions["offenders"].engine
        self._texts: dict[str, str] = {}
        self._heard: list[Sent] = []
        event.listen(self._engine, "before_cursor_execute", self._listen)
        self._client: FlaskClient = self._app.test_client()
        self._token = _token(settings, "investigator")
        self._beat = [
            _token(settings, "neighbourhood_officer", name=f"Bench {number}")
            for number in range(OFFICERS)
        ]
        self._chance = random.Random(1)  # noqa: S311 - repeatable, no secret
        self._people = self._sample("SELECT id::text FROM persons WHERE force = :force")
        self._areas = self._sample("""
            SELECT DISTINCT lpa FROM wants
            WHERE force = :force AND lpa IS NOT NULL AND state = 'outstanding'""")
        self._names = self._sample("""
            SELECT family_name || ' ' || split_part(given_names, ' ', 1) FROM persons
            WHERE force = :force AND given_names IS NOT NULL""")

    def questions(self) -> list[Question]:
        """Give the five of the benchmark."""
        people = [_Asked("GET", f"/v1/people/{each}") for each in self._people]
        areas = [_Asked("GET", f"/v1/wanted?lpa={each}&limit=50") for each in self._areas]
        names = [_Asked("GET", f"/v1/people?name={quote_plus(each)}") for each in self._names]
        counts = [_Asked("GET", "/v1/wanted/counts?group_by=lpa")]
        return [
            self._question("person", people),
            self._question("wanted list", areas),
            self._question("name search", names[:25]),
            self._question("counts", counts),
            self._question("create want", [self._want() for _ in range(25)], self._wants),
        ]

    def ward(self) -> Question:
        """Give the offenders of a ward, as officers on the beat ask for them."""
        wards = self._sample("""
            SELECT neighbourhood FROM persons
            WHERE force = :force AND neighbourhood IS NOT NULL GROUP BY neighbourhood""")
        asked = [
            _Asked("GET", f"/v1/neighbourhoods/{each}/offenders", officer=number % OFFICERS)
            for number, each in enumerate(wards)
        ]
        return self._question("ward list", asked)

    def _want(self) -> _Asked:
        body = {
            "person_id": self._chance.choice(self._people),
            "reason": "named_suspect",
            "crime_reference": f"BENCH/{uuid4().hex}",
            "risk": "medium",
            "lpa": self._chance.choice(self._areas),
        }
        return _Asked("POST", "/v1/wanted", body)

    def _wants(self) -> Iterator[bytes]:
        while True:
            yield self._bytes(self._want())

    def _question(
        self,
        name: str,
        sent: Sequence[_Asked],
        requests: Callable[[], Iterator[bytes]] | None = None,
    ) -> Question:
        ready = [self._bytes(each) for each in sent]
        return Question(
            name,
            requests or (lambda: itertools.cycle(ready)),
            [self._hear(each) for each in sent],
        )

    def _bytes(self, sent: _Asked) -> bytes:
        body = json.dumps(sent.body).encode() if sent.body is not None else b""
        lines = [f"{sent.method} {sent.path} HTTP/1.1", "Host: bench"]
        lines += [f"{name}: {value}" for name, value in self._headers(sent).items()]
        if body:
            lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + body

    def _headers(self, sent: _Asked) -> dict[str, str]:
        if sent.officer is None:
            return {"Authorization": f"Bearer {self._token}", "X-Access-Reason": "benchmark"}
        bearer = {"Authorization": f"Bearer {self._beat[sent.officer]}"}
        return bearer | {"X-Access-Reason": "benchmark", "Accept-Encoding": "gzip"}

    def _hear(self, sent: _Asked) -> list[Sent]:
        """Answer in this process, through Flask, and give the SQL as it was sent."""
        # Once to be known: a budget newly counted and a fact newly read are no part of it.
        self._ask(sent)
        self._heard.clear()
        self._ask(self._want() if sent.method == "POST" else sent)
        return list(self._heard)

    def _listen(self, _: Any, cursor: Any, statement: str, values: Any, *__: Any) -> None:
        if statement.startswith("PREPARE "):
            name, _as, sql = statement.removeprefix("PREPARE ").split(" ", 2)
            self._texts[name] = sql
        else:
            self._heard.append(_written(cursor, statement, values, self._texts))

    def _ask(self, sent: _Asked) -> None:
        answer = self._client.open(
            sent.path, method=sent.method, json=sent.body, headers=self._headers(sent)
        )
        if answer.status_code not in {200, 201}:
            message = f"{sent.method} {sent.path} was answered with {answer.status_code}."
            raise RuntimeError(message)

    def _sample(self, sql: str) -> list[str]:
        ordered = text(f"SELECT x.v FROM ({sql}) x (v) ORDER BY md5(x.v) LIMIT :limit")
        with transaction(self._engine, Work(FORCE, statement_seconds=60)) as session:
            values = {"force": FORCE, "limit": SAMPLE}
            return [row.v for row in session.execute(ordered, values)]


def _token(settings: Settings, role: str, **more: Any) -> str:
    return issue_token(
        load_or_make_key(settings.data_dir),
        roles=[role],
        force=FORCE,
        audience=settings.oidc_audience,
        now=datetime.now(UTC),
        hours=12,
        **more,
    )


def forget_wants(owner_url: str) -> None:
    """Take away the wants that measuring has entered, so that every run finds the same data."""
    engine = owner_engine(owner_url)
    with engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT")
        connection.execute(text("SELECT set_config('app.force', :force, false)"), {"force": FORCE})
        for statement in _FORGET:
            connection.execute(text(statement))
    engine.dispose()


_FORGET = (
    """DELETE FROM want_actions a USING wants w WHERE w.force = a.force AND w.id = a.want_id
         AND w.crime_reference LIKE 'BENCH/%'""",
    "DELETE FROM wants_history WHERE crime_reference LIKE 'BENCH/%'",
    "DELETE FROM wants WHERE crime_reference LIKE 'BENCH/%'",
    "VACUUM (ANALYZE) wants, wants_history, want_actions, people_read, audit_events",
)


def _written(cursor: Any, statement: str, values: Any, texts: dict[str, str]) -> Sent:
    """Give a statement as it was sent; one that the service doesn't prepare is prepared whole."""
    if not statement.startswith("EXECUTE "):
        sql = cursor.mogrify(statement, values or None).decode()
        sql = re.sub(rf"(VALUES \('\d\d', ){_UUID}", rf"\1{_NEW}", sql)
        return Sent(f"w{blake2b(sql.encode(), digest_size=12).hexdigest()}", sql, ())
    name = re.split(r"[ (]", statement.removeprefix("EXECUTE "), maxsplit=1)[0]
    new = _NEW_EVENT | (_NEW_WANT if "INSERT INTO wants (" in texts[name] else {})
    names = re.findall(r"%\((\w+)\)s", statement)
    arguments = [new.get(each) or cursor.mogrify("%s", (values[each],)).decode() for each in names]
    return Sent(name, texts[name], tuple(arguments))
