"""The words of the house: every closed list that code, tables, wire and console share.

States are adjectives, events are past participles. The referral's words follow the closed-loop referral standards
(HL7 Gravity SDOH Clinical Care task states, IHE 360X, Primero; read 2026-11-22). Reasons and outcomes are not here:
they are the programs' own words and live in the catalog.
"""

from enum import StrEnum
from typing import Final


class Desk(StrEnum):
    """The legs of the journey; each is one Prefect flow, and one run of it is a shift."""

    INTAKE = "intake"
    EMERGENCY_AID = "emergency-aid"
    WELFARE_BENEFITS = "welfare-benefits"
    DEBT_RELIEF = "debt-relief"
    JOB_PLACEMENT = "job-placement"
    EMPLOYMENT_SUBSIDY = "employment-subsidy"


class Need(StrEnum):
    """What the client asked help for. The subsidy is no need: it follows from being hired."""

    LIVING = "living"
    BENEFITS = "benefits"
    DEBT = "debt"
    JOB = "job"


class Happened(StrEnum):
    """What desks hear from each other; the catalog says which outcome or milestone means which."""

    OPENED = "opened"
    COUNSELED = "counseled"
    AID_DECIDED = "aid_decided"
    BENEFIT_DECIDED = "benefit_decided"
    DEBT_ADVISED = "debt_advised"
    FILED_IN_COURT = "filed_in_court"
    HIRED = "hired"
    DISMISSED = "dismissed"
    FACTS_CHANGED = "facts_changed"


class ReferralState(StrEnum):
    """Where a referral stands; see `models.roads` for the way between."""

    DRAFTED = "drafted"
    REQUESTED = "requested"
    RECEIVED = "received"
    ACCEPTED = "accepted"
    WAITLISTED = "waitlisted"
    IN_PROGRESS = "in_progress"
    ON_HOLD = "on_hold"
    CANCEL_REQUESTED = "cancel_requested"
    COMPLETED = "completed"
    DECLINED = "declined"
    REDIRECTED = "redirected"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    FAILED = "failed"
    ENTERED_IN_ERROR = "entered_in_error"


class ReferralEvent(StrEnum):
    """What can happen to a referral. The first twelve are an agency's words, the others the center's.

    `noted` is how the log calls what is told of appointments and attempts to reach the client: nothing moves by it.
    """

    RECEIVED = "received"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    WAITLISTED = "waitlisted"
    STARTED = "started"
    HELD = "held"
    RESUMED = "resumed"
    PROGRESSED = "progressed"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    REDIRECTED = "redirected"
    FAILED = "failed"
    REQUESTED = "requested"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    REOPENED = "reopened"
    VOIDED = "voided"
    DRAFTED = "drafted"
    NOTED = "noted"


#: The words an agency may use on the wire.
AGENCY_EVENTS = frozenset(list(ReferralEvent)[:12])


class JourneyEvent(StrEnum):
    """What is said about the whole journey: by staff or the intake door to the intake desk, `heard` between desks."""

    OPENED = "opened"
    FACTS_CHANGED = "facts_changed"
    NEEDS_CHANGED = "needs_changed"
    CONSENT_GIVEN = "consent_given"
    CONSENT_WITHDRAWN = "consent_withdrawn"
    REFERRAL_CHOSEN = "referral_chosen"
    #: The client has another phone or address; the event names what has changed, never how it reads.
    CONTACT_CHANGED = "contact_changed"
    #: The client cannot be reached, or wishes that nothing is done for now.
    MADE_DORMANT = "made_dormant"
    WOKEN = "woken"
    #: Another journey of the same person has ended in this one.
    MERGED = "merged"
    HEARD = "heard"


#: Why a referral expired where the client did not come and could not be reached: no refusal, of nobody.
NO_SHOW: Final = "no_show"

#: Why a referral is taken up again whose outcome was told in error: what that meant has not happened.
IN_ERROR: Final = "entered_in_error"

#: The lane every program has for appointments and attempts to reach the client; nothing moves by what is told there.
CONTACT: Final = "contact"


class Party(StrEnum):
    """Who speaks, and whose turn it is."""

    CENTER = "center"
    AGENCY = "agency"
    CLIENT = "client"
    NONE = "none"


