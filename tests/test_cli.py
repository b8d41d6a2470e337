"""The command line as a person uses it: exit status, one line of advice, never a traceback."""

from __future__ import annotations

import base64
import json
import os
import signal
import subprocess
import sys
from contextlib import closing
from functools import partial
from pathlib import Path

import psycopg2
import pytest
import structlog
from click.testing import CliRunner

from offenders import cli
from offenders.bundled import joined

PROJECT = Path(__file__).resolve().parents[1]
DEAD = "postgresql://nobody@127.0.0.1:9/nothing"  # port 9 discards; nothing listens there


def offenders(home, *arguments, **settings):
    """Run the command line in a process of its own."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("OFFENDERS_")}
    environment |= {"OFFENDERS_DATA_DIR": str(home), **settings}
    done = subprocess.run(
        [sys.executable, "-m", "offenders.cli", *arguments],
        cwd=PROJECT,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert "Traceback" not in done.stdout + done.stderr
    return done


def claims(token):
    payload = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("cli") / "var"


@pytest.fixture(scope="module")
def bundled(home):
    """Hold the bundled server up, so that each command only joins it."""
    with joined(home):
        yield home


@pytest.fixture(scope="module")
def never_migrated(bundled):
    """Ask a new database something before it is migrated."""
    return offenders(bundled, "audit", "verify")


@pytest.fixture(scope="module")
def migrated(bundled, never_migrated):
    runner = CliRunner(env={"OFFENDERS_DATA_DIR": str(bundled)})
    done = runner.invoke(cli.offenders, ["migrate"])
    assert (done.exit_code, done.stdout) == (0, "")
    return bundled


@pytest.fixture
def here(home, monkeypatch, capsys):
    """Run the whole command line in this process: the same, without a second of imports."""

    def run(*arguments, **settings):
        for name in [name for name in os.environ if name.startswith("OFFENDERS_")]:
            monkeypatch.delenv(name)
        for name, value in {"OFFENDERS_DATA_DIR": str(home), **settings}.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(sys, "argv", ["offenders", *arguments])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        done = subprocess.CompletedProcess(arguments, ended.value.code, *capsys.readouterr())
        assert "Traceback" not in done.stdout + done.stderr
        return done

    handler, logs = signal.getsignal(signal.SIGTERM), structlog.get_config()
    yield run
    signal.signal(signal.SIGTERM, handler)
    structlog.configure(**logs)


@pytest.fixture
def invoke(home):
    """Call a command in this process: quick, for what needs no process of its own."""
    runner = CliRunner(env={"OFFENDERS_DATA_DIR": str(home)})
    return lambda *arguments: runner.invoke(cli.offenders, arguments)


def test_a_token_is_all_that_is_printed(home):
    done = offenders(home, "token", "--role", "investigator", "--force", "33")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("\n") == 1
    found = claims(done.stdout.strip())
    assert (found["roles"], found["force"]) == (["investigator"], "33")
    assert found["exp"] - found["iat"] == 12 * 3600


def test_a_token_is_made_without_database_and_web(home):
    # They take most of the time of a start.
    asked = "token", "--role", "auditor", "--force", "33"
    done = offenders(home, *asked, PYTHONPROFILEIMPORTTIME="1")
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "offenders.issuer" in imported
    assert imported.isdisjoint({"sqlalchemy", "psycopg2", "flask", "marshmallow", "alembic"})


def test_a_token_carries_all_that_was_asked_for(invoke):
    done = invoke(
        *("token", "--role", "supervisor", "--role", "meeting_chair", "--force", "33"),
        *("--lpa", "Leicester", "--lpa", "Blaby", "--neighbourhood", "E05005446"),
        *("--agency", "probation", "--name", "Sam Example", "--hours", "0.5"),
    )
    found = claims(done.output.strip())
    assert found["roles"] == ["supervisor", "meeting_chair"]
    assert found["lpas"] == ["Blaby", "Leicester"]
    assert found["neighbourhoods"] == ["E05005446"]
    assert found["agency"] == "probation"
    assert found["name"] == "Sam Example"
    assert found["exp"] - found["iat"] == 1800


def test_a_national_analyst_needs_no_force(invoke):
    done = invoke("token", "--role", "national_analyst")
    assert done.exit_code == 0
    assert "force" not in claims(done.output.strip())


@pytest.mark.parametrize(
    ("arguments", "advice"),
    [
        (["token"], "Missing option '--role'"),
        (["token", "--role", "king", "--force", "33"], "'king' is not one of"),
        (["token", "--role", "auditor"], "Give the force"),
        (["token", "--role", "national_analyst", "--role", "auditor"], "Give the force"),
        (["token", "--role", "auditor", "--force", "3"], "two digits"),
        (["token", "--role", "auditor", "--force", "33x"], "two digits"),
        (["token", "--role", "auditor", "--force", "33", "--hours", "-1"], "hours"),
        (["token", "--role", "auditor", "--force", "33", "--hours", "nan"], "hours"),
        (["token", "--role", "auditor", "--force", "33", "--hours", "long"], "hours"),
        (["seed", "--scale", "vast"], "'vast' is not one of"),
        (["serve", "--port", "0"], "port"),
        (["serve", "--workers", "0"], "workers"),
        (["import"], "Missing argument"),
        (["import", "ghosts", "x.csv"], "ghosts"),
        (["import", "people"], "Name the FILE"),
        (["import", "people", "no-such-file.csv"], "no-such-file.csv"),
        (["jobs", "run", "no-such-job"], "offenders jobs list"),
        (["jobs", "run", "overdue-arrests", "--at", "soon"], "2027-03-01T06:00:00Z"),
        (["dance"], "No such command"),
        (["audit", "verify", "--loudly"], "No such option"),
    ],
)
def test_wrong_use_ends_with_two_and_advice(invoke, arguments, advice):
    done = invoke(*arguments)
    assert done.exit_code == 2
    assert advice in done.output


def test_with_an_issuer_no_token_and_no_made_up_data_are_made(here):
    issuer = {
        "OFFENDERS_OIDC_ISSUER": "https://login.example",
        "OFFENDERS_OIDC_AUDIENCE": "urn:offenders",
    }
    for command in (["token", "--role", "auditor", "--force", "33"], ["seed"], ["serve", "--demo"]):
        done = here(*command, **issuer)
        assert (done.returncode, done.stdout) == (1, "")
        assert "OFFENDERS_OIDC_ISSUER" in done.stderr


def test_an_unusable_setting_ends_with_one_and_one_line(here):
    done = here("migrate", OFFENDERS_PORT="eighty")
    assert done.returncode == 1
    assert done.stderr == "offenders: OFFENDERS_PORT must be a number from 1 to 65535.\n"


@pytest.mark.parametrize("command", ["migrate", "scheduler", "seed", "serve --port 18099"])
def test_a_database_that_does_not_answer_ends_with_one_and_one_line(home, here, command):
    is_one_that_stays = command.startswith(("scheduler", "serve"))
    run = partial(offenders, home) if is_one_that_stays else here
    done = run(*command.split(), OFFENDERS_DATABASE_URL=DEAD)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == (
        "offenders: The database does not answer."
        " Check OFFENDERS_DATABASE_URL and that it is running."
    )


def test_a_data_directory_that_cannot_be_made_ends_with_one_and_one_line(here, tmp_path):
    (tmp_path / "file").touch()
    unusable = str(tmp_path / "file" / "var")
    done = here("jobs", "run", "audit-seal", OFFENDERS_DATA_DIR=unusable)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1


def test_a_database_that_was_never_migrated_is_named_so(never_migrated):
    assert never_migrated.returncode == 1
    assert never_migrated.stderr == (
        "offenders: The database is not at this version. Run: offenders migrate\n"
    )


def test_the_last_user_ends_the_bundled_server(tmp_path):
    home = tmp_path / "var"
    with joined(home):
        with joined(home):
            pass
        assert (home / "postgres/postmaster.pid").exists()
    assert not (home / "postgres/postmaster.pid").exists()


def test_the_timetable_is_printed(invoke):
    done = invoke("jobs", "list")
    assert done.exit_code == 0
    assert "overdue-arrests" in done.output
    assert "audit-seal" in done.output


def test_a_job_runs_at_once_and_as_if_at_a_time(migrated, here):
    job = ("jobs", "run", "overdue-arrests")
    at = ("--at", "2026-01-01T06:00", "--dry-run")
    for done in (here(*job), here(*job, *at)):
        assert done.returncode == 0
        assert done.stdout == "state: succeeded\nraised: 0\ncleared: 0\n"


def test_an_import_counts_its_rows_and_ends_with_one_if_any_was_refused(migrated, here, tmp_path):
    file = tmp_path / "people.csv"
    header = "source_ref,family_name,given_names,date_of_birth,sex"
    file.write_text(f"{header}\nP1,Example,Sam,1990-02-03,male\nP2,Sample,Alex,1985-13-01,female\n")
    done = offenders(migrated, "import", "people", str(file))
    assert (done.returncode, done.stderr) == (1, f"What to do is in {file}.refused.csv\n")
    assert done.stdout == (
        "read: 2\ncreated: 1\nupdated: 0\nunchanged: 0\nrefused: 1\nwarnings: 0\n"
    )
    file.write_text(f"{header}\nP1,Example,Sam,1990-02-03,male\n")
    done = here("import", "people", str(file), "--dry-run")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (
        "read: 1\ncreated: 0\nupdated: 0\nunchanged: 1\nrefused: 0\nwarnings: 0\n"
    )


def test_the_columns_of_a_kind_are_printed(invoke):
    lines = invoke("import", "wanted", "--columns").output.splitlines()
    assert {"source_ref", "person_source_ref", "reason", "offence_code"} <= set(lines)


def test_an_unbroken_chain_is_said_to_be_so(migrated, here):
    assert here("jobs", "run", "audit-seal").returncode == 0
    done = here("audit", "verify")
    assert done.returncode == 0
    assert done.stdout.splitlines()[-1] == "The audit chain is unbroken."


def test_a_broken_chain_ends_with_one_and_says_where(migrated, here):
    here("jobs", "run", "overdue-arrests")
    here("jobs", "run", "audit-seal")
    with joined(migrated) as urls, closing(psycopg2.connect(urls.owner)) as connection:
        cursor = connection.cursor()
        cursor.execute("""
            UPDATE audit_events SET actor = 'nobody'
            WHERE (force, id) = (SELECT force, id FROM audit_events WHERE force = '33'
                                 ORDER BY at, id LIMIT 1) RETURNING id
        """)
        (event,) = cursor.fetchone()
        connection.commit()
    done = here("audit", "verify")
    assert done.returncode == 1
    assert f"33: broken at checkpoint 1, event {event}: " in done.stdout


def test_the_specification_is_printed(invoke):
    done = invoke("openapi")
    assert done.exit_code == 0
    assert json.loads(done.output)["openapi"] == "3.1.0"


def test_the_access_table_has_every_role_and_route(invoke):
    lines = invoke("access-table").output.splitlines()
    rows = [line.split(" | ") for line in lines if line.startswith("|")]
    assert rows[0][:3] == ["| method", "address", "operation"]
    assert len(rows[0]) == 25
    (forces,) = [row for row in rows if row[1] == "`/v1/forces`"]
    assert forces[0] == "| GET"
    assert forces[5:] == ["all"] * 19 + ["all |"]


def test_an_interrupt_is_quiet(monkeypatch, capsys):
    def interrupted(**_):
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "offenders", interrupted)
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 130
    assert capsys.readouterr() == ("", "")


def test_the_unexpected_is_told_in_one_line_without_its_text(monkeypatch, capsys):
    def failing(**_):
        message = "someone's name"
        raise RuntimeError(message)

    monkeypatch.setattr(cli, "offenders", failing)
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 1
    assert capsys.readouterr().err == (
        "offenders: This failed unexpectedly (RuntimeError). Tell the operators what you ran.\n"
    )
