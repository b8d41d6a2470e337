"""House rules that linters can't say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

SOURCES = Path(__file__).parent.parent / "offenders"


def lines_with(pattern, *, but):
    return {
        f"{path.relative_to(SOURCES)}: {line.strip()}"
        for path in SOURCES.rglob("*.py")
        if str(path.relative_to(SOURCES)) not in but
        for line in path.read_text(encoding="utf-8").splitlines()
        if re.search(pattern, line)
    }


@pytest.mark.parametrize(
    ("pattern", "home"),
    [
        (r"datetime\.(now|utcnow|today)\(|date\.today\(", {"clock.py"}),
        (r"os\.environ\b|getenv\(", {"settings.py", "api/health.py", "serving.py", "embedded.py"}),
        (r"create_engine\(", {"db.py", "migrating.py"}),
        (r"app\.force", {"db.py", "migrating.py", "domain/access.py"}),
    ],
)
def test_a_thing_that_must_be_done_in_one_place_is_done_only_there(pattern, home):
    assert lines_with(pattern, but=home) == set()


def test_every_module_says_what_it_is_for():
    silent = {
        str(path.relative_to(SOURCES))
        for path in SOURCES.rglob("*.py")
        if path.stat().st_size
        and not path.read_text(encoding="utf-8").lstrip("r").startswith('"""')
    }
    assert silent == set()
