"""The first thing the `ieum` command runs: as long as nothing stands yet, Ctrl-C ends it at once and without a word."""

import signal


def ieum() -> None:
    """Run the command that the terminal names."""
    # Python's own answer to Ctrl-C is a traceback of whatever is being imported just then.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    from deployments.command import app  # noqa: PLC0415

    app()
