"""What the nights tell Prefect, the notices and the log holds nothing of a person, whatever agencies and staff said."""

import asyncio
import logging
from datetime import timedelta

import pytest

from flows.follow_up import JOBS
from models.vocabulary import FollowUp, Need
from tasks.outline import outline
from tests.integration.ground import Ground

#: What the ground's client is called and where she lives, and what was said of her.
PERSONAL = ("김하늘", "010-0000-4101", "가온로", "1976-08-21", "2004-05-10", "seizure of wages", "가-1234")
AGENCY = "agency:microfinance-desk"
NIGHTS = (FollowUp.RECONCILE, FollowUp.EXPIRY, FollowUp.DIGEST, FollowUp.KEEPING)


async def test_reports_notices_and_log_lines_hold_numbers_and_codes(
    ground: Ground, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    await ground.walks_in(Need.DEBT)
    await ground.walks_in(Need.DEBT, signed=())
    await ground.work()
    number = await ground.number("financial-counseling")
    await ground.put(AGENCY, "accepted", number=number, note="seizure of wages", reference="가-1234")
    await ground.work()
    await ground.change("UPDATE consent SET valid_to = '2017-12-20'")

    told = ""
    for days in (1, 10, 30, 3000):
        ground.now += timedelta(days=days)
        for follow_up in NIGHTS:
            reports = await asyncio.gather(*(JOBS[follow_up](ground.tools, ground.tools.clock()) for _ in range(2)))
            told += "".join(f"{report.table}{report.counts}" for report in reports)
    told += str(await ground.rows("SELECT code, about, detail, key FROM notice")) + caplog.text

    assert "consent_ended" in told
    assert [] == [word for word in PERSONAL if word in told]


async def test_a_job_that_breaks_tells_where_and_nothing_of_what_it_read(ground: Ground) -> None:
    await ground.walks_in(Need.DEBT)
    await ground.work()
    await ground.change("UPDATE consent SET valid_to = '2017-12-20'")
    await ground.change('UPDATE journey SET facts = \'{"crisis": "seizure of wages"}\'')

    with pytest.raises(Exception) as broke:  # noqa: PT011 - whatever it is
        await JOBS[FollowUp.EXPIRY](ground.tools, ground.tools.clock() + timedelta(days=20))

    # The run's own harness lets nothing but this out.
    assert "seizure" not in outline(broke.value)