class Basis(StrEnum):
    """Why a disclosure was lawful (개인정보 보호법 §15, §17, §18; 긴급복지지원법 §7③; read 2026-11-22)."""

    CONSENT = "consent"
    STATUTE = "statute"
    VITAL_INTEREST = "vital_interest"


class Item(StrEnum):
    """A thing about the client that may leave the center; each program names the few it needs."""

    NAME = "name"
    BIRTH_DATE = "birth_date"
    SEX = "sex"
    PHONE = "phone"
    ADDRESS = "address"
    HOUSEHOLD = "household"
    CHILDREN = "children"
    CRISIS = "crisis"
    INCOME = "income"
    RECOGNIZED_INCOME = "recognized_income"
    DEBTS = "debts"
    EMPLOYMENT = "employment"
    JOB_PROFILE = "job_profile"
    JOB_WISH = "job_wish"
    SCREENING = "screening"
    HIRE = "hire"
    WAGE = "wage"
    TARGET_CONFIRMATION = "target_confirmation"


class Fate(StrEnum):
    """What became of an inbox event."""

    #: Nobody has heard it yet.
    WAITING = "waiting"
    APPLIED = "applied"
    #: It told nothing new.
    ALREADY_KNOWN = "already_known"
    #: It speaks of a moment before the last thing heard: logged, and the state stays.
    OLDER = "older"
    #: It cannot be taken as it is; the reason is beside it.
    PARKED = "parked"
    #: Its journey is set aside at this desk; it is heard, in order, when a person has mended that.
    HELD_BACK = "held_back"
    #: A person has set it aside for good, or its client was forgotten before a desk heard it.
    DROPPED = "dropped"


class LetterType(StrEnum):
    """What the center says to an agency; on the wire `ieum.<value>.v1`."""

    REQUESTED = "referral.requested"
    REMINDED = "referral.reminded"
    AMENDED = "referral.amended"
    CANCEL_REQUESTED = "referral.cancel_requested"
    CANCELLED = "referral.cancelled"
    CONSENT_REVOKED = "consent.revoked"


class LetterState(StrEnum):
    """Where an outgoing letter stands. `with_person` is never dropped: a person decides what comes next."""

    WAITING = "waiting"
    SENT = "sent"
    WITH_PERSON = "with_person"
    WITHDRAWN = "withdrawn"


class BreakerState(StrEnum):
    """An endpoint's circuit breaker, kept in the database so that every machine knows."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


class FollowUp(StrEnum):
    """The scheduled jobs: each looks at what time has done, and says so to a desk, an agency or a person."""

    #: Agencies that are silent: reminded, then the supervisor's, then given up.
    OVERDUE = "overdue"
    #: Agencies that can be asked are asked for news that never arrived.
    RECONCILE = "reconcile"
    #: What a hire sets going: employment checks, subsidy blocks and their claim windows.
    RETENTION = "retention"
    #: What a benefit asks again and again: extensions, post-checks, rechecks, age lines, seasons.
    REVIEWS = "reviews"
    #: Consents and other things that are good until a day.
    EXPIRY = "expiry"
    #: What needs a person today, by desk.
    DIGEST = "digest"
    #: What need not be kept any longer.
    KEEPING = "keeping"


#: The follow-ups that look at journeys by the agenda; the others look at tables of their own.
BY_AGENDA: Final = (FollowUp.OVERDUE, FollowUp.RETENTION, FollowUp.REVIEWS)


class ShiftState(StrEnum):
    """A shift's own record, kept outside Prefect."""

    OPEN = "open"
    DONE = "done"
    DIED = "died"
    #: Its process lives, and a fault of the program or of what lies beneath it ended the shift.
    BROKEN = "broken"


class FollowUpState(StrEnum):
    """Where one run of a follow-up stands, outside Prefect."""

    OPEN = "open"
    DONE = "done"
    #: Its job failed, or its process is gone; what it did not do, the next run does.
    BROKEN = "broken"


class Alarm(StrEnum):
    """Notices that somebody should hear of at once: each is an event in Prefect too, and an automation there."""

    JOURNEY_SET_ASIDE = "journey_set_aside"
    ENDPOINT_DISABLED = "endpoint_disabled"
    CREDENTIAL_ALARM = "credential_alarm"
    AGENCY_SILENT = "agency_silent"
