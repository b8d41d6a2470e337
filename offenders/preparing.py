"""What a database needs before it serves: this version's tables and this version's codes."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from sqlalchemy import text
from sqlalchemy.engine import make_url

from offenders import __version__
from offenders.domain.reference.codes import DATA, load_codes
from offenders.migrating import migrate, owner_engine

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

    from offenders.settings import Settings

_KEEP = text("""
    INSERT INTO installation (name, value) VALUES (:name, :value)
    ON CONFLICT (name) DO UPDATE SET value = excluded.value
""")
# A first seeding that was broken off has left its mark as a demonstration, but isn't finished.
_WANTS_SEED = text("""
    SELECT NOT EXISTS (SELECT FROM installation WHERE name = 'seeded')
       AND (EXISTS (SELECT FROM installation WHERE name = 'demonstration')
            OR NOT EXISTS (SELECT FROM persons))
""")


def prepare(settings: Settings) -> None:
    """Bring the database to this version; it costs little where it is there already."""
    owner_url = settings.owner_url or ""
    migrate(owner_url, _serving_login(settings))
    engine = owner_engine(owner_url)
    try:
        with engine.connect() as connection:
            _refresh_codes(connection)
    finally:
        engine.dispose()


def _serving_login(settings: Settings) -> str | None:
    return make_url(settings.database_url or "").username


def _refresh_codes(connection: Connection) -> None:
    """Load the codes where they aren't those of this version: most starts can do without."""
    digest = _digest()
    known = text("SELECT value FROM installation WHERE name = 'codes'")
    if connection.execute(known).scalar() == digest:
        return
    load_codes(connection)
    connection.execute(_KEEP, {"name": "codes", "value": digest})
    connection.commit()


def _digest() -> str:
    digest = sha256(__version__.encode())
    for file in sorted(DATA.glob("*.csv")):
        digest.update(file.read_bytes())
    return digest.hexdigest()


def wants_seed(owner: Engine) -> bool:
    """Tell whether the database is empty, or holds a demonstration that wasn't finished."""
    with owner.connect() as connection:
        return bool(connection.execute(_WANTS_SEED).scalar_one())


def mark_seeded(owner: Engine, force: str) -> None:
    """Keep in mind that the demonstration is complete."""
    with owner.begin() as connection:
        connection.execute(_KEEP, {"name": "seeded", "value": force})
