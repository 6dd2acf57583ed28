"""Which papers a referral hangs on: the one noted last of each kind, for it or for the whole journey."""

from datetime import date, timedelta
from uuid import UUID

from models.papers import Paper, papers_of
from tests.story.people import MORNING, known

KINDS = known().evidence
AID, DEBT = UUID(int=1), UUID(int=2)


def paper(nth: int, kind: str, until: str = "2018-03-04", *, of: UUID | None = None) -> Paper:
    """Return the nth paper that was noted."""
    return Paper(
        id=UUID(int=100 + nth),
        referral_id=of,
        kind=kind,
        valid_until=date.fromisoformat(until),
        recorded_at=MORNING + timedelta(days=nth),
    )


def hangs_on(program: str, *papers: Paper, referral: UUID = AID) -> list[int]:
    return [each.id.int - 100 for each in papers_of(referral, program, papers, KINDS)]


def test_a_paper_of_a_referral_carries_that_one_alone() -> None:
    papers = paper(1, "medical_certificate", of=AID), paper(2, "medical_certificate", of=DEBT)

    assert [1] == hangs_on("emergency-living-aid", *papers)
    assert [2] == hangs_on("bankruptcy", *papers, referral=DEBT)


def test_a_paper_of_the_journey_carries_the_programs_of_its_kind_and_every_one_where_none_is_named() -> None:
    papers = paper(1, "medical_certificate"), paper(2, "resident_register"), paper(3, "kind_of_long_ago")

    assert [3, 1, 2] == hangs_on("emergency-living-aid", *papers)
    assert [3, 2] == hangs_on("bankruptcy", *papers)


def test_what_was_noted_later_takes_the_place_of_what_was_noted_before_whatever_its_day() -> None:
    first, right = paper(1, "medical_certificate", "2028-03-04"), paper(2, "medical_certificate", "2018-03-04")

    assert [2] == hangs_on("emergency-living-aid", right, first)
