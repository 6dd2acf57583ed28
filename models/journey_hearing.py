"""Hearing an event of the whole journey: facts, needs and consents, as staff or the intake door told them. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any, Final

from pydantic import ValidationError

from models.case import COLLECTION, ConsentView
from models.contact import tell_of_contact
from models.counting import day_of
from models.facts import Facts
from models.vocabulary import Happened, JourneyEvent, LetterType, Need
from models.work import CaseWork, HeardEvent, LetterDraft, Stuck

#: What becomes so and touches something else, and the fact that says since when.
_TURNS: Final = {
    ("livelihood_recipient", True): "livelihood_recipient_from",
    ("medical_aid_recipient", True): "medical_aid_recipient_from",
    ("unemployment_benefit", True): "unemployment_benefit_from",
    ("employed", True): "hired_on",
    ("employed", False): "last_job_ended_on",
}


def hear_of_journey(work: CaseWork, event: HeardEvent) -> None:
    """Let an event of the whole journey do what it does, and tell every other desk what they may look at anew.

    Args:
        work: The case under the intake desk's hands (`heard`: under any desk's).
        event: Its word is a `JourneyEvent`.

    Raises:
        Stuck: The facts that were told cannot be.
    """
    _HEARD[JourneyEvent(event.word)](work, event)


def _look_anew(work: CaseWork, event: HeardEvent) -> None:
    work.tell_others(Happened.FACTS_CHANGED, f"{Happened.FACTS_CHANGED}:{event.id}")


def _opened(work: CaseWork, event: HeardEvent) -> None:
    work.tell_others(Happened.OPENED, f"{Happened.OPENED}:{event.id}")


def _facts_changed(work: CaseWork, event: HeardEvent) -> None:
    try:
        work.learn(dated(event.data["facts"], work.case.facts, day_of(event.occurred_at)))
    except ValidationError as invalid:
        fields = ", ".join(str(error["loc"][0]) if error["loc"] else "facts" for error in invalid.errors())
        raise Stuck("impossible_facts", f"fields: {fields}"[:400]) from None
    _look_anew(work, event)


def dated(changed: Mapping[str, Any], known: Facts, day: date) -> Mapping[str, Any]:
    """Return changed facts with the day on which a benefit or job began or a job ended, where nobody gave that day.

    A day is put in only where it was plainly otherwise before. What begins while a program runs may end it; what ran
    already does not.

    Args:
        changed: Facts by name, as told.
        known: What was known before.
        day: The day on which it was told to be so (Asia/Seoul).
    """
    turned = {
        since: day.isoformat()
        for (fact, now), since in _TURNS.items()
        if changed.get(fact) is now and getattr(known, fact) is not now and getattr(known, fact) is not None
        if changed.get(since) is None
    }
    return {**changed, **turned}


def _contact_changed(work: CaseWork, event: HeardEvent) -> None:
    """Phone or address are other ones; where the district is told with them it is a move, as by changed facts."""
    if event.data.get("facts"):
        _facts_changed(work, event)
    else:
        _look_anew(work, event)
    tell_of_contact(work, event)


def _needs_changed(work: CaseWork, event: HeardEvent) -> None:
    work.case = work.case.following(wants=frozenset(Need(need) for need in event.data["needs"]))
    work.journey_changed = True
    _look_anew(work, event)


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
    work.case = work.case.following(consents=(*work.case.consents, consent))
    _look_anew(work, event)


def _consent_withdrawn(work: CaseWork, event: HeardEvent) -> None:
    """Take back what names one recipient, or, where it is collection by the center itself, all there is.

    What may not be held may not be passed on either (개인정보 보호법 §37, from memory).
    """
    all_of_it = event.data.get("purpose") == COLLECTION
    recipients = {c.recipient for c in work.case.consents} if all_of_it else {event.data["recipient"]}
    work.withdrawn_recipients |= recipients
    work.new_consents = [replace(c, withdrawn=True) if c.recipient in recipients else c for c in work.new_consents]
    consents = tuple(replace(c, withdrawn=True) if c.recipient in recipients else c for c in work.case.consents)
    work.case = work.case.following(consents=consents)
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
    _look_anew(work, event)


def _referral_chosen(work: CaseWork, event: HeardEvent) -> None:
    """A person chose where the client goes; the planning drafts it, whatever the routing rules say."""
    work.chosen.append((event.data["program"], event.data.get("agency")))
    work.wake(f"event:{event.id}")
    _look_anew(work, event)


def _made_dormant(work: CaseWork, event: HeardEvent) -> None:
    work.rest(event.occurred_at, event.data["reason"], f"event:{event.id}")


def _woken(work: CaseWork, event: HeardEvent) -> None:
    work.wake(f"event:{event.id}")


def _merged(work: CaseWork, event: HeardEvent) -> None:
    """Another journey ended in this one (`tasks.merging` has written it all): every desk looks at it anew."""
    _look_anew(work, event)


def _heard(work: CaseWork, event: HeardEvent) -> None:
    """Another desk said something; the rules will look at the whole case anyway."""
    del work, event


_HEARD: Final[Mapping[JourneyEvent, Callable[[CaseWork, HeardEvent], None]]] = {
    JourneyEvent.OPENED: _opened,
    JourneyEvent.FACTS_CHANGED: _facts_changed,
    JourneyEvent.NEEDS_CHANGED: _needs_changed,
    JourneyEvent.CONTACT_CHANGED: _contact_changed,
    JourneyEvent.CONSENT_GIVEN: _consent_given,
    JourneyEvent.CONSENT_WITHDRAWN: _consent_withdrawn,
    JourneyEvent.REFERRAL_CHOSEN: _referral_chosen,
    JourneyEvent.MADE_DORMANT: _made_dormant,
    JourneyEvent.WOKEN: _woken,
    JourneyEvent.MERGED: _merged,
    JourneyEvent.HEARD: _heard,
}
