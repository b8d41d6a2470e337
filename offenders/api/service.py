"""What one worker process holds: settings, engine, token verifier and a few cached facts."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from flask import request
from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError

from offenders import clock
from offenders.api.issuer_keys import IssuerKeys
from offenders.api.limits import FailedTokens
from offenders.api.revoked import Revocations
from offenders.api.tokens import InvalidToken, TokenVerifier
from offenders.db import NO_FORCE, Work, serving_engine, transaction
from offenders.domain.reference.policies import figure_in_force
from offenders.issuer import DEVELOPMENT_ISSUER, public_keys
from offenders.prepared import PreparedStatements

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

    from offenders.domain.actors import Actor
    from offenders.settings import Settings

_READERS_KEPT = 10_000
CACHED_SECONDS = 10.0  # a policy or the demonstration mark acts within this time


class Service:
    """The worker's own state; made once in create_app and kept under `app.extensions`."""

    def __init__(self, settings: Settings, engine: Engine | None = None) -> None:
        """Make what the settings ask for; nothing connects before it is needed."""
        if engine is None and settings.database_url is None:
            message = "Start through `offenders serve`, or set OFFENDERS_DATABASE_URL."
            raise ValueError(message)
        self.settings = settings
        self.engine = engine or serving_engine(settings.database_url or "")
        self.revocations = Revocations(lambda: self.engine)
        self.verifier = make_verifier(settings, self.revocations)
        self.failed_tokens = FailedTokens()
        self._facts: dict[Any, tuple[float, Any]] = {}
        self._readers: dict[tuple[str | None, str], Any] = {}
        self._secret: bytes | None = None
        self._prepared: PreparedStatements | None = None

    def authenticate(self) -> Actor:
        """Read the bearer token of this request; count forged ones per address and key."""
        try:
            return self.actor_of(request.headers.get("Authorization", ""))
        except InvalidToken as error:
            if error.kind == "forged":
                address = request.remote_addr or "unknown"
                self.failed_tokens.count(self.engine, address)
            raise

    def actor_of(self, authorization: str) -> Actor:
        """Give who an Authorization header speaks for; raise InvalidToken."""
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            message = "Send Authorization: Bearer <token>."
            raise InvalidToken("missing", message)
        return self.verifier.verify(token.strip())

    def prepared(self) -> PreparedStatements | None:
        """Give this worker's prepared statements; None over a connection that a test holds."""
        engine: object = self.engine
        if not isinstance(engine, Engine):
            return None
        if self._prepared is None or self._prepared.engine is not engine:
            self._prepared = PreparedStatements(engine)
        return self._prepared

    def known(self, name: Any) -> tuple[bool, Any]:
        """Tell whether a cached fact is fresh, and give it; nothing is looked up."""
        fact = self._facts.get(name)
        return (True, fact[1]) if fact is not None and fact[0] > time.monotonic() else (False, None)

    def secret(self) -> bytes:
        """Give the installation's secret that binds cursors; read once, before any transaction."""
        if self._secret is None:
            self._secret = bytes.fromhex(self._installation("secret") or "")
        return self._secret

    def is_demonstration(self) -> bool:
        """Tell whether the data of this installation is made up; False while nobody can tell."""
        return bool(self._fact("demonstration", self._read_demonstration))

    def figure(self, session: Session, rule: str) -> int | None:
        """Give a policy figure of the session's force, at most ten seconds old."""
        force = session.info["force"]
        value: int | None = self._fact(
            (force, rule), lambda: figure_in_force(session, force, rule, clock.today())
        )
        return value

    def knows_reader(self, actor: Actor) -> bool:
        """Tell whether what the actor's token says of them is kept."""
        return self._readers.get((actor.force, actor.subject)) == _told_by(actor)

    def keep_reader(self, actor: Actor) -> None:
        """Remember that it is kept now."""
        if len(self._readers) >= _READERS_KEPT:
            self._readers.clear()
        self._readers[actor.force, actor.subject] = _told_by(actor)

    def forget(self) -> None:
        """Drop the cached facts and who is blocked, so that the next question is asked anew."""
        self._facts.clear()
        self._readers.clear()
        self.failed_tokens = FailedTokens()
        self.revocations.forget()

    def _fact(self, name: Any, read: Callable[[], Any]) -> Any:
        is_known, value = self.known(name)
        if is_known:
            return value
        value = read()
        self._facts[name] = (time.monotonic() + CACHED_SECONDS, value)
        return value

    def _read_demonstration(self) -> str | None:
        try:
            return self._installation("demonstration")
        except SQLAlchemyError:
            return None

    def _installation(self, name: str) -> str | None:
        with transaction(self.engine, Work(NO_FORCE, writes=False)) as session:
            found: str | None = session.execute(
                text("SELECT value FROM installation WHERE name = :name"), {"name": name}
            ).scalar()
            return found


def _told_by(actor: Actor) -> tuple[Any, ...]:
    return actor.name, actor.lpas, actor.neighbourhoods


def make_verifier(settings: Settings, revocations: Revocations) -> TokenVerifier:
    """Make the verifier of the configured issuer, or of the development issuer."""
    if settings.oidc_issuer is None:
        return TokenVerifier(
            issuer=DEVELOPMENT_ISSUER,
            audience=settings.oidc_audience,
            keys=public_keys(settings.data_dir),
            now=clock.now,
            revocations=revocations,
        )
    return TokenVerifier(
        issuer=settings.oidc_issuer,
        audience=settings.oidc_audience,
        keys=IssuerKeys(settings.oidc_issuer, now=clock.now),
        token_types=settings.oidc_token_types,
        clients=settings.oidc_clients,
        now=clock.now,
        revocations=revocations,
    )
