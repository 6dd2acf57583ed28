"""The migrations: up, down and up again, one head, and no difference to the tables the code speaks of."""

import asyncio
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine

from models.database import METADATA, alembic_config, migrate


async def tables(url: str) -> set[str]:
    engine = create_async_engine(url)
    async with engine.connect() as connection:
        found = await connection.execute(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"))
        names = set(found.scalars())
    await engine.dispose()
    return names - {"alembic_version"}


async def differences(url: str) -> list[Any]:
    """Return what Alembic would change in a database to make it what the code speaks of."""

    def compare(connection: Connection) -> list[Any]:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "target_metadata": METADATA})
        return list(compare_metadata(context, METADATA))

    engine = create_async_engine(url)
    async with engine.connect() as connection:
        found = await connection.run_sync(compare)
    await engine.dispose()
    return found


def test_there_is_one_head_and_one_beginning() -> None:
    script = ScriptDirectory.from_config(alembic_config("postgresql+asyncpg://nowhere/none"))

    assert 1 == len(script.get_heads())
    assert 1 == len(script.get_bases())


async def test_up_down_and_up_again(empty_database_url: str) -> None:
    await asyncio.to_thread(migrate, empty_database_url)
    assert set(METADATA.tables) == await tables(empty_database_url)

    await asyncio.to_thread(command.downgrade, alembic_config(empty_database_url), "base")
    assert set() == await tables(empty_database_url)

    await asyncio.to_thread(migrate, empty_database_url)
    assert set(METADATA.tables) == await tables(empty_database_url)


async def test_to_migrate_again_changes_nothing(empty_database_url: str) -> None:
    for _ in range(2):
        await asyncio.to_thread(migrate, empty_database_url)

    assert [] == await differences(empty_database_url)


async def test_a_column_that_nobody_migrated_is_noticed(database_url: str) -> None:
    engine = create_async_engine(database_url)
    async with engine.begin() as connection:
        await connection.execute(text("ALTER TABLE referral DROP COLUMN rule"))
        await connection.execute(text("DROP INDEX uq_referral_open"))
    await engine.dispose()

    found = str(await differences(database_url))

    assert "add_column" in found
    assert "uq_referral_open" in found


@pytest.mark.parametrize("url", ["postgresql+asyncpg://u:p%40ss@host/name", "postgresql+asyncpg://u:p@host/a%20name"])
def test_a_password_with_a_percent_sign_reaches_alembic_as_it_is(url: str) -> None:
    assert url == alembic_config(url).get_main_option("sqlalchemy.url")


async def test_the_database_itself_refuses_a_second_open_referral(database_url: str) -> None:
    engine = create_async_engine(database_url)
    async with engine.connect() as connection:
        [(definition,)] = (
            await connection.execute(text("SELECT indexdef FROM pg_indexes WHERE indexname = 'uq_referral_open'"))
        ).all()
    await engine.dispose()

    assert "UNIQUE" in definition
    assert all(state in definition for state in ("completed", "declined", "redirected", "cancelled", "failed"))
