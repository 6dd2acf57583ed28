"""Links end with the mailbox, with a restored copy, and never by a mail or a write that was lost."""

from datetime import timedelta

from deployments.backup import set_right
from models.vocabulary import Desk
from tasks.health import move_endpoint
from tasks.keeping import let_go
from tests.integration.links.conftest import AGENCY, MAILBOX, PERSONAL, Bakery
from tests.integration.links.page import Page
from tests.integration.links.test_link_expiry import counts

ELSEWHERE = "mailto:new@else.example"


async def move(bakery: Bakery, url: str) -> None:
    async with bakery.ground.engine.begin() as connection:
        assert await move_endpoint(connection, AGENCY, url, bakery.ground.now)


async def test_a_mailbox_that_moved_opens_nothing_and_the_new_one_is_mailed_a_link(bakery: Bakery) -> None:
    link = await bakery.link()
    await move(bakery, f"mailto:{MAILBOX}")
    assert 200 == (await bakery.get(link)).status_code, "the same address is no move"

    await move(bakery, ELSEWHERE)

    answer = await bakery.get(link)
    assert (410, {"new"}) == (answer.status_code, Page(answer.text).events)
    assert [] == [word for word in PERSONAL if word in answer.text]
    assert [("moved",)] == await bakery.ground.rows("SELECT ended_why FROM agency_link")
    # The sandbox has one mailbox: it moves back, and the old link opens nothing for all that.
    await move(bakery, f"mailto:{MAILBOX}")
    assert {"link_renewed": 1} == dict(await counts(bakery))
    assert {} == dict(await counts(bakery))
    await bakery.deliver(Desk.INTAKE)
    assert 2 == len(await bakery.mails())
    assert (410, 200) == ((await bakery.get(link)).status_code, (await bakery.get(await bakery.link())).status_code)
    assert {} == dict(await counts(bakery))


async def test_after_a_move_a_new_link_may_be_asked_for_on_the_page_of_the_old_one(bakery: Bakery) -> None:
    link = await bakery.link()
    await move(bakery, ELSEWHERE)
    await move(bakery, f"mailto:{MAILBOX}")
    bakery.ground.now += timedelta(minutes=1)

    assert 200 == (await bakery.send(Page((await bakery.get(link)).text).form("new"))).status_code
    await bakery.deliver(Desk.INTAKE)

    assert 2 == len(await bakery.mails())
    assert 200 == (await bakery.get(await bakery.link())).status_code
    assert {} == dict(await counts(bakery)), "the new mailbox has its link"


async def test_a_person_hears_where_the_new_mailbox_refuses_its_link(bakery: Bakery) -> None:
    await move(bakery, ELSEWHERE)
    await move(bakery, f"mailto:{MAILBOX}")
    await bakery.sandbox.control.put("/mails/refusals", json={"codes": [550]})
    assert {"link_renewed": 1} == dict(await counts(bakery))
    await bakery.deliver(Desk.INTAKE)

    assert {"link_over": 1} == dict(await counts(bakery))


async def test_with_a_restored_copy_all_links_end_and_new_ones_go_out(bakery: Bakery) -> None:
    link = await bakery.link()
    async with bakery.ground.engine.begin() as connection:
        await set_right(connection, bakery.ground.now)

    answer = await bakery.get(link)
    assert (410, {"new"}) == (answer.status_code, Page(answer.text).events)
    assert [("restored",)] == await bakery.ground.rows("SELECT ended_why FROM agency_link")
    assert {"link_renewed": 1} == dict(await counts(bakery))
    await bakery.deliver(Desk.INTAKE)
    assert 200 == (await bakery.get(await bakery.link())).status_code


async def test_a_database_that_blinks_when_the_server_has_the_mail_loses_no_word_of_it(bakery: Bakery) -> None:
    """The first write of an arrival fails in the database itself; a later one does not."""
    ground, first = bakery.ground, await bakery.link()
    for statement in (
        "CREATE SEQUENCE blinks",
        """CREATE FUNCTION blink() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
           IF nextval('blinks') = 1 THEN RAISE EXCEPTION 'away' USING ERRCODE = '57P01'; END IF;
           RETURN NEW; END $$""",
        """CREATE TRIGGER blink BEFORE UPDATE ON agency_link FOR EACH ROW
           WHEN (NEW.sent_at IS NOT NULL AND OLD.sent_at IS NULL) EXECUTE FUNCTION blink()""",
    ):
        await ground.change(statement)
    ground.now += timedelta(days=23)
    assert {"link_renewed": 1} == dict(await counts(bakery))
    await bakery.deliver(Desk.INTAKE)

    assert [(True,)] == await ground.rows("SELECT nextval('blinks') > 2"), "it was tried again"
    assert [(2, 2, 1)] == await ground.rows("SELECT count(*), count(sent_at), count(ended_at) FROM agency_link")
    assert (410, 200) == ((await bakery.get(first)).status_code, (await bakery.get(await bakery.link())).status_code)
    ground.now += timedelta(days=23)
    assert {"link_renewed": 1} == dict(await counts(bakery)), "it is looked after like any other"


async def test_each_link_that_is_stuck_is_told_although_the_one_before_was_settled_by_a_person(bakery: Bakery) -> None:
    ground = bakery.ground

    async def stuck() -> dict[str, int]:
        ground.now += timedelta(days=23)
        await bakery.sandbox.control.put("/mails/refusals", json={"codes": [550]})
        await counts(bakery)
        await bakery.deliver(Desk.INTAKE)
        return dict(await counts(bakery))

    assert {"link_over": 1} == await stuck()
    await ground.change("UPDATE notice SET settled_at = :n, settled_by = 'anna' WHERE code = 'link_over'", n=ground.now)
    await ground.change(
        "UPDATE letter SET state = 'waiting', next_attempt_at = :n WHERE state = 'with_person'", n=ground.now
    )
    await bakery.deliver(Desk.INTAKE)
    assert 2 == len(await bakery.mails())

    assert {"link_over": 1} == await stuck()


async def test_the_newest_link_of_an_open_referral_is_kept_until_it_is_closed(bakery: Bakery) -> None:
    link, ground = await bakery.link(), bakery.ground
    ground.now += timedelta(days=23)
    await bakery.sandbox.control.put("/mails/refusals", json={"codes": [550]})
    await counts(bakery)
    await bakery.deliver(Desk.INTAKE)
    for days in (8, 91):
        ground.now += timedelta(days=days)
        await counts(bakery)
    await let_go(ground.engine, ground.tools.catalog, ground.tools.clock(), None)
    await counts(bakery)

    assert [(True,)] == await ground.rows("SELECT settled_at IS NULL FROM notice WHERE code = 'link_over'")
    answer = await bakery.get(link)
    assert (410, {"new"}) == (answer.status_code, Page(answer.text).events)
    await ground.change("UPDATE referral SET state = 'expired' WHERE agency = :a", a=AGENCY)
    await let_go(ground.engine, ground.tools.catalog, ground.tools.clock(), None)
    assert [(0,)] == await ground.rows("SELECT count(*) FROM agency_link WHERE sent_at IS NOT NULL")


async def test_a_form_that_is_sent_when_its_client_was_forgotten_is_not_kept(bakery: Bakery) -> None:
    form = Page((await bakery.get(await bakery.link())).text).form("accepted")
    await bakery.ground.change("UPDATE client SET forgotten_at = :now", now=bakery.ground.now)
    before = await bakery.kept()

    answer = await bakery.send(form, {"reference": "2017-복지-77"})

    assert (410, set()) == (answer.status_code, Page(answer.text).events)
    assert before == await bakery.kept()
