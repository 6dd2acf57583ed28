"""An agency without an API reads its mail, opens the page, and decides: real SMTP, real HTTP, a real desk."""

import base64
import hashlib
import logging
from datetime import timedelta
from uuid import uuid4

import pytest

from agencies.keyring import Keyring
from agencies.link import LinkSeal
from models.keys import uuid7
from models.roads import ROADS
from models.vocabulary import Desk, JourneyEvent, Party, ReferralEvent
from tests.integration.links.conftest import AGENCY, PERSONAL, PROGRAM, Bakery
from tests.integration.links.page import Page


async def test_the_mail_says_a_number_and_a_link_and_nothing_of_the_client(bakery: Bakery) -> None:
    [mail] = await bakery.mails()
    number = await bakery.ground.number(PROGRAM)

    assert number in mail["text"]
    assert "긴급" in mail["subject"]
    assert 1 == len(mail["links"])
    assert [] == [word for word in PERSONAL if word in str(mail)]
    assert "received" == await bakery.state(), "the server took the mail, which is a webhook's 2xx"


@pytest.mark.parametrize(("asked", "lang", "word"), [("ko-KR,ko", "ko", "이름"), ("en-US,en", "en", "Name")])
async def test_the_page_shows_what_the_request_disclosed_in_both_languages(
    bakery: Bakery, asked: str, lang: str, word: str
) -> None:
    answer = await bakery.get(await bakery.link(), **{"accept-language": asked})
    page = Page(answer.text)

    assert 200 == answer.status_code
    assert lang == page.lang
    assert {word, "김하늘", "010-0000-4101"} <= {said for said in (word, *PERSONAL) if said in answer.text}
    assert "script" not in page.tags
    assert len(page.ids) == len(set(page.ids))
    assert {name for form in page.forms for name in form.asked} <= page.labels, "every field has a label"


async def test_a_page_is_kept_from_caches_frames_and_other_sites(bakery: Bakery) -> None:
    answer = await bakery.get(await bakery.link())

    assert "no-store" == answer.headers["cache-control"]
    assert "no-referrer" == answer.headers["referrer-policy"]
    assert "set-cookie" not in answer.headers
    policy = [part.strip() for part in answer.headers["content-security-policy"].split(";")]
    assert {"default-src 'none'", "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'"} <= set(policy)
    style = answer.text.partition("<style>")[2].partition("</style>")[0]
    allowed = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"style-src 'sha256-{allowed}'" in policy


async def test_a_scanner_that_follows_the_link_changes_nothing(bakery: Bakery) -> None:
    link, before = await bakery.link(), await bakery.kept()
    form = Page((await bakery.get(link)).text).form("accepted")
    for path in (link, f"{link}?lang=en", f"{link}?said={form.fields['form']}", f"{link}?said=x", f"{link}/new"):
        assert (await bakery.get(path)).status_code in {200, 405}
        assert (await bakery.browser.head(bakery.base + path)).status_code in {200, 405}

    assert before == await bakery.kept()


async def test_a_whole_referral_is_worked_by_links_alone(bakery: Bakery) -> None:
    link = await bakery.link()
    roads: list[tuple[str, dict[str, str], str]] = [
        ("accepted", {"reference": "2017-복지-77"}, "accepted"),
        ("held", {"reason": "papers_missing", "note": "통장 사본을 기다립니다"}, "on_hold"),
        ("resumed", {}, "in_progress"),
        ("progressed", {"milestone": "main/field_checked"}, "in_progress"),
        ("progressed", {"milestone": "contact/contact_made"}, "in_progress"),
        ("completed", {"outcome": "ended"}, "completed"),
    ]
    for event, said, state in roads:
        page = await bakery.say(link, event, **said)
        assert "처리되었습니다" in page.text, (event, page.text)
        assert state == await bakery.state()

    assert ["applied"] == [f for (f,) in await bakery.ground.rows(
        "SELECT DISTINCT fate FROM inbox_event WHERE source = :s", s=f"agency:{AGENCY}")]  # fmt: skip
    assert [("2017-복지-77", "ended")] == await bakery.ground.rows(
        "SELECT reference, outcome FROM referral WHERE program = :p", p=PROGRAM
    )


async def test_a_closed_referral_shows_nothing_of_the_client(bakery: Bakery) -> None:
    link = await bakery.link()
    page = await bakery.say(link, "declined", reason="over_income")

    assert "declined" == await bakery.state()
    for text in (page.text, (await bakery.get(f"{link}?lang=en")).text):
        assert [] == [word for word in PERSONAL if word in text]


