"""Papers that end: told some days before and when it is over, once each, while a referral hangs on them."""

import asyncio
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import text

from models.counting import day_of
from models.keys import uuid7
from models.vocabulary import FollowUp, Need
from tasks.evidence import Handed, note_evidence
from tasks.evidence_ends import PAPERS
from tasks.expiry import expire, next_expiry
from tasks.follow import follow
from tasks.follow_report import FollowReport
from tasks.forgetting import FORGET
from tasks.toolbox import use
from tests.integration.ground import Ground
from tests.integration.merges import merged
from tests.integration.nights.test_expiry import seoul

AID, COUNSELING = "emergency-living-aid", "financial-counseling"
MEDICAL = "medical_certificate"


async def walks_in(ground: Ground, *needs: Need) -> UUID:
    """Let a client walk in and be referred, on consents that nobody has to be told of."""
    journey = await ground.walks_in(*(needs or (Need.LIVING,)))
    await ground.work()
    return journey


async def hands_in(
    ground: Ground, journey: UUID, until: str, *, kind: str = MEDICAL, of: str | None = None, at: datetime | None = None
) -> None:
    """Note a paper."""
    [(number,)] = await ground.rows("SELECT number FROM journey WHERE id = :id", id=journey)
    now = at or ground.now
    handed = Handed(
        kind=kind,
        referral=of,
        received_on=day_of(now),
        valid_until=date.fromisoformat(until),
        source="staff:front-desk",
        source_id=uuid7(now).hex,
        digest="",
    )
    async with ground.engine.begin() as connection:
        await note_evidence(connection, number, handed, now)


async def told(ground: Ground) -> list[tuple[str, str, str]]:
    rows = await ground.rows(
        "SELECT code, about, detail FROM notice WHERE settled_at IS NULL AND code LIKE 'evidence_e%' ORDER BY code, key"
    )
    return [(code, about, detail) for code, about, detail in rows]


async def runs(ground: Ground, at: datetime) -> FollowReport:
    """Let expiry run as of a moment, and be noted as having run, as it is in the house."""
    report = await expire(ground.tools, at)
    await ground.change(
        "INSERT INTO follow_up_run (follow_up, process, state, began_at, report)"
        " VALUES ('expiry', 1, 'done', :at, '{}')",
        at=at,
    )
    return report


async def test_a_paper_is_told_twice_before_its_end_and_once_after_it(ground: Ground) -> None:
    journey = await walks_in(ground)
    number = await ground.number(AID, journey)
    await hands_in(ground, journey, "2018-03-04")

    found: list[tuple[int, int]] = []
    for month, day in ((2, 17), (2, 18), (2, 19), (3, 1), (3, 2), (3, 4), (3, 5), (3, 20)):
        counts = (await runs(ground, seoul(month, day))).counts
        assert {} == dict((await expire(ground.tools, seoul(month, day))).counts)
        found.append((counts["evidence_ends"], counts["evidence_ended"]))

    assert [(0, 0), (1, 0), (0, 0), (1, 0), (0, 0), (0, 0), (0, 1), (0, 0)] == found
    assert [("evidence_ended", number, "medical_certificate, last day 2018-03-04")] == await told(ground)


async def test_a_newer_paper_settles_it_and_one_noted_wrongly_is_put_right(ground: Ground) -> None:
    journey = await walks_in(ground)
    await hands_in(ground, journey, "2018-03-04")
    await runs(ground, seoul(3, 2))
    assert 1 == len(await told(ground))

    await hands_in(ground, journey, "2028-06-04", at=seoul(3, 2))
    await runs(ground, seoul(3, 3))
    assert [] == await told(ground)

    await hands_in(ground, journey, "2018-03-01", at=seoul(3, 3))
    await runs(ground, seoul(3, 4))
    assert ["evidence_ended"] == [code for code, _, _ in await told(ground)]


