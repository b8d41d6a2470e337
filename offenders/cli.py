"""The command line, as docs/api.md lists it; each command imports what it needs when it runs."""

from __future__ import annotations

import gc
import signal
import sys
from typing import NoReturn

import click

from offenders import __version__
from offenders.commands.audit import audit
from offenders.commands.documents import access_table, openapi
from offenders.commands.importing import import_file
from offenders.commands.jobs import jobs
from offenders.commands.running import migrate, scheduler, serve
from offenders.commands.seeding import seed
from offenders.commands.shared import say
from offenders.commands.tokens import token

OBJECTS_A_COLLECTION = 10_000  # at the usual 700 a fifth of a start went into collections
COMMANDS = (
    serve,
    scheduler,
    migrate,
    seed,
    token,
    import_file,
    jobs,
    audit,
    openapi,
    access_table,
)


@click.group(
    commands=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="offenders")
def offenders() -> None:
    """Who is wanted, who is managed, what is overdue and who must act."""


def main() -> NoReturn:
    """Run the command line; whatever goes wrong, the user gets one line and an exit status."""
    gc.set_threshold(OBJECTS_A_COLLECTION)
    # As an exception, so that what was started is also stopped.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        status = offenders(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        status = error.exit_code
    except (KeyboardInterrupt, click.Abort):
        status = 130
    except BrokenPipeError:
        sys.stdout = None  # or its last flush would fail again
        status = 1
    except Exception as error:  # noqa: BLE001 - the last handler: no traceback reaches the user
        from offenders.faults import explain  # noqa: PLC0415 - nothing else needs it

        say(f"offenders: {explain(error)}")
        status = 1
    sys.exit(status or 0)


if __name__ == "__main__":
    main()
