"""MAPPA through the API, undone after the test."""

from __future__ import annotations

import pytest
from mappa_given import Mappa


@pytest.fixture
def mappa(client, headers):
    return Mappa(client, headers, "33")
