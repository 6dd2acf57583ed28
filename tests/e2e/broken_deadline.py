"""The `ieum` command with one deadline broken on purpose: emergency aid is given the 90 days of other benefits."""

from dataclasses import replace
from pathlib import Path

import catalog

_whole = catalog.load


def load(folder: Path | None = None) -> catalog.Catalog:
    """Return the catalog with 90 days where the law gives 30 (긴급복지지원법 §16)."""
    known = _whole(folder)
    ninety = catalog.Length(days=90)
    deadlines = [d.model_copy(update={"length": ninety}) if d.code == "D08" else d for d in known.deadlines]
    return replace(known, deadlines=tuple(deadlines))


catalog.load = load

if __name__ == "__main__":
    from deployments.command import app

    app()
