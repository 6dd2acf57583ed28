"""What an agency may say on its page: the roads that begin where the referral stands, with their words. Pure.

The table of roads decides which; the program's catalog entry names milestones, outcomes and reasons.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from catalog import Agency, Catalog, Program
from catalog.shapes import Label
from models.roads import ROADS
from models.said import CONTACT
from models.vocabulary import Party, ReferralEvent, ReferralState

#: The order of the page: what is said first and oftenest stands first.
ORDER: Final = (
    ReferralEvent.ACCEPTED,
    ReferralEvent.RESUMED,
    ReferralEvent.WAITLISTED,
    ReferralEvent.STARTED,
    ReferralEvent.PROGRESSED,
    ReferralEvent.HELD,
    ReferralEvent.COMPLETED,
    ReferralEvent.DECLINED,
    ReferralEvent.REDIRECTED,
    ReferralEvent.CANCELLED,
    ReferralEvent.FAILED,
    ReferralEvent.RECEIVED,
)

#: Why an agency waits for the client: the word is the program's to choose, and these are what a page can offer.
HOLD_REASONS: Final[Mapping[str, Label]] = {
    "papers_missing": Label(ko="서류 보완 필요", en="papers are missing"),
    "appointment": Label(ko="상담 예약 대기", en="an appointment is to come"),
    "unreachable": Label(ko="연락두절", en="the client cannot be reached"),
    "other": Label(ko="기타", en="other"),
}

#: Events whose day may be another than today.
DATED: Final = frozenset({ReferralEvent.PROGRESSED, ReferralEvent.COMPLETED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """One thing that may be said, with the words it may be said in.

    Attributes:
        choice: Which field the choices fill: `reason`, `outcome`, `milestone`, `redirect_to`, or nothing.
        groups: The choices by lane (`""` where there are no lanes), each a value and its name.
        needed: Whether one must be chosen.
    """

    event: ReferralEvent
    choice: str = ""
    groups: Mapping[str, Mapping[str, Label]] = field(default_factory=dict[str, Mapping[str, Label]])
    needed: bool = False

    @property
    def dated(self) -> bool:
        """Whether the page asks when it was."""
        return self.event in DATED

    def offers(self, chosen: str | None) -> bool:
        """Say whether a choice is one of those there are; none is one where none is needed."""
        if not chosen:
            return not self.needed
        return any(chosen in group for group in self.groups.values())


def moves_of(state: ReferralState, program: Program, agency: Agency, catalog: Catalog) -> list[Move]:
    """Return what the addressee may say of a referral that stands here, in the order of the page."""
    found: list[Move] = []
    for event in ORDER:
        lanes = _lanes(program, agency, state) if event is ReferralEvent.PROGRESSED else {}
        if lanes or (event is not ReferralEvent.PROGRESSED and _is_open(state, event)):
            found.append(_move(event, lanes, program, agency, catalog))
    return found


def move_of(event: ReferralEvent, program: Program, agency: Agency, catalog: Catalog) -> Move:
    """Return an event with all its words, wherever the referral stands: what is too late is the desk's to judge."""
    lanes = dict(_lanes(program, agency, None)) if event is ReferralEvent.PROGRESSED else {}
    return _move(event, lanes, program, agency, catalog)


def _is_open(state: ReferralState, event: ReferralEvent) -> bool:
    road = ROADS.get((state, event))
    return road is not None and road.by is Party.AGENCY


def _move(
    event: ReferralEvent,
    lanes: Mapping[str, Mapping[str, Label]],
    program: Program,
    agency: Agency,
    catalog: Catalog,
) -> Move:
    match event:
        case ReferralEvent.PROGRESSED:
            return Move(event=event, choice="milestone", groups=lanes, needed=True)
        case ReferralEvent.COMPLETED:
            outcomes = {code: outcome.label for code, outcome in program.outcomes.items()}
            return Move(event=event, choice="outcome", groups={"": outcomes}, needed=True)
        case ReferralEvent.DECLINED:
            reasons = {code: reason.label for code, reason in program.decline_reasons.items()}
            return Move(event=event, choice="reason", groups={"": reasons}, needed=True)
        case ReferralEvent.HELD:
            return Move(event=event, choice="reason", groups={"": HOLD_REASONS}, needed=True)
        case ReferralEvent.REDIRECTED:
            others = sorted(catalog.agencies.values(), key=lambda other: other.code)
            offices = {o.code: o.name for o in others if program.code in o.programs and o.code != agency.code}
            return Move(event=event, choice="redirect_to", groups={"": offices})
        case _:
            return Move(event=event)


def _lanes(program: Program, agency: Agency, state: ReferralState | None) -> dict[str, dict[str, Label]]:
    """Return the milestones this agency may tell, by lane: those of the contact lane move nothing and are `noted`."""
    return {lane: told for lane, told in _told(program, agency, state) if told}


def _told(program: Program, agency: Agency, state: ReferralState | None) -> Iterator[tuple[str, dict[str, Label]]]:
    for lane, milestones in program.lanes.items():
        event = ReferralEvent.NOTED if lane == CONTACT else ReferralEvent.PROGRESSED
        if state is None or _is_open(state, event):
            yield (
                lane,
                {f"{lane}/{m.code}": m.label for m in milestones if m.by is None or m.by == agency.kind},
            )
