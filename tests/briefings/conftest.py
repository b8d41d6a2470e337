"""A force with two areas to brief."""

from __future__ import annotations

import pytest
from briefings_given import Briefings


@pytest.fixture
def briefings(client, headers):
    return Briefings(client, headers)
