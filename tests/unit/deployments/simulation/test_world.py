"""The pretend agencies of a simulation: they answer, refuse, are silent until reminded, and drift."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import catalog
from deployments.simulation.behavior import Behavior, BehaviorError, Course, Manner, SpokenStep, read_behavior
from deployments.simulation.world import Letter, Word, World
from models.counting import SEOUL

KNOWN = catalog.load()
BEGINS = datetime(2025, 1, 2, tzinfo=SEOUL)
ENDS = BEGINS + timedelta(days=365)
LATER = ENDS + timedelta(days=400)
NUMBER = "R-2025-000001-8"


def behavior(**manner: float) -> Behavior:
    """Return agencies that all play one short course."""
    steps = (
        SpokenStep(days=(1, 3), event="progressed", milestone="interviewed"),
        SpokenStep(days=(1, 3), event="completed", outcome="counseled"),
    )
    plain = {"silent": 0, "declines": 0, **manner}
    return Behavior(
        agencies={"default": Manner.model_validate(plain)},
        programs={"job-counseling": (Course(weight=1, steps=steps),)},
    )


def asked(world: World, kind: str = "referral.requested", at: datetime = BEGINS, **data: object) -> None:
    """Let the employment center read a letter."""
    body = {"referral": NUMBER, "program": "job-counseling", **data}
    world.hear(Letter(agency="seoul-west-employment-center", type=kind, data=body), "journey", at)


def said(world: World, until: datetime = LATER) -> list[str]:
    return [word.event for word in world.say(until)]


def world_of(plays: Behavior, seed: int = 7) -> World:
    return World(KNOWN, plays, seed, BEGINS, ENDS)


def test_an_agency_says_yes_and_goes_its_course() -> None:
    world = world_of(behavior())
    asked(world)

    assert ["accepted", "progressed", "completed"] == said(world)
    assert world.next_at is None


def test_it_speaks_in_office_hours_only() -> None:
    words: list[Word] = []
    for seed in range(40):
        world = world_of(behavior(), seed)
        asked(world)
        words += world.say(LATER)

    here = [word.at.astimezone(SEOUL) for word in words]
    assert all(9 <= at.hour <= 18 and KNOWN.calendars["office"].closed_on(at.date()) is None for at in here)


def test_one_that_declines_gives_a_reason_of_its_own() -> None:
    world = world_of(behavior(declines=1))
    asked(world)
    (word,) = world.say(LATER)

    assert "declined" == word.event
    assert "agency" == KNOWN.program("job-counseling").decline_reason(word.data["reason"]).whose


def test_a_silent_one_says_nothing_until_it_is_reminded() -> None:
    world = world_of(behavior(silent=1, wakes=1))
    asked(world)
    assert [] == said(world)

    asked(world, "referral.reminded", BEGINS + timedelta(days=5), referrals=[{"referral": NUMBER}])

    assert ["accepted", "progressed", "completed"] == said(world)


def test_one_that_is_told_to_stop_says_nothing_more_or_confirms() -> None:
    stopped, confirming = world_of(behavior()), world_of(behavior())
    for world in (stopped, confirming):
        asked(world)
    asked(stopped, "referral.cancelled")
    asked(confirming, "referral.cancel_requested")

    assert [] == said(stopped)
    assert ["cancelled"] == said(confirming)


def test_asked_again_it_begins_again_under_other_ids() -> None:
    world = world_of(behavior())
    asked(world)
    first = [word.id for word in world.say(BEGINS + timedelta(days=60))]
    asked(world, at=BEGINS + timedelta(days=61))
    second = [word.id for word in world.say(LATER)]

    assert 3 == len(first) == len(second)
    assert not set(first) & set(second)


def test_one_that_drifts_is_slower_at_the_end_of_the_year() -> None:
    def took(at: datetime) -> float:
        lengths: list[timedelta] = []
        for seed in range(60):
            world = world_of(behavior(drift=4), seed)
            asked(world, at=at)
            lengths.append(list(world.say(LATER + timedelta(days=400)))[-1].at - at)
        return sum(lengths, timedelta()) / timedelta(days=len(lengths))

    assert 2 * took(BEGINS) < took(ENDS - timedelta(days=1))


def test_the_same_seed_says_the_same_and_another_one_something_else() -> None:
    def spoken(seed: int) -> list[tuple[datetime, str]]:
        world = world_of(read_behavior(KNOWN), seed)
        for nth in range(30):
            data = {"referral": f"R-{nth}", "program": "job-placement"}
            world.hear(Letter(agency="mapo-outreach-job-team", type="referral.requested", data=data), f"{nth}", BEGINS)
        return [(word.at.astimezone(UTC), word.event) for word in world.say(LATER)]

    assert spoken(7) == spoken(7)
    assert spoken(7) != spoken(8)


def test_the_shipped_file_plays_every_program() -> None:
    assert set(KNOWN.programs) == set(read_behavior(KNOWN).programs)


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("milestone: interviewed", "milestone: knighted", "knighted"),
        ("mapo-welfare-team:", "moon-welfare-team:", "moon-welfare-team"),
        ("silent: 0.04", "silent: 4", "agencies.default.silent"),
        ("  job-counseling:", "  job-consulting:", "nobody plays job-counseling"),
    ],
)
def test_a_word_nobody_knows_is_refused_with_its_place(tmp_path: Path, before: str, after: str, told: str) -> None:
    shipped = (Path(catalog.__file__).parents[1] / "deployments" / "simulation" / "behavior.yaml").read_text("utf-8")
    assert before in shipped
    file = tmp_path / "behavior.yaml"
    file.write_text(shipped.replace(before, after), encoding="utf-8")

    with pytest.raises(BehaviorError, match=told):
        read_behavior(KNOWN, file)
