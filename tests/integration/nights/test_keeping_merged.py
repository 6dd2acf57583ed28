"""Keeping after a merge: what was merged is known for as long as the client is, under both names."""

from datetime import timedelta

import pytest

from models.vocabulary import Need
from tasks.keeping import keep
from tests.integration.ground import Ground
from tests.integration.merges import merged, two
from tests.integration.nights.test_keeping import LATER, all_withdrawn

#: What is known of the client under whom the merged journey was opened.
KNOWN = """
    SELECT client.name, phone, client.birth_date, forgotten_at, member.name, member.birth_date
    FROM journey JOIN client ON client.id = client_id
    LEFT JOIN household_member AS member ON member.client_id = client.id
    WHERE journey.id = :new ORDER BY member.id
"""


async def test_a_merge_repeated_after_400_days_answers_as_before(ground: Ground) -> None:
    old, new = await two(ground)
    done = await merged(ground, new, old)
    await ground.work()
    assert done.withdrawn

    report = await keep(ground.tools, ground.now + timedelta(days=420))
    again = await merged(ground, new, old)

    assert report.counts["events_emptied"] > 0
    assert (done.withdrawn, done.differ, done.taken_over, False) == (
        again.withdrawn,
        again.differ,
        again.taken_over,
        again.fresh,
    )


async def test_a_merge_repeated_after_the_client_was_forgotten_is_quiet_too(ground: Ground) -> None:
    old, new = await two(ground)
    await merged(ground, new, old)
    await ground.work()
    await all_withdrawn(ground)
    await ground.change("UPDATE consent SET valid_to = '2021-12-03' WHERE recipient IS NULL")

    report = await keep(ground.tools, LATER)
    ids = await keep(ground.tools, LATER)
    again = await merged(ground, new, old)

    assert ids.counts["event_ids_dropped"]
    assert 2 == report.counts["clients_forgotten"], "both names go when the one case is over"
    assert ((), False) == (again.withdrawn, again.fresh)


@pytest.mark.parametrize("sibling", [False, True], ids=["in the same journey", "in another journey of hers"])
async def test_whoever_is_in_service_is_kept_under_the_merged_name_too(ground: Ground, *, sibling: bool) -> None:
    old, new = await two(ground)
    await ground.change("UPDATE consent SET valid_to = '2017-12-31' WHERE recipient IS NULL")
    await merged(ground, new, old)
    await ground.work()
    if sibling:
        # Everything in the journey that stays is over; another one of the same client is open.
        await all_withdrawn(ground)
        third = await ground.walks_in(Need.DEBT)
        hers = "UPDATE journey SET client_id = (SELECT client_id FROM journey WHERE id = :old) WHERE id = :third"
        await ground.change(hers, old=old, third=third)
        await ground.work()
    before = await ground.rows(KNOWN, new=new)
    assert before

    await keep(ground.tools, ground.now + timedelta(days=3_000 if sibling else 420))

    assert before == await ground.rows(KNOWN, new=new)
