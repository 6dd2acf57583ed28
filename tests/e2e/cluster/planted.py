"""`python -m tests.e2e.cluster.planted doors|desks`: the `ieum` command with the bug that CLUSTER_PLANT names."""

import os

from deployments.start import ieum


def main() -> None:
    """Plant the bug and be the command."""
    # Prefect reads its settings when it is imported, which the plants do.
    if os.environ.get("IEUM_PREFECT_API_URL"):
        from deployments.command.deploy import enter_prefect  # noqa: PLC0415
        from settings import read_settings  # noqa: PLC0415

        enter_prefect(read_settings())
    from tests.e2e.cluster.plants import PLANTS  # noqa: PLC0415

    PLANTS[os.environ["CLUSTER_PLANT"]]()
    ieum()


if __name__ == "__main__":
    main()
