"""House rules that linters can't say."""

from __future__ import annotations

import re
import subprocess
import sys
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
        (r"os\.environ\b|getenv\(", {"settings.py", "api/health.py", "serving.py"}),
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


@pytest.mark.parametrize(
    "module",
    ["offenders.api", "offenders.jobs.scheduler", "offenders.domain.imports.service"],
)
def test_whoever_serves_knows_every_table_that_keys_refer_to(module):
    script = (
        "import gc\n"
        "gc.disable()\n"  # nothing of a quick look is worth collecting
        f"import {module}\n"
        "from offenders.db import Base\n"
        "tables = Base.metadata.tables.values()\n"
        "print(sum(1 for t in tables for key in t.foreign_keys if key.column is not None))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    assert int(done.stdout) > 10
