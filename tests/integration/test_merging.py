"""A merge: two journeys of one person become one, with both histories."""

from uuid import UUID

import pytest

from models.vocabulary import Desk, Need
from tasks.merging import NotMerged, merge
from tests.integration.ground import Ground
from tests.integration.merges import INTAKE, WHO, contradictions, merged, number_of, two

COUNSELING = "financial-counseling"


async def everything(ground: Ground, table: str, journey: UUID) -> int:
    return int((await ground.rows(f"SELECT count(*) FROM {table} WHERE journey_id = :j", j=journey))[0][0])  # noqa: S608 - a test's own word


async def test_both_histories_are_one_and_the_log_is_touched_nowhere(ground: Ground) -> None:
    old, new = await two(ground)
    before = await ground.rows("SELECT id, referral_id, hash FROM transition ORDER BY id")
    kept = {table: sum([await everything(ground, table, j) for j in (old, new)]) for table in ("referral", "letter")}

    done = await merged(ground, new, old)
    await ground.work()

    after = await ground.rows("SELECT id, referral_id, hash FROM transition ORDER BY id")
    assert before == after[: len(before)]
    assert [] == await contradictions(ground)
    # One letter more: the counselor who was asked twice hears that one is off, unless that one had never left.
    assert kept == {table: await everything(ground, table, old) for table in kept}
    assert [0, 0, 0] == [await everything(ground, table, new) for table in ("referral", "letter", "notice")]
    assert 1 == len(done.withdrawn)
    assert [(old,)] == await ground.rows("SELECT merged_into FROM journey WHERE id = :id", id=new)
    assert [["debt", "living"]] == [
        list(r) for (r,) in await ground.rows("SELECT needs FROM journey WHERE id = :id", id=old)
    ]
    owners = await ground.rows("SELECT count(DISTINCT client_id), count(DISTINCT journey_id) FROM referral")
    assert [(1, 1)] == owners


async def test_an_agency_goes_on_speaking_of_the_same_number(ground: Ground) -> None:
    old, new = await two(ground)
    number = await ground.number(COUNSELING, new)
    await merged(ground, new, old)

    said = await ground.put("agency:microfinance-desk", "completed", number=number, outcome="advise_rehabilitation")
    await ground.work()

    assert "applied" == (await ground.fates())[said or 0]
    following = await ground.rows("SELECT journey_id FROM referral WHERE program = 'individual-rehabilitation'")
    assert [(old,)] == following
    assert [] == await contradictions(ground)


async def test_what_came_less_far_is_withdrawn_as_a_duplicate_and_its_agency_told(ground: Ground) -> None:
    old, new = await two(ground)
    gone = await ground.number(INTAKE, new)
    await ground.change("UPDATE letter SET state = 'sent', attempts = 1")

    done = await merged(ground, new, old)

    assert (gone,) == done.withdrawn
    assert [("cancelled", "duplicate")] == await ground.rows(
        "SELECT state, reason FROM referral WHERE number = :n", n=gone
    )
    assert [("referral.cancelled", "duplicate")] == await ground.rows(
        "SELECT type, body ->> 'reason' FROM letter WHERE referral_number = :n AND state = 'waiting'", n=gone
    )
    [(who, cause)] = await ground.rows(
        "SELECT who, cause FROM transition JOIN referral ON referral.id = referral_id"
        " WHERE number = :n AND event = 'withdrawn'",
        n=gone,
    )
    [(event,)] = await ground.rows("SELECT id FROM inbox_event WHERE word = 'merged'")
    assert (WHO, f"rule:{event}:duplicate") == (who, cause.rsplit(":", 1)[0])


async def test_where_both_agencies_have_begun_a_person_decides_and_nothing_is_written(ground: Ground) -> None:
    old, new = await two(ground)
    numbers = [await ground.number(INTAKE, journey) for journey in (old, new)]
    await ground.put("agency:seoul-west-employment-center", "accepted", number=numbers[1])
    await ground.work()

    with pytest.raises(NotMerged) as refused:
        await merged(ground, new, old)

    assert ("both-begun", set(numbers)) == (refused.value.code, set(refused.value.numbers))
    assert [] == await ground.rows("SELECT id FROM inbox_event WHERE word = 'merged'")

    await ground.put(WHO, "voided", number=numbers[1], reason="duplicate")
    await ground.work()
    assert () == (await merged(ground, new, old)).withdrawn
    await ground.work()
    assert [] == await contradictions(ground)


