"""What is asked: each question as HTTP requests, and the very SQL that the service answers with."""

from __future__ import annotations

import itertools
import json
import random
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus
from uuid import uuid4

from sqlalchemy import event, text

from offenders.api import create_app, limits
from offenders.db import Work, transaction
from offenders.issuer import issue_token, load_or_make_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from flask.testing import FlaskClient

    from offenders.settings import Settings

FORCE = "33"
SAMPLE = 100
_UUID = r"'[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}'::uuid"


@dataclass(frozen=True)
class Question:
    """One thing asked: how it is sent, and its SQL, one list of statements for each transaction."""

    name: str
    requests: Callable[[], Iterator[bytes]]
    transactions: list[list[str]]


@dataclass(frozen=True)
class _Sent:
    method: str
    path: str
    body: dict[str, Any] | None = None


class Asker:
    """Samples what is in the database, and hears what SQL the service sends for it."""

    def __init__(self, settings: Settings) -> None:
        """Make the application in this process only to hear its SQL."""
        self._app = create_app(settings)
        # The short cut's connections are its own; Flask's are heard.
        self._app.wsgi_app = self._app.wsgi_app.flask  # type: ignore[attr-defined, method-assign]
        self._engine = self._app.extensions["offenders"].engine
        self._client: FlaskClient = self._app.test_client()
        self._token = issue_token(
            load_or_make_key(settings.data_dir),
            roles=["investigator"],
            force=FORCE,
            audience=settings.oidc_audience,
            now=datetime.now(UTC),
            hours=12,
        )
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
        people = [_Sent("GET", f"/v1/people/{each}") for each in self._people]
        areas = [_Sent("GET", f"/v1/wanted?lpa={each}&limit=50") for each in self._areas]
        names = [_Sent("GET", f"/v1/people?name={quote_plus(each)}") for each in self._names]
        counts = [_Sent("GET", "/v1/wanted/counts?group_by=lpa")]
        return [
            self._question("person", people),
            self._question("wanted list", areas),
            self._question("name search", names[:25]),
            self._question("create want", [self._want() for _ in range(25)], self._wants),
            self._question("counts", counts),
        ]

    def _want(self) -> _Sent:
        body = {
            "person_id": self._chance.choice(self._people),
            "reason": "named_suspect",
            "crime_reference": f"BENCH/{uuid4().hex}",
            "risk": "medium",
            "lpa": self._chance.choice(self._areas),
        }
        return _Sent("POST", "/v1/wanted", body)

    def _wants(self) -> Iterator[bytes]:
        while True:
            yield self._bytes(self._want())

    def _question(
        self,
        name: str,
        sent: Sequence[_Sent],
        requests: Callable[[], Iterator[bytes]] | None = None,
    ) -> Question:
        ready = [self._bytes(each) for each in sent]
        return Question(
            name,
            requests or (lambda: itertools.cycle(ready)),
            [_repeatable(self._hear(each)) for each in sent],
        )

    def _bytes(self, sent: _Sent) -> bytes:
        body = json.dumps(sent.body).encode() if sent.body is not None else b""
        lines = [f"{sent.method} {sent.path} HTTP/1.1", "Host: bench"]
        lines += [f"{name}: {value}" for name, value in self._headers().items()]
        if body:
            lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + body

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._token}", "X-Access-Reason": "benchmark"}

    def _hear(self, sent: _Sent) -> list[str]:
        """Answer once in this process, through Flask, and give the SQL as it was sent."""
        heard: list[str] = []
        texts: dict[str, str] = {}

        def listen(_: Any, cursor: Any, statement: str, values: Any, *__: Any) -> None:
            if statement.startswith("PREPARE "):
                name, _as, sql = statement.removeprefix("PREPARE ").split(" ", 2)
                texts[name] = sql
                return
            heard.append(_written(cursor, statement, values, texts))

        # A lease spares Flask the count of the daily budget, as it mostly does in service.
        limits.forget()
        self._engine.dispose()
        self._ask(sent)
        if sent.method == "POST":
            sent = self._want()
        self._engine.dispose()
        event.listen(self._engine, "before_cursor_execute", listen)
        try:
            self._ask(sent)
        finally:
            event.remove(self._engine, "before_cursor_execute", listen)
        return heard

    def _ask(self, sent: _Sent) -> None:
        answer = self._client.open(
            sent.path, method=sent.method, json=sent.body, headers=self._headers()
        )
        if answer.status_code not in {200, 201}:
            message = f"{sent.method} {sent.path} was answered with {answer.status_code}."
            raise RuntimeError(message)

    def _sample(self, sql: str) -> list[str]:
        ordered = text(f"SELECT x.v FROM ({sql}) x (v) ORDER BY md5(x.v) LIMIT :limit")
        with transaction(self._engine, Work(FORCE, statement_seconds=60)) as session:
            values = {"force": FORCE, "limit": SAMPLE}
            return [row.v for row in session.execute(ordered, values)]


def _written(cursor: Any, statement: str, values: Any, texts: dict[str, str]) -> str:
    """Give a statement with its values in it; a prepared one as it was prepared."""
    if not statement.startswith("EXECUTE "):
        return str(cursor.mogrify(statement, values or None).decode())
    name = re.split(r"[ (]", statement.removeprefix("EXECUTE "), maxsplit=1)[0]
    names = re.findall(r"%\((\w+)\)s", statement)
    adapted = [cursor.mogrify("%s", (values[each],)).decode() for each in names]
    return re.sub(r"\$(\d+)", lambda found: adapted[int(found[1]) - 1], texts[name])


def _repeatable(statements: list[str]) -> list[str]:
    """Let what must be new each time be made anew by the database."""
    return [_fresh(each) for each in statements]


def _fresh(statement: str) -> str:
    if "INSERT INTO wants (" in statement:
        statement = re.sub(rf"(VALUES \('\d\d', ){_UUID}, '[^']+'", _NEW_WANT, statement)
        statement = re.sub(rf"CAST\({_UUID} AS uuid\), id, 'entry'", _NEW_ENTRY, statement)
        statement = re.sub(r"'BENCH/[0-9a-f]+'", "'BENCH/' || gen_random_uuid()", statement)
    if "INSERT INTO audit_events" in statement:
        statement = re.sub(
            rf"(SELECT CAST\('\d\d' AS text\), CAST\(){_UUID}", r"\1gen_random_uuid()", statement
        )
        statement = re.sub(rf"(VALUES \('\d\d', ){_UUID}", r"\1gen_random_uuid()", statement)
    return statement


_NEW_WANT = r"\1gen_random_uuid(), 'W' || gen_random_uuid()"
_NEW_ENTRY = "gen_random_uuid(), id, 'entry'"
