"""The time of a referral, through the staff's door: the days each party held it, and its deadlines."""

import json
from datetime import timedelta
from uuid import UUID

from sqlalchemy import event, text

from models.referral import Milestone
from models.transition import Transition
from models.vocabulary import ReferralState
from tests.integration.doors.house import NOW, House

DAY = timedelta(days=1)


async def log(house: House, *moves: tuple[float, str, str]) -> None:
    """Write a log: days since the referral was drafted, event, state after it."""
    referral: UUID = (await house.rows("SELECT id FROM referral"))[0][0]
    start: str | None = None
    for nth, (days, word, end) in enumerate(moves, start=1):
        at = NOW + days * DAY
        row = Transition.model_validate(
            {
                "id": nth,
                "referral_id": referral,
                "sequence": nth,
                "start": start,
                "event": word,
                "end": end,
                "cause": f"event:{nth}",
                "who": "agency:nhis",
                "occurred_at": at,
                "recorded_at": at,
                "previous_hash": "0" * 64,
                "hash": "0" * 64,
            }
        )
        start = end
        await house.store(row)
    assert start is not None
    async with house.engine.begin() as connection:
        await connection.execute(text("UPDATE referral SET state = :state"), {"state": ReferralState(start).value})


async def test_a_referral_shows_whose_days_they_were_and_what_is_due(house: House) -> None:
    number = await house.with_referral("single-parent-support")
    await log(
        house,
        (0, "drafted", "drafted"),
        (1, "requested", "requested"),
        (2, "received", "received"),
        (3, "held", "on_hold"),
        (8, "resumed", "in_progress"),
    )
    house.now = NOW + 10 * DAY

    shown = (await house.api("GET", f"/api/journeys/{number}")).json()["referrals"][0]

    assert {"center": 2.0, "agency": 3.0, "client": 5.0} == shown["days_by_party"]
    assert ["D35-receipt", "D35-answer", "D35-reply", "D01", "D35-word"] == [due["code"] for due in shown["deadlines"]]
    assert ["met", "met", "met", "running", "running"] == [due["status"] for due in shown["deadlines"]]
    assert {
        "code": "D01",
        "label": {"ko": "급여결정 통지", "en": "decision on the benefit"},
        "owed_by": "agency",
        "force": "law",
        "due_raw": "2018-01-08",
        "due_effective": "2018-01-08",
        "due_at": "2018-01-08T15:00:00Z",
        "extendable_to": "2018-02-07",
        "extended_from": None,
        "met_at": None,
        "status": "running",
        "informational": False,
    } == shown["deadlines"][3]


async def test_an_urgent_letter_brings_the_urgent_deadlines(house: House) -> None:
    number = await house.with_referral()
    await log(house, (0, "drafted", "drafted"), (0, "requested", "requested"))
    referral, journey = (await house.rows("SELECT id, journey_id FROM referral"))[0]
    async with house.engine.begin() as connection:
        await connection.execute(
            text(
                "INSERT INTO letter (id, desk, journey_id, referral_id, referral_number, agency, type, about, cause,"
                " sequence, body, state, created_at, next_attempt_at, attempts, lease)"
                " VALUES (:id, 'emergency-aid', :journey, :id, 'R', 'nhis', 'referral.requested', '1', 'c',"
                " 1, '{\"urgency\": \"urgent\"}', 'waiting', :now, :now, 0, 0)"
            ),
            {"id": referral, "journey": journey, "now": NOW},
        )

    shown = (await house.api("GET", f"/api/journeys/{number}")).json()["referrals"][0]

    codes = {due["code"] for due in shown["deadlines"]}
    assert {"D35-receipt-urgent", "D35-answer-urgent", "D04", "D05"} <= codes
    assert "D35-receipt" not in codes


async def test_a_hire_told_as_an_outcome_elsewhere_begins_the_report_of_it(house: House) -> None:
    number = await house.with_referral("single-parent-support")
    await log(house, (0, "drafted", "drafted"), (1, "requested", "requested"), (2, "received", "received"))
    hired = {
        "id": str(UUID(int=7)),
        "number": "R-2017-000777-7",
        "program": "job-placement",
        "state": "completed",
        "outcome": "hired",
        "outcome_at": (NOW + 3 * DAY).isoformat(),
    }
    async with house.engine.begin() as connection:
        await connection.execute(
            text("INSERT INTO referral SELECT (jsonb_populate_record(r, CAST(:hired AS jsonb))).* FROM referral r"),
            {"hired": json.dumps(hired)},
        )
    house.now = NOW + 4 * DAY

    shown = (await house.api("GET", f"/api/journeys/{number}")).json()["referrals"]

    benefit = next(each for each in shown if each["program"] == "single-parent-support")
    report = next(due for due in benefit["deadlines"] if due["code"] == "D33")
    assert str((NOW + 17 * DAY).date()) == report["due_raw"]
    assert "running" == report["status"]


async def test_a_word_or_a_fact_nobody_knows_hides_deadlines_and_not_the_journey(house: House) -> None:
    number = await house.with_referral("single-parent-support")
    await log(house, (0, "drafted", "drafted"), (0, "requested", "requested"))
    referral = (await house.rows("SELECT id FROM referral"))[0][0]
    told = {"id": 1, "referral_id": referral, "lane": "main", "code": "soup", "cause": "event:1"}
    await house.store(Milestone.model_validate({**told, "occurred_at": NOW, "recorded_at": NOW}))
    async with house.engine.begin() as connection:
        await connection.execute(text("UPDATE journey SET facts = '{\"shoe_size\": 40}'"))

    answer = await house.api("GET", f"/api/journeys/{number}")

    assert answer.status_code == 200
    assert [] == answer.json()["referrals"][0]["deadlines"]
    assert "soup" in answer.text


async def test_the_log_of_a_journey_costs_one_statement(house: House) -> None:
    number = await house.with_referral()
    await log(house, (0, "drafted", "drafted"), (1, "requested", "requested"))
    asked: list[str] = []
    engine = house.engine.sync_engine

    def note(_: object, __: object, statement: str, *___: object) -> None:
        asked.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        await house.api("GET", f"/api/journeys/{number}")
    finally:
        event.remove(engine, "before_cursor_execute", note)

    assert 1 == sum("transition.occurred_at" in statement for statement in asked)
    assert len(asked) < 8
