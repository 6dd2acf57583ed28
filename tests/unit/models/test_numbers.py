"""Numbers people can say on the phone: what a misheard digit does, and what is read however it is typed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.numbers import BadNumber, Kind, check_digit, read, spell

kinds = st.sampled_from(Kind)
years = st.integers(2000, 2099)
runnings = st.integers(1, 10**9 - 1)


def test_a_number_looks_as_the_signs_on_the_wall_say() -> None:
    assert "J-2017-000042-" == spell(Kind.JOURNEY, 2017, 42)[:-1]
    assert spell(Kind.JOURNEY, 2017, 42)[-1].isdigit()


def test_the_check_digit_is_that_of_the_standard() -> None:
    # ISO 7064, MOD 11,10: the worked example everybody quotes.
    assert "5" == check_digit("0794")


@given(kinds, years, runnings)
def test_what_was_spelled_is_read_however_it_is_typed(kind: Kind, year: int, running: int) -> None:
    number = spell(kind, year, running)

    assert number == read(kind, number)
    assert number == read(kind, f"  {number.lower().replace('-', ' - ')} ")


@given(kinds, years, runnings, st.data())
def test_every_single_wrong_digit_is_noticed(kind: Kind, year: int, running: int, data: st.DataObject) -> None:
    number = spell(kind, year, running)
    at = data.draw(st.sampled_from([place for place, sign in enumerate(number) if sign.isdigit()]))
    wrong = data.draw(st.sampled_from([digit for digit in "0123456789" if digit != number[at]]))

    with pytest.raises(BadNumber):
        read(kind, number[:at] + wrong + number[at + 1 :])


@given(kinds, years, runnings)
def test_a_journeys_number_is_never_taken_for_a_referrals(kind: Kind, year: int, running: int) -> None:
    other = next(each for each in Kind if each is not kind)
    swapped = f"{other}{spell(kind, year, running)[1:]}"

    with pytest.raises(BadNumber):
        read(other, swapped)
    with pytest.raises(BadNumber):
        read(kind, swapped)


@pytest.mark.parametrize(
    "text", ["", "J", "J-17-42-7", "J-2017-000042", "R-2017-000042-٣", "J-2017-0000000042-1", "🙂"]
)
def test_what_is_no_number_is_refused_with_the_form_that_is_wanted(text: str) -> None:
    with pytest.raises(BadNumber, match="000042"):
        read(Kind.JOURNEY, text)
