"""`ieum migrate`: bring the database's tables up to date."""

from deployments.command.running import run, say, settings


def migrate() -> None:
    """Bring the tables of the database (IEUM_DATABASE_URL, or the private one) up to date; safe to repeat."""
    chosen = settings()
    from deployments.cluster import Cluster  # noqa: PLC0415
    from deployments.progress import step  # noqa: PLC0415

    async def work() -> None:
        async with Cluster(chosen, say) as cluster:
            with step(say, f"The tables of '{cluster.main}' are up to date"):
                await cluster.migrated(cluster.main)

    run(work)