@pytest.mark.parametrize("withdrawn", ["collection", "provision"])
async def test_what_is_taken_back_is_shown_no_more(bakery: Bakery, withdrawn: str) -> None:
    link = await bakery.link()
    await bakery.say(link, "accepted")
    assert PERSONAL[0] in (await bakery.get(link)).text
    [(journey,)] = await bakery.ground.rows("SELECT journey_id FROM referral WHERE program = :p", p=PROGRAM)
    number = await bakery.ground.number(PROGRAM)
    if withdrawn == "collection":
        await bakery.ground.put(
            "staff:front-desk", JourneyEvent.CONSENT_WITHDRAWN, journey=journey, desk=Desk.INTAKE, purpose="collection"
        )
    else:
        await bakery.ground.put("staff:front-desk", ReferralEvent.WITHDRAWN, number=number, reason="moved")
    await bakery.ground.work()

    page = await bakery.get(link)
    assert "cancel_requested" == await bakery.state()
    assert [] == [word for word in PERSONAL if word in page.text]
    assert {"cancelled", "completed", "failed", "progressed"} <= Page(page.text).events


async def test_a_word_the_state_does_not_take_is_parked_and_the_page_says_so(bakery: Bakery) -> None:
    link = await bakery.link()
    early = Page((await bakery.get(link)).text).form("waitlisted")
    await bakery.say(link, "declined", reason="not_target")

    answer = await bakery.send(early)
    await bakery.ground.work()
    page = await bakery.get(answer.headers["location"] + "&lang=en")

    assert 303 == answer.status_code
    assert "it cannot be said where the referral stands now" in page.text


async def test_a_double_click_is_one_event_and_other_words_under_its_id_are_refused(bakery: Bakery) -> None:
    form = Page((await bakery.get(await bakery.link())).text).form("declined")
    first = await bakery.send(form, {"reason": "not_target"})
    bakery.ground.now += timedelta(minutes=1)
    second = await bakery.send(form, {"reason": "not_target"})
    other = await bakery.send(form, {"reason": "duplicate"})

    assert (303, 303, 409) == (first.status_code, second.status_code, other.status_code)
    assert first.headers["location"] == second.headers["location"]
    assert 1 == await bakery.events()


BAD: dict[str, tuple[str, dict[str, str], int]] = {
    "another event's word": ("accepted", {"event": "requested"}, 422),
    "no word of the program": ("declined", {"reason": "bad_weather"}, 422),
    "nothing chosen": ("completed", {"outcome": ""}, 422),
    "somebody else's milestone": ("progressed", {"milestone": "main/no_such"}, 422),
    "tomorrow": ("progressed", {"milestone": "main/field_checked", "on": "2017-12-06"}, 422),
    "no day": ("progressed", {"milestone": "main/field_checked", "on": "2017-13-41"}, 422),
    "a resident number": ("accepted", {"note": "760821-2234567"}, 422),
    "a control sign": ("accepted", {"note": "a\x07b"}, 422),
    "too long a note": ("accepted", {"note": "가" * 2001}, 422),
    "a field of nobody": ("accepted", {"state": "completed"}, 400),
    "no proof": ("accepted", {"proof": ""}, 403),
    "another proof": ("accepted", {"proof": "A" * 43}, 403),
    "another form's id": ("accepted", {"form": str(uuid4())}, 403),
}


async def test_a_form_that_is_not_whole_is_refused_on_a_page_and_repeats_nothing(bakery: Bakery) -> None:
    page = Page((await bakery.get(await bakery.link())).text)
    for case, (event, said, status) in BAD.items():
        answer = await bakery.send(page.form(event), said)

        assert (case, status) == (case, answer.status_code)
        assert answer.headers["content-type"].startswith("text/html")
        assert not any(value in answer.text for value in said.values() if len(value) > 9), case
    assert 0 == await bakery.events()


async def test_a_note_of_2000_characters_in_korean_is_taken(bakery: Bakery) -> None:
    form = Page((await bakery.get(await bakery.link())).text).form("accepted")
    answer = await bakery.send(form, {"note": "가" * 2000, "reference": "가" * 128})

    assert (303, 1) == (answer.status_code, await bakery.events())


async def test_a_form_of_another_site_or_of_yesterday_is_refused(bakery: Bakery) -> None:
    form = Page((await bakery.get(await bakery.link())).text).form("accepted")
    foreign = await bakery.send(form, site="cross-site")
    bakery.ground.now += timedelta(hours=25)
    old = await bakery.send(form)

    assert (403, 409, 0) == (foreign.status_code, old.status_code, await bakery.events())


