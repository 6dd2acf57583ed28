"""The drawing of the state machine: `python -m models.diagram docs/referral.md` writes it, a test compares it."""

import sys
from collections.abc import Iterator
from pathlib import Path

from models.roads import CLOSED, ROADS, TURN, Road
from models.vocabulary import AGENCY_EVENTS, ReferralState

_HEAD = """\
# The referral

Drawn from `models/roads.py` by `make docs`; a test compares them. States are adjectives, events past participles.
*Received is not accepted.* A late older event never moves a referral backwards: it is logged as heard and changes
nothing. Entering in error is possible from every state and is left out of the picture.
"""


def draw() -> str:
    """Return `docs/referral.md`: the picture (Mermaid), whose turn it is, and every road."""
    return "\n".join([_HEAD, *_picture(), "", *_turns(), "", *_roads(), ""])


def _picture() -> Iterator[str]:
    yield "```mermaid"
    yield "stateDiagram-v2"
    yield "    [*] --> drafted"
    for (start, end), events in sorted(_bundles().items()):
        yield f"    {start} --> {end}: {', '.join(sorted(events))}"
    for state in ReferralState:
        if state in CLOSED and state is not ReferralState.ENTERED_IN_ERROR:
            yield f"    {state} --> [*]"
    yield "```"


def _bundles() -> dict[tuple[str, str], set[str]]:
    bundles: dict[tuple[str, str], set[str]] = {}
    for road in ROADS.values():
        if road.end is not ReferralState.ENTERED_IN_ERROR and road.end is not road.start:
            bundles.setdefault((road.start.value, road.end.value), set()).add(road.event.value)
    return bundles


def _turns() -> Iterator[str]:
    yield "## Whose turn it is"
    yield ""
    yield "| state | whose turn |"
    yield "|---|---|"
    for state, party in TURN.items():
        yield f"| {state}{' ●' if state in CLOSED else ''} | {party if state not in CLOSED else '–'} |"


def _roads() -> Iterator[str]:
    yield "## Every road"
    yield ""
    yield "| from | event | to | who says so | in words |"
    yield "|---|---|---|---|---|"
    for road in sorted(ROADS.values(), key=_order):
        who = "agency, or staff on its behalf" if road.event in AGENCY_EVENTS else str(road.by)
        yield f"| {road.start} | {road.event} | {road.end} | {who} | {road.label} |"


def _order(road: Road) -> tuple[int, str]:
    return list(ReferralState).index(road.start), road.event.value


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(draw(), encoding="utf-8")
