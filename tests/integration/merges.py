"""Two journeys of one person, and their merge, for the tests of both."""

from uuid import UUID

from models.vocabulary import Need
from tasks.merging import Merged, merge
from tests.integration.ground import Ground
from tests.properties.checker import check_log

WHO = "staff:front-desk"
INTAKE = "job-counseling"


async def number_of(ground: Ground, journey: UUID) -> str:
    return str((await ground.rows("SELECT number FROM journey WHERE id = :id", id=journey))[0][0])


async def merged(ground: Ground, ends: UUID, stays: UUID, *, sure: bool = False) -> Merged:
    names = [await number_of(ground, journey) for journey in (ends, stays)]
    return await merge(ground.engine, ground.tools, names[0], names[1], WHO, sure=sure)


async def contradictions(ground: Ground) -> list[str]:
    async with ground.engine.connect() as connection:
        return await check_log(connection)


async def two(ground: Ground, *needs: Need) -> tuple[UUID, UUID]:
    """Let the same person walk in twice, as two clients; the first counselor has begun."""
    old, new = await ground.walks_in(Need.LIVING), await ground.walks_in(*(needs or [Need.DEBT]))
    await ground.work()
    number = await ground.number(INTAKE, old)
    await ground.put("agency:seoul-west-employment-center", "started", number=number)
    await ground.work()
    return old, new
