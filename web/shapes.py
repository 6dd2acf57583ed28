"""What staff may send: an intake, and the events of a journey. Shape only; `web.checks` says whether it can be true."""

import re
from datetime import date
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, ConfigDict, Field, StringConstraints, TypeAdapter

from agencies.event import Code, Moment, Shape, Words
from models.facts import Facts, Sex
from models.household import Member
from models.vocabulary import AGENCY_EVENTS, Item, Need, ReferralEvent
from tasks.settling import MOST_WHY

_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def _plain(text: str) -> str:
    if _CONTROL.search(text):
        message = "it holds control characters"
        raise ValueError(message)
    return text


Name = Annotated[str, StringConstraints(min_length=1, max_length=80, strip_whitespace=True), AfterValidator(_plain)]
Address = Annotated[str, StringConstraints(min_length=1, max_length=300, strip_whitespace=True), AfterValidator(_plain)]
Phone = Annotated[str, StringConstraints(pattern=r"^\+?[0-9]{2,4}(?:[ -]?[0-9]{3,4}){1,3}$", max_length=20)]
Number = Annotated[str, StringConstraints(min_length=1, max_length=24)]


class ClientGiven(Shape):
    """Who the client is."""

    name: Name
    birth_date: date
    sex: Sex
    phone: Phone | None = None
    address: Address | None = None
    #: True where the address must be given to nobody (domestic violence).
    address_secret: bool = False


class MemberGiven(Member):
    """Someone of the client's household; the client is not listed."""

    model_config = ConfigDict(hide_input_in_errors=True)

    name: Name | None = None


class ConsentGiven(Shape):
    """What the client agreed to: one entry per purpose and recipient."""

    purpose: Literal["collection", "provision", "sensitive"]
    #: Code of the agency it names; left out for collection by the center itself.
    recipient: Code | None = None
    items: Annotated[tuple[Item, ...], Field(min_length=1, max_length=len(Item))]
    #: Who gave it; a child under 14 needs the guardian's.
    given_by: Literal["self", "guardian"] = "self"
    #: First day; the day of intake, or of the event, when left out.
    valid_from: date | None = None
    valid_to: date


class Intake(Shape):
    """A client walks in."""

    client: ClientGiven
    #: Everyone else of the household; an empty list is a client who lives alone.
    household: Annotated[tuple[MemberGiven, ...], Field(max_length=20)]
    needs: Annotated[tuple[Need, ...], Field(min_length=1, max_length=len(Need))]
    #: What is known besides; birth_date, sex and household stand in client and household.
    facts: Facts = Facts()
    consents: Annotated[tuple[ConsentGiven, ...], Field(min_length=1, max_length=40)]
    #: Asia/Seoul date; today when left out.
    opened_on: date | None = None
    #: Whether the client is somebody the center knows already: true opens one more journey of hers, false says that
    #: it is another person; left out, the door looks and refuses where an open journey is certainly hers.
    same_person: bool | None = None


class MergeGiven(Shape):
    """A journey ends in another one of the same person."""

    #: Number of the journey that stays.
    into: Number
    #: That it is one person although birth date or sex differ: one of them was noted wrongly.
    sure: bool = False


class EvidenceGiven(Shape):
    """A paper that the client handed in: its kind and its days, never what is in it."""

    #: Code of a kind of the catalog (`catalog/evidence.yaml`).
    kind: Code
    #: Number of the referral of this journey it was handed in for; left out for the journey as a whole.
    referral: Number | None = None
    #: Asia/Seoul date; today when left out.
    received_on: date | None = None
    #: The last day on which it is good; by the catalog when left out.
    valid_until: date | None = None


class SettleGiven(Shape):
    """A person says that what a notice asks for is done."""

    #: A few words, without names or other personal data; kept in our tables alone.
    why: Annotated[
        str, StringConstraints(min_length=1, max_length=MOST_WHY, strip_whitespace=True), AfterValidator(_plain)
    ]


