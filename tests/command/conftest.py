"""A force with a year of history, in the test's own transaction."""

from __future__ import annotations

import pytest
from history_given import make_world

from offenders.db import Work, transaction


@pytest.fixture
def world(connection):
    with transaction(connection, Work("33")) as session:
        return make_world(session, "33")
