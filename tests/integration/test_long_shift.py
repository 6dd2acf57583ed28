"""A shift of more moves than anyone reads: a line for each of the first 200, then totals, and no longer a table."""

import logging
import re

import pytest

from models.vocabulary import Desk, Need
from tasks.record import LINES, by, record
from tasks.room import enter, leave
from tasks.shifts import new_shift
from tasks.toolbox import use
from tests.integration.ground import Ground

pytestmark = pytest.mark.timeout(120)

#: Each is asked for and requested: two moves.
CLIENTS = 105
LINE = re.compile(r"R-\d{4}-\d{6}-\d \S* ?→ ")


async def test_past_two_hundred_moves_only_totals_are_told(ground: Ground, caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(CLIENTS):
        await ground.walks_in(Need.JOB, signed=("seoul-west-employment-center",))
    use(ground.tools)
    room = await new_shift(Desk.INTAKE)
    # Nobody delivers here.
    room.lets_lie = True
    enter(room)
    by(ground.setup(Desk.INTAKE))
    room.leaving = True

    with caplog.at_level(logging.INFO, "ieum.shift"):
        moves = await record.fn(room.shift)
    leave(room)
    use(None)
    records = [record.getMessage() for record in caplog.records if record.name == "ieum.shift"]
    told = [line for message in records for line in message.splitlines()]
    lines = [line for line in told if LINE.match(line)]

    assert CLIENTS * 2 == moves == room.recorded.moves
    assert (CLIENTS * 2,) in await ground.rows("SELECT count(*) FROM transition")
    assert LINES == 200 == len(lines) == len(room.recorded.moved)
    assert f"moves so far: {moves}" == told[-1]
    assert [] == [line for line in told if line not in lines and not line.startswith("moves so far: ")]
