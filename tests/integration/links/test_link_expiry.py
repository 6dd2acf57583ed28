"""The follow-up `expiry` and links: renewed once while an answer is owed, told to a person, marked, let go of."""

from datetime import timedelta

from models.vocabulary import Desk
from tasks.keeping import let_go
from tests.integration.links.conftest import Bakery


async def test_links_near_their_end_are_renewed_once_while_an_answer_is_owed(bakery: Bakery) -> None:
    first = await bakery.link()
    assert {} == dict(await counts(bakery))
    bakery.ground.now += timedelta(days=23)
    assert {"link_renewed": 1} == dict(await counts(bakery))
    assert {} == dict(await counts(bakery)), "run twice, renewed once"
    await bakery.deliver(Desk.INTAKE)

    assert 2 == len(await bakery.mails())
    assert (410, 200) == ((await bakery.get(first)).status_code, (await bakery.get(await bakery.link())).status_code)
    bakery.ground.now += timedelta(days=1)
    assert {} == dict(await counts(bakery))


async def test_a_renewal_that_is_refused_is_told_to_a_person_until_it_gets_through(bakery: Bakery) -> None:
    bakery.ground.now += timedelta(days=23)
    await bakery.sandbox.control.put("/mails/refusals", json={"codes": [550]})
    await counts(bakery)
    await bakery.deliver(Desk.INTAKE)

    assert {"link_over": 1} == dict(await counts(bakery))
    bakery.ground.now += timedelta(days=8)
    assert {"links_expired": 1} == dict(await counts(bakery))
    await bakery.ground.change(
        "UPDATE letter SET state = 'waiting', next_attempt_at = :now WHERE state = 'with_person'", now=bakery.ground.now
    )
    await bakery.deliver(Desk.INTAKE)
    await counts(bakery)
    assert [(1, 1)] == await bakery.ground.rows(
        "SELECT count(*), count(settled_at) FROM notice WHERE code = 'link_over'"
    )


async def test_links_of_what_is_closed_are_marked_and_go_in_time(bakery: Bakery) -> None:
    await bakery.say(await bakery.link(), "declined", reason="not_target")
    bakery.ground.now += timedelta(days=31)
    found = dict(await counts(bakery))

    assert {"links_expired": 1} == found
    assert 1 == len(await bakery.mails()), "nothing is owed: nobody is mailed"
    for days, dropped in ((89, 0), (2, 1)):
        bakery.ground.now += timedelta(days=days)
        kept = await let_go(bakery.ground.engine, bakery.ground.tools.catalog, bakery.ground.tools.clock(), None)
        assert dropped == kept.counts["agency_links_dropped"]
    assert [(0,)] == await bakery.ground.rows("SELECT count(*) FROM agency_link")


async def counts(bakery: Bakery) -> dict[str, int]:
    """Run the follow-up, and return what it did about links."""
    return {name: count for name, count in (await bakery.expire()).counts.items() if "link" in name}
