"""The keyring: what it seals only its master key opens, and a rotation leaves two keys that work."""

import secrets
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from agencies.errors import BadEntry
from agencies.keyring import Keyring
from agencies.keys import Key
from models.agency import Agency, AgencyKey
from models.database import open_engine

NOW = datetime(2017, 12, 4, 5, 0, tzinfo=UTC)
DAY = timedelta(days=1)
NHIS = "nhis"


@pytest_asyncio.fixture
async def connection(database_url: str) -> AsyncIterator[AsyncConnection]:
    """Give a connection to a database where one agency is connected."""
    engine = open_engine(database_url)
    async with engine.begin() as opened:
        row = Agency.model_validate({"code": NHIS, "added_at": NOW}).model_dump()
        await opened.execute(Agency.__table__.insert(), row)  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownArgumentType]
        yield opened
    await engine.dispose()


@pytest.fixture
def keyring() -> Keyring:
    """Give a keyring with a master key of its own."""
    return Keyring(secrets.token_hex(32))


def test_what_is_sealed_is_unreadable_and_opens_again(keyring: Keyring) -> None:
    text = Key.mint().written()

    sealed = keyring.seal(text)

    assert text.encode() not in sealed
    assert text == keyring.open(sealed)


def test_another_master_key_opens_nothing_and_says_so(keyring: Keyring) -> None:
    sealed = keyring.seal("whsec_x")

    with pytest.raises(BadEntry, match="master key is not the one"):
        Keyring(secrets.token_hex(32)).open(sealed)


def test_the_master_key_itself_can_be_changed() -> None:
    old, new = secrets.token_hex(32), secrets.token_hex(32)
    sealed = Keyring(old).seal("whsec_x")

    both = Keyring(f"{new}, {old}")

    assert both.open(sealed) == "whsec_x"
    assert Keyring(new.encode()).open(both.seal("whsec_y")) == "whsec_y"


@pytest.mark.parametrize("master_key", ["", "short", f"{'x' * 40},short"])
def test_a_short_master_key_is_refused(master_key: str) -> None:
    with pytest.raises(BadEntry, match="at least 32"):
        Keyring(master_key)


async def test_keys_come_newest_first_by_direction_and_are_stored_sealed(
    connection: AsyncConnection, keyring: Keyring
) -> None:
    first, second, outbound = Key.mint(), Key.mint("v1a"), Key.mint()
    await keyring.add(connection, NHIS, "inbound", first.written(), NOW)
    await keyring.add(connection, NHIS, "inbound", second.written_public(), NOW + DAY)
    await keyring.add(connection, NHIS, "outbound", outbound.written(), NOW)

    inbound = await keyring.keys(connection, NHIS, "inbound", NOW + DAY)

    assert [second.public, first.secret] == [inbound[0].public, inbound[1].secret]
    assert [outbound] == await keyring.keys(connection, NHIS, "outbound", NOW)
    stored = (await connection.scalars(select(col(AgencyKey.sealed)))).all()
    assert not any(first.written().encode() in sealed for sealed in stored)


async def test_a_rotation_leaves_two_keys_for_a_day_and_never_three(
    connection: AsyncConnection, keyring: Keyring
) -> None:
    await keyring.add(connection, NHIS, "inbound", Key.mint().written(), NOW)
    generation = keyring.generation

    made = [Key.parse(await keyring.rotate(connection, NHIS, "inbound", NOW + DAY * n / 4)) for n in (1, 2)]

    assert made[::-1] == await keyring.keys(connection, NHIS, "inbound", NOW + DAY)
    assert [made[1]] == await keyring.keys(connection, NHIS, "inbound", NOW + DAY * 2)
    assert keyring.generation == generation + 2


async def test_a_rotation_keeps_the_kind_and_asks_the_agency_for_what_only_it_can_make(
    connection: AsyncConnection, keyring: Keyring
) -> None:
    pair = Key.mint("v1a")
    await keyring.add(connection, NHIS, "outbound", pair.written(), NOW)
    await keyring.add(connection, NHIS, "inbound", pair.written_public(), NOW)

    assert (await keyring.rotate(connection, NHIS, "outbound", NOW)).startswith("whsk_")
    with pytest.raises(BadEntry, match="ask it for its new public half"):
        await keyring.rotate(connection, NHIS, "inbound", NOW)
    theirs = Key.mint("v1a").written_public()
    assert theirs == await keyring.rotate(connection, NHIS, "inbound", NOW, text=theirs)


async def test_a_key_that_cannot_sign_is_no_outbound_key(connection: AsyncConnection, keyring: Keyring) -> None:
    with pytest.raises(BadEntry, match="private half"):
        await keyring.add(connection, NHIS, "outbound", Key.mint("v1a").written_public(), NOW)


async def test_the_master_key_is_changed_as_the_page_says(connection: AsyncConnection) -> None:
    old, new = secrets.token_hex(32), secrets.token_hex(32)
    first = await Keyring(old).rotate(connection, NHIS, "inbound", NOW)
    second = await Keyring(old).rotate(connection, NHIS, "inbound", NOW + DAY / 2)
    await Keyring(old).rotate(connection, NHIS, "outbound", NOW - 3 * DAY)
    retired = await Keyring(old).rotate(connection, NHIS, "outbound", NOW)

    assert (4, 0) == await Keyring(f"{new},{old}").reseal(connection)

    left_alone = Keyring(new)
    assert [Key.parse(second), Key.parse(first)] == await left_alone.keys(connection, NHIS, "inbound", NOW + DAY / 2)
    assert [Key.parse(retired)] == await left_alone.keys(connection, NHIS, "outbound", NOW + 2 * DAY)
    assert [] == await left_alone.unreadable(connection, NOW)


async def test_a_retired_key_that_cannot_be_opened_is_in_nobodys_way(connection: AsyncConnection) -> None:
    old, new = secrets.token_hex(32), secrets.token_hex(32)
    await Keyring(old).rotate(connection, NHIS, "inbound", NOW)
    fresh = await Keyring(f"{new},{old}").rotate(connection, NHIS, "inbound", NOW)

    assert [Key.parse(fresh)] == await Keyring(new).keys(connection, NHIS, "inbound", NOW + 2 * DAY)
    assert [Key.parse(fresh)] == await Keyring(new).keys(connection, NHIS, "inbound", NOW + DAY / 2)
    assert [NHIS] == await Keyring(new).unreadable(connection, NOW + DAY / 2)
    assert [] == await Keyring(new).unreadable(connection, NOW + 2 * DAY)


async def test_keys_none_of_which_can_be_opened_are_told_and_can_be_replaced(connection: AsyncConnection) -> None:
    await Keyring(secrets.token_hex(32)).rotate(connection, NHIS, "inbound", NOW)
    other = Keyring(secrets.token_hex(32))

    with pytest.raises(BadEntry, match="master key is not the one"):
        await other.keys(connection, NHIS, "inbound", NOW)
    assert (0, 1) == await other.reseal(connection)
    made = await other.rotate(connection, NHIS, "inbound", NOW + DAY)

    assert [Key.parse(made)] == await other.keys(connection, NHIS, "inbound", NOW + DAY)
    assert [] == await other.unreadable(connection, NOW + DAY)
