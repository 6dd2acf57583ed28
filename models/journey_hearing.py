"""Hearing an event of the whole journey: facts, needs and consents, as staff or the intake door told them. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from typing import Final

from pydantic import ValidationError

from models.case import COLLECTION, ConsentView
from models.facts import Facts
from models.vocabulary import Desk, Happened, JourneyEvent, LetterType, Need
from models.work import CaseWork, HeardEvent, LetterDraft, Stuck, Tell


def hear_of_journey(work: CaseWork, event: HeardEvent) -> None:
    """Let an event of the whole journey do what it does, and tell every other desk what they may look at anew.

    Args:
        work: The case under the intake desk's hands (`heard`: under any desk's).
        event: Its word is a `JourneyEvent`.

    Raises:
        Stuck: The facts that were told cannot be.
    """
    _HEARD[JourneyEvent(event.word)](work, event)


def _tell_all(work: CaseWork, event: HeardEvent, happened: Happened) -> None:
    for desk in Desk:
        if desk is not work.desk:
            work.tells.append(Tell(desk=desk, happened=happened, key=f"{happened}:{event.id}:{desk}"))


def _opened(work: CaseWork, event: HeardEvent) -> None:
    _tell_all(work, event, Happened.OPENED)


def _facts_changed(work: CaseWork, event: HeardEvent) -> None:
    try:
        facts = Facts.model_validate({**work.case.facts.model_dump(), **event.data["facts"]})
    except ValidationError as invalid:
        fields = ", ".join(str(error["loc"][0]) if error["loc"] else "facts" for error in invalid.errors())
        raise Stuck("impossible_facts", f"fields: {fields}"[:400]) from None
    work.case = replace(work.case, facts=facts)
    work.journey_changed = True
    _tell_all(work, event, Happened.FACTS_CHANGED)


def _needs_changed(work: CaseWork, event: HeardEvent) -> None:
    work.case = replace(work.case, wants=frozenset(Need(need) for need in event.data["needs"]))
    work.journey_changed = True
    _tell_all(work, event, Happened.FACTS_CHANGED)


def _consent_given(work: CaseWork, event: HeardEvent) -> None:
    given = event.data["consent"]
    consent = ConsentView(
        purpose=given["purpose"],
        recipient=given.get("recipient"),
        items=frozenset(given["items"]),
        given_by=given.get("given_by", "self"),
        valid_from=work.today if given.get("valid_from") is None else date.fromisoformat(given["valid_from"]),
        valid_to=date.fromisoformat(given["valid_to"]),
    )
    work.new_consents.append(consent)
    work.case = replace(work.case, consents=(*work.case.consents, consent))
    _tell_all(work, event, Happened.FACTS_CHANGED)


def _consent_withdrawn(work: CaseWork, event: HeardEvent) -> None:
    """Take back what names one recipient, or, where it is collection by the center itself, all there is.

    What may not be held may not be passed on either (개인정보 보호법 §37, from memory).
    """
    all_of_it = event.data.get("purpose") == COLLECTION
    recipients = {c.recipient for c in work.case.consents} if all_of_it else {event.data["recipient"]}
    work.withdrawn_recipients |= recipients
    work.new_consents = [replace(c, withdrawn=True) if c.recipient in recipients else c for c in work.new_consents]
    consents = tuple(replace(c, withdrawn=True) if c.recipient in recipients else c for c in work.case.consents)
    work.case = replace(work.case, consents=consents)
    for referral in work.case.referrals:
        taken_back = all_of_it or referral.agency in recipients
        if taken_back and referral.basis == "consent" and referral.number is not None:
            work.write(
                LetterDraft(
                    referral_id=referral.id,
                    type=LetterType.CONSENT_REVOKED,
                    about=f"event:{event.id}",
                    cause=f"event:{event.id}:revoked:{referral.number}",
                ),
            )
    _tell_all(work, event, Happened.FACTS_CHANGED)


def _referral_chosen(work: CaseWork, event: HeardEvent) -> None:
    """A person chose where the client goes; the planning drafts it, whatever the routing rules say."""
    work.chosen.append((event.data["program"], event.data["agency"]))


def _heard(work: CaseWork, event: HeardEvent) -> None:
    """Another desk said something; the rules will look at the whole case anyway."""
    del work, event


_HEARD: Final[Mapping[JourneyEvent, Callable[[CaseWork, HeardEvent], None]]] = {
    JourneyEvent.OPENED: _opened,
    JourneyEvent.FACTS_CHANGED: _facts_changed,
    JourneyEvent.NEEDS_CHANGED: _needs_changed,
    JourneyEvent.CONSENT_GIVEN: _consent_given,
    JourneyEvent.CONSENT_WITHDRAWN: _consent_withdrawn,
    JourneyEvent.REFERRAL_CHOSEN: _referral_chosen,
    JourneyEvent.HEARD: _heard,
}
