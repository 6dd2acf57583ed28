"""The checker checked: a sound database is found sound, and each planted fault is found."""

# ruff: noqa: S608 - the statements are this file's own

from datetime import timedelta

import pytest

from flows.follow_up import JOBS
from models.vocabulary import FollowUp, Need
from tests.integration.ground import Ground, on_ground
from tests.properties.checker import check_log


async def worked(ground: Ground) -> None:
    """Work a journey far enough that there is something to spoil."""
    await ground.walks_in(Need.DEBT, Need.LIVING)
    await ground.work()
    aid, debt = await ground.number("emergency-living-aid"), await ground.number("financial-counseling")
    await ground.put("agency:mapo-welfare-team", "accepted", number=aid)
    await ground.put("agency:mapo-welfare-team", "progressed", number=aid, milestone="decided", hours=1)
    await ground.put("agency:mapo-welfare-team", "progressed", number=aid, milestone="field_checked")
    await ground.put("agency:microfinance-desk", "completed", number=debt, outcome="advise_rehabilitation")
    await ground.work()


async def found(ground: Ground, *, quiet: bool = False) -> list[str]:
    async with ground.engine.connect() as connection:
        return await check_log(connection, quiet=quiet)


async def test_what_the_desks_write_is_found_sound(database_url: str) -> None:
    async with on_ground(database_url) as ground:
        await worked(ground)
        assert 4 == len(await ground.rows("SELECT 1 FROM letter"))

        assert [] == await found(ground)


async def test_a_ledger_with_nothing_in_it_is_sound_and_a_quiet_one_has_nothing_waiting(database_url: str) -> None:
    async with on_ground(database_url) as ground:
        assert [] == await found(ground, quiet=True)
        await ground.walks_in(Need.DEBT)

        assert ["event 1 still waits"] == await found(ground, quiet=True)


async def reminded(ground: Ground) -> None:
    """Let agencies be silent until they are reminded."""
    await worked(ground)
    for _ in range(2):
        await ground.walks_in(Need.JOB)
    await ground.work()
    for (number,) in await ground.rows("SELECT number FROM referral WHERE state = 'requested'"):
        await ground.put("delivery", "received", number=number)
    await ground.work()
    ground.now += timedelta(days=4)
    await JOBS[FollowUp.OVERDUE](ground.tools, ground.tools.clock())


async def test_what_the_follow_ups_write_is_found_sound(database_url: str) -> None:
    async with on_ground(database_url) as ground:
        await reminded(ground)
        assert 3 == len(await ground.rows("SELECT 1 FROM letter WHERE referral_id IS NULL"))

        assert [] == await found(ground)


_DIGEST = "type = 'referral.reminded'"
PLANTED_IN_DIGESTS = {
    "a line that nobody owes": (
        f"UPDATE letter SET body = jsonb_set(body, '{{referrals,0,referral}}', '\"R-2017-000099-9\"') WHERE {_DIGEST}",
        "reminds of",
    ),
    "a reminder that stands in no letter": (
        f"UPDATE letter SET body = body #- '{{referrals,0}}' WHERE {_DIGEST}",
        "reminds of",
    ),
    "a name in a line": (
        f"UPDATE letter SET body = jsonb_set(body, '{{referrals,0,name}}', '\"Kim\"') WHERE {_DIGEST}",
        "fields that were never agreed",
    ),
    "items beside the lines": (
        f"UPDATE letter SET body = body || '{{\"items\": {{}}}}' WHERE {_DIGEST}",
        "speaks of more than its lines",
    ),
    "a line twice": (
        f"UPDATE letter SET body = jsonb_insert(body, '{{referrals,0}}', body #> '{{referrals,0}}') WHERE {_DIGEST}",
        "says something twice",
    ),
    "a digest to another agency": (f"UPDATE letter SET agency = 'nhis' WHERE {_DIGEST}", "not its own"),
    "a step that is no reminder, in a letter": ("UPDATE follow_up_step SET does = 'staff'", "not its own"),
}


@pytest.mark.parametrize("fault", PLANTED_IN_DIGESTS)
async def test_each_fault_planted_in_a_digest_is_found(database_url: str, fault: str) -> None:
    change, sentence = PLANTED_IN_DIGESTS[fault]
    async with on_ground(database_url) as ground:
        await reminded(ground)
        await ground.change(change)

        assert any(sentence in each for each in await found(ground))