class ReferralChosen(Shape):
    """Staff choose a program, as an agency proposed it, or its agency, where the rules left it to a person."""

    event: Literal["referral_chosen"]
    occurred_at: Moment | None = None
    program: Code
    #: Left to the routing rules when left out.
    agency: Code | None = None


class MadeDormant(Shape):
    """Nothing more is to be done for now: the client cannot be reached, or wishes so."""

    event: Literal["made_dormant"]
    occurred_at: Moment | None = None
    #: Why, as a code.
    reason: Code


class Woken(Shape):
    """The client is back: everything goes on."""

    event: Literal["woken"]
    occurred_at: Moment | None = None


class FactsChanged(Shape):
    """Facts are different from what was told, or known at last; only the changed ones are sent."""

    event: Literal["facts_changed"]
    occurred_at: Moment | None = None
    facts: Facts


class ContactChanged(Shape):
    """The client has another phone or address; only what changed is sent, null takes it away.

    With `district` it is a move: the same as when that fact changes, told once.
    """

    event: Literal["contact_changed"]
    occurred_at: Moment | None = None
    phone: Phone | None = None
    address: Address | None = None
    #: True where the address must be given to nobody from now on; false where it may be again.
    address_secret: bool = False
    #: Code of the registered district (catalog/districts.yaml), and the name of the dong.
    district: Code | None = None
    neighborhood: Annotated[str, StringConstraints(max_length=60)] | None = None


class NeedsChanged(Shape):
    """The client asks help for these things now."""

    event: Literal["needs_changed"]
    occurred_at: Moment | None = None
    needs: Annotated[tuple[Need, ...], Field(min_length=1, max_length=len(Need))]


class ConsentGivenEvent(Shape):
    """The client agreed to something more."""

    event: Literal["consent_given"]
    occurred_at: Moment | None = None
    consent: ConsentGiven


class ConsentWithdrawn(Shape):
    """The client withdrew every consent that names this recipient, or (purpose `collection`) every one there is."""

    event: Literal["consent_withdrawn"]
    occurred_at: Moment | None = None
    purpose: Literal["provision", "collection"] = "provision"
    #: Left out for collection: nothing is asked of anybody then, open referrals are withdrawn, a person is told.
    recipient: Code | None = None


#: Words staff may say of a referral: an agency's, on its behalf, and the center's own but for those the desks say.
STAFF_SAY: Final = tuple(
    event
    for event in ReferralEvent
    if event in AGENCY_EVENTS
    or event in {ReferralEvent.WITHDRAWN, ReferralEvent.EXPIRED, ReferralEvent.REOPENED, ReferralEvent.VOIDED}
)


class ReferralHappened(Words):
    """Something happened to one referral of the journey."""

    event: Literal[
        "received",
        "accepted",
        "declined",
        "waitlisted",
        "started",
        "held",
        "resumed",
        "progressed",
        "completed",
        "cancelled",
        "redirected",
        "failed",
        "withdrawn",
        "expired",
        "reopened",
        "voided",
    ]
    #: Number of a referral of this journey.
    referral: Number
    occurred_at: Moment | None = None


StaffEvent = (
    ReferralHappened
    | FactsChanged
    | ContactChanged
    | NeedsChanged
    | ConsentGivenEvent
    | ConsentWithdrawn
    | ReferralChosen
    | MadeDormant
    | Woken
)

#: For the OpenAPI page; a body is read by the shape of its word, which gives better problems than a union.
ANY_STAFF_EVENT: Final[TypeAdapter[StaffEvent]] = TypeAdapter(StaffEvent)

#: Which shape each word has.
SHAPES: Final[dict[str, type[StaffEvent]]] = {
    "facts_changed": FactsChanged,
    "contact_changed": ContactChanged,
    "needs_changed": NeedsChanged,
    "consent_given": ConsentGivenEvent,
    "consent_withdrawn": ConsentWithdrawn,
    "referral_chosen": ReferralChosen,
    "made_dormant": MadeDormant,
    "woken": Woken,
    **{str(word): ReferralHappened for word in STAFF_SAY},
}
