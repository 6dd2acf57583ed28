"""The `ieum` command: everything an operator does at a terminal.

Exit codes: 0 fine; 1 an expectation was missed or something was found wrong; 2 wrong use or a wrong setting;
3 something outside is away. What takes long to import is imported by the command that needs it, so help is quick.
"""

import typer

from deployments.command import (
    agency,
    apart,
    backup,
    demo,
    deploy,
    digest,
    doctor,
    event,
    follow_up,
    journey,
    keeping,
    letter,
    migrate,
    notice,
    rehearse,
    report,
    screening,
    simulate,
    up,
)

app = typer.Typer(
    name="ieum",
    help="Ieum: every agency that can help is asked, answers, is chased when silent, and is heard when it decides.",
    epilog="Exit codes: 0 fine, 1 expectation missed or finding, 2 wrong use, 3 something outside is away.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    add_completion=False,
)
app.command("demo")(demo.demo)
app.command("up")(up.up)
app.command("doors")(apart.doors)
app.command("desks")(apart.desks)
app.command("rehearse")(rehearse.rehearse)
app.command("simulate")(simulate.simulate)
app.command("report")(report.report)
app.command("migrate")(migrate.migrate)
app.add_typer(agency.app, name="agency")
app.add_typer(journey.app, name="journey")
app.add_typer(event.app, name="event")
app.add_typer(letter.app, name="letter")
app.add_typer(notice.app, name="notice")
app.add_typer(screening.app, name="screening")
app.command("digest")(digest.digest)
app.command("keeping")(keeping.keeping)
app.add_typer(follow_up.app, name="follow-up")
app.command("backup")(backup.backup)
app.command("restore")(backup.restore)
app.command("restore-check")(backup.restore_check)
app.command("deploy")(deploy.deploy)
app.command("doctor")(doctor.doctor)

__all__ = ["app"]
