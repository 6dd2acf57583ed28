"""Looking at journeys: as they stand, without names, page by page; and the pages about the house itself."""

from datetime import timedelta

import pytest

from models.keys import uuid7
from models.notice import Notice, SetAside
from models.referral import Milestone
from models.transition import Transition
from tests.integration.doors.house import NOW, REFERRAL, House, told
from tests.integration.doors.intakes import stranger
from web.problem_table import ENTRIES


async def test_a_journey_is_shown_as_it_stands_and_without_names(house: House) -> None:
    number = await house.with_referral()
    referral, journey = (await house.rows("SELECT id, journey_id FROM referral"))[0]
    transition = {
        "referral_id": referral,
        "sequence": 1,
        "event": "drafted",
        "end": "drafted",
        "cause": "rule:1:1",
        "who": "desk:emergency-aid",
        "occurred_at": NOW,
        "recorded_at": NOW,
        "previous_hash": "0" * 64,
        "hash": "0" * 64,
    }
    step = {"referral_id": referral, "lane": "main", "code": "field_checked", "occurred_at": NOW, "recorded_at": NOW}
    notice = {"id": uuid7(NOW), "journey_id": journey, "desk": "intake", "code": "x", "key": "k", "raised_at": NOW}
    aside = {"journey_id": journey, "desk": "debt-relief", "reason": "rule_raised", "event_id": 7, "since": NOW}
    async with house.engine.begin() as connection:
        for table, row in (
            (Transition, transition),
            (Milestone, step | {"cause": "event:1"}),
        ):
            values = table.model_validate(row).model_dump(exclude={"id"})
            await connection.execute(table.__table__.insert(), values)  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownArgumentType]
    await house.store(Notice.model_validate(notice), SetAside.model_validate(aside))

    answer = await house.api("GET", f"/api/journeys/{number.lower()}")

    shown = answer.json()
    assert answer.status_code == 200
    assert (number, 1, 0) == (shown["number"], shown["household_size"], shown["waiting_events"])
    assert ["x"] == [notice["code"] for notice in shown["notices"]]
    assert [("debt-relief", 7)] == [(aside["desk"], aside["event_id"]) for aside in shown["set_aside"]]
    assert [(REFERRAL, "received", "agency", 1)] == [
        (r["number"], r["state"], r["whose_turn"], r["transitions"]) for r in shown["referrals"]
    ]
    assert shown["referrals"][0]["milestones"] == {
        "main": [{"code": "field_checked", "occurred_at": "2017-12-04T05:00:00Z"}]
    }
    assert "홍길순" not in answer.text
    assert answer.headers["cache-control"] == "no-store"


async def test_a_wrong_digit_is_400_and_an_unknown_number_404(house: House) -> None:
    number = await house.with_referral()
    wrong = number[:-1] + str((int(number[-1]) + 1) % 10)

    assert told(await house.api("GET", f"/api/journeys/{wrong}")) == (400, "bad-number")
    assert told(await house.api("GET", "/api/journeys/J-2017-000001-4")) in [
        (404, "unknown-journey"),
        (400, "bad-number"),
    ]
    assert told(await house.api("GET", f"/api/journeys/{number}", token="no")) == (401, "no-token")


async def test_the_list_is_leafed_through_newest_first_and_nothing_comes_twice(house: House) -> None:
    opened: list[str] = []
    for nth in range(7):
        opened.append((await house.api("POST", "/api/journeys", stranger(nth))).json()["number"])
        house.now += timedelta(seconds=1)
    seen: list[str] = []
    address: str | None = "/api/journeys?limit=3"
    while address is not None:
        page = (await house.api("GET", address)).json()
        assert len(page["journeys"]) <= 3
        seen += [line["number"] for line in page["journeys"]]
        address = page["next"]

    assert opened[::-1] == seen
    for query in ("limit=0", "limit=101", "limit=x", "cursor=x"):
        assert told(await house.api("GET", f"/api/journeys?{query}")) == (422, "bad-fields")


async def test_ready_says_whether_tables_are_older_than_the_program(house: House) -> None:
    assert (await house.http.get(f"{house.base}/health/ready")).json() == {"status": "ready"}
    await house.change("UPDATE alembic_version SET version_num = '0001'")
    older = told(await house.http.get(f"{house.base}/health/ready"))
    # One that this program has never heard of is of a version to come, which has only added something.
    await house.change("UPDATE alembic_version SET version_num = '9999'")
    newer = (await house.http.get(f"{house.base}/health/ready")).json()
    await house.change("DELETE FROM alembic_version")
    none = told(await house.http.get(f"{house.base}/health/ready"))

    assert [(503, "not-ready")] * 2 == [older, none]
    assert {"status": "ready"} == newer


async def test_metrics_count_answers_and_what_waits(house: House) -> None:
    await house.with_referral()
    event = house.event()
    await house.post(event)
    await house.post(event)
    await house.send(b"", {})
    house.now += timedelta(minutes=2)

    page = (await house.http.get(f"{house.base}/metrics")).text

    assert 'ieum_door_answers_total{code="accepted",door="webhooks"} 1.0' in page
    assert 'ieum_door_answers_total{code="repeated",door="webhooks"} 1.0' in page
    assert 'ieum_door_answers_total{code="bad-headers",door="webhooks"} 1.0' in page
    assert 'ieum_inbox_waiting{desk="emergency-aid"} 1.0' in page
    assert 'ieum_inbox_oldest_seconds{desk="emergency-aid"} 120.0' in page


@pytest.mark.asyncio(loop_scope="module")
async def test_every_problem_has_a_page_in_both_languages(shared: House) -> None:
    for code, entry in ENTRIES.items():
        page = await shared.http.get(f"{shared.base}/problems/{code}")
        plain = await shared.http.get(f"{shared.base}/problems/{code}", headers={"accept": "text/plain"})

        assert (200, 200) == (page.status_code, plain.status_code)
        assert entry.title_ko in page.text
        assert entry.remedy in plain.text
    assert told(await shared.http.get(f"{shared.base}/problems/<script>")) == (404, "not-found")
    assert told(await shared.http.get(f"{shared.base}/nowhere")) == (404, "not-found")
    assert told(await shared.http.put(f"{shared.base}/webhooks/nhis")) == (405, "wrong-method")
    assert (await shared.http.get(f"{shared.base}/docs")).status_code == 404