async def test_again_is_quiet_and_elsewhere_is_loud(ground: Ground) -> None:
    old, new = await two(ground)
    third = await ground.walks_in(Need.DEBT)
    done = await merged(ground, new, old)
    log = await ground.rows("SELECT count(*) FROM transition")

    again = await merged(ground, new, old)

    assert (done.withdrawn, done.differ, False) == (again.withdrawn, again.differ, again.fresh)
    assert log == await ground.rows("SELECT count(*) FROM transition")
    for ends, stays, code in ((new, third, "merged-elsewhere"), (old, new, "one-journey"), (old, old, "one-journey")):
        with pytest.raises(NotMerged) as refused:
            await merged(ground, ends, stays)
        assert code == refused.value.code
    with pytest.raises(NotMerged, match="unknown-journey"):
        await merge(ground.engine, ground.tools, "J-2017-000099-9", await number_of(ground, old), WHO, sure=False)


async def test_merged_on_and_on_every_number_leads_to_the_last(ground: Ground) -> None:
    first, second, third = [await ground.walks_in(Need.DEBT) for _ in range(3)]
    await ground.work()
    await merged(ground, third, second)
    await merged(ground, second, first)

    assert not (await merged(ground, third, second)).fresh
    assert {(first,)} == set(await ground.rows("SELECT merged_into FROM journey WHERE merged_into IS NOT NULL"))
    await ground.work()
    assert [] == await contradictions(ground)


async def test_two_people_are_not_merged_unless_staff_are_sure(ground: Ground) -> None:
    old, new = await two(ground)
    await ground.change(
        "UPDATE client SET birth_date = '1976-08-22' FROM journey WHERE client.id = client_id AND journey.id = :j",
        j=new,
    )

    with pytest.raises(NotMerged) as refused:
        await merged(ground, new, old)
    assert ("persons-differ", ("birth_date",)) == (refused.value.code, refused.value.fields)

    assert "birth_date" in (await merged(ground, new, old, sure=True)).differ


async def test_facts_of_the_one_that_stays_win_and_a_person_is_told_of_names_only(ground: Ground) -> None:
    old = await ground.walks_in(Need.LIVING, monthly_income=0, employer=None)
    new = await ground.walks_in(Need.DEBT, monthly_income=900_000, employer="sunny-day-care")
    await ground.change(
        "UPDATE client SET phone = '010-0000-9999' FROM journey WHERE client.id = client_id AND journey.id = :j", j=new
    )
    await ground.work()

    done = await merged(ground, new, old)

    assert (("monthly_income", "phone"), ("employer",)) == (done.differ, done.taken_over)
    [(facts,)] = await ground.rows("SELECT facts FROM journey WHERE id = :j", j=old)
    assert (0, "sunny-day-care") == (facts["monthly_income"], facts["employer"])
    assert [(await number_of(ground, new), "differ: monthly_income, phone; taken over: employer")] == await ground.rows(
        "SELECT about, detail FROM notice WHERE code = 'facts_differ' AND journey_id = :j", j=old
    )


async def test_the_last_word_on_a_consent_holds_for_both(ground: Ground) -> None:
    old, new = await two(ground, Need.LIVING)
    await ground.put(WHO, "consent_withdrawn", journey=new, desk=Desk.INTAKE, recipient="microfinance-desk")
    ground.now = ground.now.replace(hour=3)
    await ground.work()

    await merged(ground, new, old)
    await ground.work()

    [(client,)] = await ground.rows("SELECT client_id FROM journey WHERE id = :j", j=old)
    rows = await ground.rows("SELECT DISTINCT client_id, recipient FROM consent WHERE withdrawn_at IS NULL")
    assert {client} == {row[0] for row in rows}
    assert "microfinance-desk" not in {row[1] for row in rows}
    assert "legal-aid" in {row[1] for row in rows}


async def test_two_journeys_of_one_client_merge_as_well(ground: Ground) -> None:
    old = await ground.walks_in(Need.LIVING)
    await ground.work()
    new = await ground.walks_in(Need.DEBT, again=old)
    await ground.work()

    done = await merged(ground, new, old)
    await ground.work()

    assert ((), ()) == (done.withdrawn, done.differ)
    assert [] == await contradictions(ground)
    assert [] == await ground.rows(
        "SELECT about FROM notice WHERE code = 'already_open' AND settled_at IS NULL AND journey_id = :j", j=old
    )


async def test_the_other_journeys_of_the_client_come_along(ground: Ground) -> None:
    kept = await ground.walks_in(Need.LIVING)
    ended = await ground.walks_in(Need.DEBT)
    await ground.work()
    beside = await ground.walks_in(Need.BENEFITS, again=ended)
    await ground.work()

    await merged(ground, ended, kept)
    await ground.work()

    rows = await ground.rows("SELECT client_id FROM journey WHERE id = ANY(:ids)", ids=[kept, beside])
    assert 1 == len(set(rows))
    assert [] == await contradictions(ground)
    stranded = (
        "SELECT referral.number FROM referral JOIN journey ON journey.id = journey_id"
        " WHERE referral.client_id <> journey.client_id"
    )
    assert [] == await ground.rows(stranded)
