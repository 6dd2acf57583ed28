"""The `ieum` command, or a worker's run, in which every follow-up without a job has the smallest one.

`python -m tests.e2e.with_jobs ieum follow-up run digest`, or `… worker`. The follow-up that `BREAKS` names breaks off.
"""

import importlib.abc
import os
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any, cast


class AfterFlows(importlib.abc.MetaPathFinder):
    """Fills the jobs in as soon as the flows are imported: not before, for Prefect's environment must stand by then."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Wrap the loader of `flows.follow_up`, and nobody else's."""
        if fullname != "flows.follow_up":
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        assert spec is not None
        assert spec.loader is not None
        loader: Any = spec.loader
        execute = loader.exec_module

        def exec_module(module: ModuleType) -> None:
            execute(module)
            fill(cast("dict[Any, Any]", vars(module)["JOBS"]))

        loader.exec_module = exec_module
        return spec


def fill(jobs: dict[Any, Any]) -> None:
    """Give every follow-up that has none a job."""
    from models.vocabulary import FollowUp  # noqa: PLC0415
    from tests.integration.smallest import break_down, look_at_journeys  # noqa: PLC0415

    for follow_up in FollowUp:
        jobs.setdefault(follow_up, look_at_journeys)
    if broken := os.environ.get("BREAKS"):
        jobs[FollowUp(broken)] = break_down


if __name__ == "__main__":
    sys.meta_path.insert(0, AfterFlows())
    what = sys.argv.pop(1)
    if what == "worker":
        from deployments.worker import main

        main()
    else:
        from deployments.command import app

        app()
