"""How long a journey is kept: by the longest rule, and not touched while anything is owed."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

import catalog
from catalog import Length
from models.case import Case, MilestoneView, ReferralView
from models.keeping import Kept, began_before, kept, last_moment
from models.turns import Move, Turns, turns_of
from models.vocabulary import ReferralState
from tests.story.people import MORNING, case_of_a, consent, referral

S = ReferralState
NOW = datetime(2018, 6, 1, tzinfo=UTC)
#: The last moment of something that happened on a day and is kept for five years after it.
FIVE_YEARS = {date(2017, 12, 20): datetime(2022, 12, 20, 15, tzinfo=UTC)}


def closed(program: str, agency: str, state: S = S.COMPLETED, **fields: object) -> ReferralView:
    return referral(program, agency, state, **fields)  # pyright: ignore[reportArgumentType]


def turns(*states: S, last: datetime = MORNING + timedelta(days=16)) -> Turns:
    moves = [Move(MORNING, S.DRAFTED), *(Move(last, state) for state in states)]
    return turns_of(moves, NOW)


def look(*referrals: ReferralView, now: datetime = NOW, last_at: datetime = MORNING, **changed: object) -> Kept:
    case: Case = replace(case_of_a(referrals=referrals, consents=()), **changed)  # pyright: ignore[reportArgumentType]
    times: dict[UUID, Turns] = {each.id: turns(each.state or S.DRAFTED) for each in referrals}
    return kept(case, times, last_at, now)


def test_social_security_information_is_kept_for_five_years_after_the_last_that_happened() -> None:
    benefit = closed("copay-relief", "mapo-welfare-team", S.DECLINED)
    told = replace(benefit, milestones=(MilestoneView("main", "recognized", datetime(2018, 3, 2, tzinfo=UTC)),))

    assert (FIVE_YEARS[date(2017, 12, 20)], "social_security") == (look(benefit).until, look(benefit).rule)
    assert datetime(2023, 3, 2, 15, tzinfo=UTC) == look(told).until


def test_where_nothing_was_referred_a_year_and_the_consent_hold() -> None:
    assert (datetime(2018, 12, 4, 15, tzinfo=UTC), "visit") == (look().until, look().rule)

    until = look(consents=(consent(None),))
    assert (datetime(2029, 12, 3, 15, tzinfo=UTC), "consent") == (until.until, until.rule)
    assert "visit" == look(consents=(replace(consent(None), withdrawn=True), consent("legal-aid"))).rule


def test_what_is_open_holds_and_is_reckoned_as_if_it_ended_now() -> None:
    found = look(closed("financial-counseling", "microfinance-desk", S.ACCEPTED))

    assert "open" in found.held
    assert datetime(2023, 6, 1, 15, tzinfo=UTC) == found.until


def test_a_consent_until_the_end_of_the_calendar_is_no_fault() -> None:
    assert "consent" == look(consents=(replace(consent(None), valid_to=date.max),)).rule


@pytest.mark.parametrize("length", [Length(days=400), Length(months=60), Length(days=1)])
def test_both_ways_of_asking_whether_it_is_over_agree(length: Length) -> None:
    for day in (date(2018, 3, 5) + timedelta(days=n) for n in range(120)):
        over = last_moment(day, length)
        today = (over + timedelta(hours=9)).date()

        assert began_before(today, length) > datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=9)
        assert began_before(today - timedelta(days=1), length) <= datetime(
            day.year, day.month, day.day, tzinfo=UTC
        ) + timedelta(hours=15)


def test_the_catalogs_five_years_are_those_of_the_deadline() -> None:
    known = catalog.load()
    [deadline] = [each for each in known.deadlines if each.code == "D38"]
    rule = known.keeping["social_security"]

    assert (deadline.length, set(deadline.programs)) == (rule.length, set(rule.programs))
