"""Keeping: what need not be kept goes after its time, is found by an index, and every column is decided about."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from models.keys import uuid7
from models.vocabulary import Need
from tasks.forgetting import DUE, FORGET
from tasks.keeping import OVER, keep
from tests.integration.ground import Ground

COUNSELING, AGENCY = "financial-counseling", "agency:microfinance-desk"


async def test_what_events_said_goes_after_400_days_and_their_ids_stay(ground: Ground) -> None:
    journey = await ground.walks_in(Need.DEBT)
    await ground.work()
    number = await ground.number(COUNSELING, journey)
    await ground.put(AGENCY, "accepted", number=number, key="w-1", note="seizure of wages")
    await ground.work()
    await ground.put(AGENCY, "held", number="R-2017-999999-0", key="w-2", note="seizure of wages")
    day = ground.now.replace(hour=15, minute=0) + timedelta(days=400)

    async def said() -> list[tuple[str, str]]:
        rows = await ground.rows("SELECT source_id, data ->> 'note' FROM inbox_event WHERE source = :s", s=AGENCY)
        return sorted((id_, note or "") for id_, note in rows)

    await keep(ground.tools, day - timedelta(minutes=1))
    assert [("w-1", "seizure of wages"), ("w-2", "seizure of wages")] == await said()
    await keep(ground.tools, day)
    # What nobody has decided about stays as it came.
    assert [("w-1", ""), ("w-2", "seizure of wages")] == await said()
    assert await ground.put(AGENCY, "accepted", number=number, key="w-1") is None


async def test_settled_notices_and_old_runs_go_but_not_what_an_open_journey_wants_nor_the_last_run(
    ground: Ground,
) -> None:
    journey = await ground.walks_in(Need.DEBT)
    await ground.work()
    old = ground.now - timedelta(days=500)
    for code, of, settled in [
        ("agency_silent", None, old),
        ("consent_missing", journey, old),
        ("event_set_aside", None, old),
        ("key_retires", None, None),
        ("no_live_key", None, ground.now),
    ]:
        await ground.change(
            "INSERT INTO notice (id, journey_id, desk, code, about, detail, key, by_rule, raised_at, settled_at)"
            " VALUES (:id, :journey, 'intake', :code, '', '', :code, false, :old, :settled)",
            id=uuid7(ground.now), journey=of, code=code, old=old, settled=settled,
        )  # fmt: skip
    for follow_up, state, days in [("expiry", "done", 500), ("expiry", "done", 450), ("expiry", "broken", 440)]:
        await ground.change(
            "INSERT INTO follow_up_run (follow_up, process, state, began_at, ended_at, report)"
            " VALUES (:f, 1, :state, :at, :at, '{}')",
            f=follow_up,
            state=state,
            at=ground.now - timedelta(days=days),
        )

    report = await keep(ground.tools, ground.now)

    codes = {code for (code,) in await ground.rows("SELECT code FROM notice WHERE raised_at = :old", old=old)}
    assert {"consent_missing", "event_set_aside", "key_retires", "no_live_key"} == codes
    assert (1, 1) == (report.counts["notices_dropped"], report.counts["follow_up_runs_dropped"])
    assert [("done",), ("broken",)] == await ground.rows("SELECT state FROM follow_up_run ORDER BY number")


@pytest.mark.parametrize(
    ("statement", "index"),
    [
        (DUE.text, "ix_client_keeping"),
        (OVER["inbox_data"], "ix_inbox_told"),
        (OVER["inbox_ids"], "ix_inbox_over"),
        (OVER["notices"], "ix_notice_settled"),
        (next(s.text for s in FORGET if "UPDATE inbox_event" in s.text), "ix_inbox_settled_of_journey"),
    ],
)
async def test_only_what_is_over_is_read(ground: Ground, statement: str, index: str) -> None:
    await ground.change(
        "INSERT INTO inbox_event (source, source_id, word, data, digest, occurred_at, received_at, fate)"
        " SELECT 'agency:nhis', n::text, 'accepted', '{\"note\": \"x\"}', '', now(), now(), 'applied'"
        " FROM generate_series(1, 3000) AS n"
    )
    await ground.change("ANALYZE inbox_event")
    some: list[UUID] = [uuid7(ground.now) for _ in range(3)]
    known = {"now": ground.now, "before": ground.now, "most": 10, "skip": 0, "journeys": some, "clients": some}
    async with ground.engine.connect() as connection:
        await connection.execute(text("SET LOCAL enable_seqscan = off"))
        lines = "\n".join((await connection.execute(text(f"EXPLAIN {statement}"), known)).scalars())

    assert index in lines


async def test_every_column_that_may_hold_something_of_a_person_is_known(ground: Ground) -> None:
    """A column added tomorrow must be decided about: wiped by `FORGET`, or named here as numbers and codes."""
    rows = await ground.rows(
        "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'"
        " AND data_type IN ('text', 'jsonb', 'date', 'character varying')"
    )
    wiped = " ".join(statement.text for statement in FORGET)
    gone = " ".join(statement.text for statement in FORGET if statement.text.startswith("DELETE"))
    undecided = {
        f"{table}.{column}"
        for table, column in rows
        if column not in CODES.get(table, "").split()
        and f" FROM {table} " not in gone
        and not (table in wiped and f"{column} = " in wiped)
    }

    assert set() == undecided


#: Columns that hold numbers, codes, dates of the house's own, or what has its own end; by table.
CODES = {
    "agency": "code url",
    "agency_link": "agency digest ended_why",
    "agency_key": "agency direction",
    "agenda": "follow_up",
    "alembic_version": "version_num",
    "client": "sex",
    "consent": "purpose recipient items given_by valid_from valid_to",
    "endpoint_health": "agency breaker",
    "follow_up_run": "follow_up state report",
    "follow_up_step": "agency follow_up deadline does",
    "household_member": "relation school_level",
    # The sender's id is what a repeated event is known by; agencies are asked to put nothing of a person in it.
    "inbox_event": "desk referral_number source source_id word digest fate fate_reason",
    "journey": "number opened_on needs intake_key dormant_reason",
    "letter": "desk referral_number agency type about cause state last_problem",
    "milestone": "lane code cause",
    "notice": "desk code about key settled_by follow_up",
    "number_series": "kind",
    "referral": "number desk program agency state outcome reason application_date waits_for rule basis basis_cite items"
    " redirect_to proposed_program",
    "screening_record": "program result missing law params_version asked_on",
    "set_aside": "desk reason detail",
    "shift": "desk state report",
    "transition": "start event end lane milestone outcome reason cause who previous_hash hash",
}