_AID = "(SELECT id FROM referral WHERE program = 'emergency-living-aid')"
_COPY = (
    "INSERT INTO letter SELECT (json_populate_record(letter, json_build_object("
    "'id', '01601f09-6e80-7000-8000-000000000000', 'sequence', 99, {changes}))).* FROM letter WHERE referral_id = "
    + _AID
    + " LIMIT 1"
)
PLANTED = {
    "a state that nobody moved to": (
        f"UPDATE referral SET state = 'accepted' WHERE id = {_AID}",
        "stands at accepted, but its log leads to in_progress",
    ),
    "an outcome that nobody told": (
        "UPDATE referral SET outcome = 'loan' WHERE outcome IS NOT NULL",
        "has the outcome loan, but its log says advise_rehabilitation",
    ),
    "a row of the log that is gone": (
        f"DELETE FROM transition WHERE event = 'accepted' AND referral_id = {_AID}",
        "which is not 1, 2, 3",
    ),
    "a last row of the log that is gone": (
        f"DELETE FROM transition WHERE sequence = 4 AND referral_id = {_AID}",
        "but its log leads to accepted",
    ),
    "a whole log that is gone": (f"DELETE FROM transition WHERE referral_id = {_AID}", "the log has rows []"),
    "a row that was changed": (
        f"UPDATE transition SET who = 'agency:nhis' WHERE event = 'accepted' AND referral_id = {_AID}",
        "the chain is broken",
    ),
    "a moment that was changed": (
        "UPDATE transition SET occurred_at = occurred_at - interval '1 second' WHERE event = 'accepted'",
        "the chain is broken",
    ),
    "a road that there is not": (
        f"UPDATE transition SET \"end\" = 'completed' WHERE event = 'accepted' AND referral_id = {_AID}",
        "no road leads from requested by accepted to completed",
    ),
    "an event that moved nothing": (
        "UPDATE inbox_event SET fate = 'applied' WHERE fate = 'older'",
        "is the cause of 0 moves",
    ),
    "a move by an event that was refused": (
        "UPDATE inbox_event SET fate = 'parked' WHERE word = 'accepted'",
        "(accepted, parked) is the cause of 1 moves",
    ),
    "a milestone that nobody wrote": (
        "DELETE FROM milestone WHERE code = 'decided'",
        "which is not among the milestones",
    ),
    "a milestone that nobody told": (
        "UPDATE milestone SET code = 'paid_1' WHERE code = 'field_checked'; UPDATE milestone SET cause = 'event:0'",
        "its cause event:0 was None",
    ),
    "a request without a letter": (f"DELETE FROM letter WHERE referral_id = {_AID}", "request 1 has no letter"),
    "a second letter under a second key": (
        _COPY.format(changes="'about', '2', 'cause', 'rule:1:again'"),
        "a letter asks for what was never requested",
    ),
    "the same letter under two keys": (
        "ALTER TABLE letter DROP CONSTRAINT letter_referral_id_type_about_key; "
        + _COPY.format(changes="'cause', 'rule:1:again'"),
        "the same letter was written 2 times",
    ),
    "a letter to the wrong agency": (
        f"UPDATE letter SET agency = 'nhis' WHERE referral_id = {_AID}",
        "a letter goes to nhis instead of mapo-welfare-team",
    ),
    "a letter whose cause never happened": (
        f"UPDATE letter SET cause = 'rule:999:x' WHERE referral_id = {_AID}",
        "the letter's cause rule:999:x never happened",
    ),
    "two letters of one cause": (
        "ALTER TABLE letter DROP CONSTRAINT letter_cause_key; UPDATE letter SET cause = 'rule:1:x'",
        "the cause rule:1:x made 4 letters",
    ),
    "two open referrals for one program": (
        "DROP INDEX uq_referral_open; UPDATE referral SET program = 'copay-relief'",
        "two referrals for copay-relief are open at once",
    ),
}


@pytest.mark.parametrize("fault", PLANTED)
async def test_a_planted_fault_is_found(database_url: str, fault: str) -> None:
    plant, sentence = PLANTED[fault]
    async with on_ground(database_url) as ground:
        await worked(ground)
        for statement in plant.split("; "):
            await ground.change(statement)

        sentences = await found(ground)

    assert [each for each in sentences if sentence in each], sentences
