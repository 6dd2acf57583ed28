"""An agency's page offers exactly what its desk would apply: every word, in every state, against the hearing itself."""

from collections.abc import Iterator
from typing import Any, get_args

import pytest

from models.contact import CHANGED
from models.facts import Crisis, Sex
from models.household import Relation, SchoolLevel
from models.screening.result import Result
from models.steps import MOVED
from models.vocabulary import AGENCY_EVENTS, Fate, Happened, Item, Party, ReferralEvent, ReferralState
from tests.story.people import known, referral
from tests.unit.models.at_work import tell, work_on
from web.link_moves import HOLD_REASONS, ORDER, Move, moves_of
from web.link_words import CHANGES, FATES, ITEMS, LANES, MOVES, STATES, TURNS, VALUES

CATALOG = known()
#: One agency of each kind that takes a program, beside it.
PAIRS = sorted({
    (program, agency.kind): (program, agency.code)
    for agency in CATALOG.agencies.values()
    for program in agency.programs
}.values())  # fmt: skip


def words_of(program: str, agency: str) -> Iterator[tuple[ReferralEvent, str, dict[str, Any]]]:
    """Yield everything that could be said of a program: the event, the choice on the page, and the words."""
    entry = CATALOG.program(program)
    for event in sorted(AGENCY_EVENTS):
        match event:
            case ReferralEvent.PROGRESSED:
                for lane, milestones in entry.lanes.items():
                    for milestone in milestones:
                        yield event, f"{lane}/{milestone.code}", {"lane": lane, "milestone": milestone.code}
            case ReferralEvent.COMPLETED:
                yield from ((event, outcome, {"outcome": outcome}) for outcome in entry.outcomes)
            case ReferralEvent.DECLINED:
                yield from ((event, reason, {"reason": reason}) for reason in entry.decline_reasons)
            case ReferralEvent.HELD:
                yield from ((event, reason, {"reason": reason}) for reason in HOLD_REASONS)
            case ReferralEvent.REDIRECTED:
                others = (o for o in CATALOG.agencies.values() if program in o.programs and o.code != agency)
                yield from ((event, other.code, {"redirect_to": other.code}) for other in others)
                yield event, "", {}
            case _:
                yield event, "", {}


def offered(moves: list[Move]) -> set[tuple[ReferralEvent, str]]:
    chosen = {(move.event, value) for move in moves for group in move.groups.values() for value in group}
    return chosen | {(move.event, "") for move in moves if not move.needed}


@pytest.mark.parametrize(("program", "agency"), PAIRS)
def test_the_page_offers_exactly_what_the_desk_would_apply(program: str, agency: str) -> None:
    seen = 0
    for state in ReferralState:
        moves = moves_of(state, CATALOG.program(program), CATALOG.agency(agency), CATALOG)
        applied = {
            (event, choice)
            for event, choice, words in words_of(program, agency)
            if tell(work_on(referral(program, agency, state)), event, source=f"agency:{agency}", **words)[0]
            is Fate.APPLIED
        }
        assert applied == offered(moves), state
        seen += len(applied)

    assert seen > 100


def test_every_word_of_an_agency_has_its_place_on_the_page() -> None:
    assert AGENCY_EVENTS == set(ORDER)
    assert len(ORDER) == len(AGENCY_EVENTS)


@pytest.mark.parametrize("words", [Crisis, Relation, SchoolLevel, Sex], ids=["crisis", "relation", "school", "sex"])
def test_every_code_of_a_closed_list_has_a_name_on_the_page(words: object) -> None:
    assert set(get_args(words)) <= VALUES.keys()


def test_every_state_item_fate_and_lane_has_a_name_on_the_page() -> None:
    lanes = {lane for program in CATALOG.programs.values() for lane in program.lanes}

    assert {result.value for result in Result} <= VALUES.keys()
    assert set(ReferralState) == STATES.keys()
    assert set(Item) <= ITEMS.keys()
    assert set(Fate) == FATES.keys()
    assert set(AGENCY_EVENTS) == MOVES.keys()
    assert set(Party) == TURNS.keys()
    assert lanes == LANES.keys()


def test_what_agencies_are_told_has_changed_has_words_and_so_has_anything_else() -> None:
    work = {Happened.HIRED.value, Happened.DISMISSED.value, Happened.FILED_IN_COURT.value}

    assert {"", MOVED, *CHANGED.values(), *work} <= CHANGES.keys()