async def test_what_nothing_open_hangs_on_is_not_told_and_a_close_settles_it(ground: Ground) -> None:
    journey = await walks_in(ground, Need.LIVING, Need.DEBT)
    counseling, aid = await ground.number(COUNSELING, journey), await ground.number(AID, journey)
    await hands_in(ground, journey, "2018-03-04", of=counseling)
    # No counselor hangs on a medical certificate that was handed in for the whole journey.
    await hands_in(ground, journey, "2018-03-03")

    await runs(ground, seoul(3, 1))
    assert {counseling, aid} == {about for _, about, _ in await told(ground)}

    await ground.change("UPDATE referral SET state = 'declined' WHERE number = :n", n=aid)
    await runs(ground, seoul(3, 2))
    assert [counseling] == [about for _, about, _ in await told(ground)]


async def test_two_runs_at_once_say_it_once(ground: Ground) -> None:
    for _ in range(3):
        await hands_in(ground, await walks_in(ground), "2018-03-04")

    reports = await asyncio.gather(*(expire(ground.tools, seoul(3, 1)) for _ in range(3)))

    assert 3 == sum(report.counts["evidence_ends"] for report in reports)
    assert 3 == len(await told(ground))


async def test_its_next_useful_moment_is_known(ground: Ground) -> None:
    await hands_in(ground, await walks_in(ground), "2018-03-04")
    midnight = timedelta(hours=7, minutes=20)

    found: list[datetime | None] = []
    for at in (seoul(1, 2), seoul(2, 20), seoul(3, 1), seoul(3, 6)):
        async with ground.engine.connect() as connection:
            found.append(await next_expiry(connection, at))

    assert [seoul(2, 18) - midnight, seoul(3, 1) - midnight, seoul(3, 5) - midnight] == found[:3]
    assert found[3] != seoul(3, 5) - midnight


async def test_one_that_had_ended_when_it_was_noted_is_told_by_the_next_run(ground: Ground) -> None:
    journey = await walks_in(ground)
    await runs(ground, seoul(3, 1))

    await hands_in(ground, journey, "2018-01-15", at=seoul(3, 1))

    assert 1 == (await runs(ground, seoul(3, 2))).counts["evidence_ended"]


async def test_papers_that_end_are_found_by_their_day(ground: Ground) -> None:
    journey = await walks_in(ground)
    await ground.change(
        "INSERT INTO evidence"
        " (id, journey_id, kind, received_on, valid_until, source, source_id, digest, recorded_at)"
        " SELECT gen_random_uuid(), :journey, 'lease_contract', '2010-01-01', '2012-01-01', 'x', n::text, '',"
        " '2010-01-01' FROM generate_series(1, 3000) AS n",
        journey=journey,
    )
    await ground.change("ANALYZE evidence")
    async with ground.engine.connect() as connection:
        days = {"first": seoul(1, 1).date(), "last": seoul(3, 1).date(), "since": seoul(1, 1)}
        plan = await connection.execute(text(f"EXPLAIN {PAPERS.text}"), {**days, "after": UUID(int=0)})
        lines = "\n".join(plan.scalars())

    assert "ix_evidence_ends" in lines
    assert "ix_evidence_noted" in lines
    assert "Seq Scan on evidence" not in lines


async def test_what_kind_of_paper_it_is_stays_out_of_the_report(ground: Ground) -> None:
    await hands_in(ground, await walks_in(ground), "2018-03-04")
    ground.now = seoul(3, 1)
    use(ground.tools)
    try:
        await follow(FollowUp.EXPIRY, expire, None)
    finally:
        use(None)

    [(report,)] = await ground.rows("SELECT report::text FROM follow_up_run")
    assert "evidence_ends" in report
    assert MEDICAL not in report


async def test_papers_go_on_with_the_journey_that_stays_and_go_when_the_client_is_forgotten(ground: Ground) -> None:
    old, new = await walks_in(ground), await walks_in(ground, Need.DEBT)
    await hands_in(ground, new, "2018-03-04")

    await merged(ground, new, old)
    assert [(old,)] == await ground.rows("SELECT journey_id FROM evidence")
    await hands_in(ground, new, "2018-03-05", kind="resident_register")
    assert [(old, 2)] == await ground.rows("SELECT journey_id, count(*) FROM evidence GROUP BY 1")

    async with ground.engine.begin() as connection:
        for statement in FORGET:
            await connection.execute(statement, {"now": ground.now, "clients": [], "journeys": [old]})
    assert [] == await ground.rows("SELECT * FROM evidence")