async def test_a_forged_or_foreign_token_opens_nothing(bakery: Bakery) -> None:
    link = await bakery.link()
    token = link.removeprefix("/links/")
    stranger = LinkSeal(Keyring("another-pretend-master-key-of-nobody-at-all"))
    in_a_month = bakery.ground.now + timedelta(days=30)
    unknown = LinkSeal(bakery.ground.tools.keyring).token(uuid7(bakery.ground.now), in_a_month)
    forged = {
        token[:-1] + ("A" if token[-1] != "A" else "Q"): 404,
        token[:20] + ("A" if token[20] != "A" else "B") + token[21:]: 404,
        stranger.token(uuid7(bakery.ground.now), in_a_month): 404,
        "x": 404,
        token + "A": 404,
        unknown: 410,
    }
    form = Page((await bakery.get(link)).text).form("accepted")
    for wrong, status in forged.items():
        answer = await bakery.get(f"/links/{wrong}")
        assert (status, []) == (answer.status_code, [word for word in PERSONAL if word in answer.text]), wrong
        posted = await bakery.browser.post(f"{bakery.base}/links/{wrong}", data=form.fields)
        assert posted.status_code in {403, 404, 410}

    assert 0 == await bakery.events()


async def test_an_expired_link_shows_nothing_and_mails_a_new_one_to_the_address_on_file(bakery: Bakery) -> None:
    link = await bakery.link()
    old = Page((await bakery.get(link)).text).form("accepted")
    bakery.ground.now += timedelta(days=31)
    answer = await bakery.get(link)
    page = Page(answer.text)

    assert (410, {"new"}) == (answer.status_code, page.events)
    assert [] == [word for word in PERSONAL if word in answer.text]
    assert (await bakery.send(old)).status_code in {409, 410}
    asked = await bakery.send(page.form("new"))
    again = await bakery.send(page.form("new"))
    await bakery.deliver(Desk.INTAKE)

    assert (200, 200) == (asked.status_code, again.status_code)
    assert 2 == len(await bakery.mails()), "asked for twice, and mailed once"
    assert await bakery.link() != link
    assert 200 == (await bakery.get(await bakery.link())).status_code
    assert 410 == (await bakery.get(link)).status_code
    for hours in range(1, 9):
        bakery.ground.now += timedelta(hours=1, minutes=hours)
        fresh = Page((await bakery.get(link)).text).form("new")
        assert 200 == (await bakery.send(fresh)).status_code
    await bakery.deliver(Desk.INTAKE)
    assert 6 == len(await bakery.mails()), "five times, and no more"


async def test_the_page_offers_exactly_the_roads_of_the_state_it_stands_in(bakery: Bakery) -> None:
    """Every state by hand, since few are reached in a story: the page against the table of roads."""
    link = await bakery.link()
    kind = bakery.ground.tools.catalog.agency(AGENCY).kind
    program = bakery.ground.tools.catalog.program(PROGRAM)
    for state in sorted({road.start for road in ROADS.values()} | {road.end for road in ROADS.values()}):
        await bakery.ground.change("UPDATE referral SET state = :state WHERE program = :p", state=state, p=PROGRAM)
        answer = await bakery.get(link)
        page = Page(answer.text)
        legal = {e for (start, e), road in ROADS.items() if start is state and road.by is Party.AGENCY}
        told = {
            f"{lane}/{milestone.code}"
            for lane, milestones in program.lanes.items()
            for milestone in milestones
            if milestone.by in {None, kind}
            and (ReferralEvent.NOTED if lane == "contact" else ReferralEvent.PROGRESSED) in legal
        }
        expected = legal - {ReferralEvent.NOTED, ReferralEvent.PROGRESSED}
        offered = {form.event for form in page.forms} - {"progressed"}
        assert {event.value for event in expected} == offered, state
        milestones = page.form("progressed").choices["milestone"] if "progressed" in page.events else []
        assert told == set(milestones), state
        shown = [word for word in PERSONAL if word in answer.text]
        closed = state in {
            "drafted",
            "cancel_requested",
            "completed",
            "declined",
            "redirected",
            "cancelled",
            "expired",
            "failed",
            "entered_in_error",
        }
        assert bool(shown) is not closed, state


async def test_nothing_of_the_client_and_no_token_is_logged_or_counted(
    bakery: Bakery, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    link = await bakery.link()
    await bakery.say(link, "accepted", note="비밀스러운 말")
    await bakery.get("/links/" + "x" * 71)
    await bakery.deliver(Desk.EMERGENCY_AID)
    metrics = (await bakery.get("/metrics")).text

    said = "\n".join(
        record.getMessage() for record in caplog.records if not record.name.startswith(("httpx", "httpcore"))
    )
    for word in (*PERSONAL, "비밀스러운", link.removeprefix("/links/")):
        assert word not in said
        assert word not in metrics
    assert 'ieum_door_answers_total{code="accepted",door="links"} 1.0' in metrics
