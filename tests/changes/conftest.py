"""A force whose tests commit, with areas of its own."""

from __future__ import annotations

import pytest
from sqlalchemy import text


@pytest.fixture
def force(owner, fresh_force, purge):
    """A force that may have areas."""
    kind = "INSERT INTO forces (code, name, short_name, kind) VALUES (:f, 'X', 'X', 'territorial')"
    with owner.begin() as connection:
        connection.execute(text(kind), {"f": fresh_force})
    yield fresh_force
    purge(fresh_force)
    with owner.begin() as connection:
        connection.execute(text("DELETE FROM forces WHERE code = :f"), {"f": fresh_force})


@pytest.fixture
def committing_client(committing_app):
    """Call the application over real transactions."""
    return committing_app.test_client()
