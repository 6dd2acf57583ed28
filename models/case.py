"""The case: a whole journey as the rules see it, at one moment, and nothing that a rule must not touch.

Pure and frozen. A rule reads it and yields steps; what follows from a step is another case.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from catalog import Catalog
from models.changing import changed
from models.counting import day_of
from models.facts import Facts
from models.fallen import standing
from models.gave_way import latest
from models.jobs import Job, changes_of_work, hired_by_facts, jobs_in, lost_by_facts
from models.meanings import MilestoneView, but_errors, meanings
from models.referral_view import ReferralView
from models.screening import Screening, screen
from models.vocabulary import NO_SHOW, Desk, Happened, Need, ReferralState


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentView:
    """What the client agreed to."""

    purpose: str
    recipient: str | None
    items: frozenset[str]
    given_by: str
    valid_from: date
    valid_to: date
    withdrawn: bool = False

    def holds_on(self, day: date) -> bool:
        """Say whether it can carry a disclosure on that day."""
        return not self.withdrawn and self.valid_from <= day <= self.valid_to


#: Purpose of a consent that lets the center itself collect and use data; it names no recipient.
COLLECTION: Final = "collection"
_NOBODY = UUID(int=0)


@dataclass(frozen=True, kw_only=True)
class Case:
    """One journey, whole.

    Attributes:
        today: The Asia/Seoul date on which the rules are asked.
        load: Open referrals by agency code, for agencies with a capacity.
    """

    journey_id: UUID
    #: Whose it is; nobody's on paper.
    client_id: UUID = _NOBODY
    number: str
    opened_on: date
    today: date
    wants: frozenset[Need]
    facts: Facts
    catalog: Catalog
    consents: tuple[ConsentView, ...] = ()
    referrals: tuple[ReferralView, ...] = ()
    #: Since when nothing is done because the client cannot be reached or wishes so, and why; None while it goes on.
    dormant_since: datetime | None = None
    dormant_reason: str | None = None
    #: The client's other journeys, and the numbers of her open referrals there, by program.
    siblings: frozenset[UUID] = frozenset()
    elsewhere: Mapping[str, str] = field(default_factory=dict[str, str])
    load: Mapping[str, int] = field(default_factory=dict[str, int])
    #: Screenings made of this case, with the facts they were made from: rules ask for the same one again and again.
    screened: dict[str, tuple[Facts, Screening]] = field(
        default_factory=dict[str, tuple[Facts, Screening]], compare=False, repr=False
    )
    #: When what was told: rules ask again and again, and a case never changes. One that follows has its own.
    _told_at: dict[str, list[datetime]] = field(
        init=False, default_factory=dict[str, list[datetime]], compare=False, repr=False
    )

    def following(self, **to: Any) -> "Case":  # noqa: ANN401 - each field has a type of its own
        """Return the case that follows this one when some fields change; what was told is worked out anew.

        Raises:
            TypeError: There is no such field: a fault of the program.
        """
        return changed(self, **to, _told_at={})

    @property
    def collection_withdrawn(self) -> bool:
        """Whether the client took back that the center itself may work with the data (개인정보 보호법 §37)."""
        own = [consent for consent in self.consents if consent.purpose == COLLECTION]
        return any(consent.withdrawn for consent in own) and not any(c.holds_on(self.today) for c in own)

    def needs(self, need: Need) -> bool:
        """Say whether the client asked help for it."""
        return need in self.wants

    def referral(self, program: str) -> ReferralView:
        """Return the open referral of a program (at most one is), else its latest that was no error, else none.

        A reopened referral may be older than one that was closed after it, and what gave way to another in a merge does
        not count. Where there is none, the view that is returned has no state, and `exists` is False.

        Args:
            program: Catalog code.

        Raises:
            UnknownWord: The catalog has no such program.
        """
        own = [r for r in self.referrals if r.program == program and r.state is not ReferralState.ENTERED_IN_ERROR]
        if own:
            return next((referral for referral in own if referral.is_open), None) or latest(own)
        desk = Desk(self.catalog.program(program).desk)
        return ReferralView(id=_NOBODY, program=program, agency="", desk=desk, application_date=self.today)

    def is_current(self, program: str) -> bool:
        """Say whether a benefit was granted and is still paid, as the agencies told; what fell on appeal ends nothing.

        Raises:
            UnknownWord: The catalog has no such program.
        """
        entry, referral = self.catalog.program(program), self.referral(program)
        if referral.outcome is None or not entry.outcome(referral.outcome).pays:
            return False
        stands = changed(referral, milestones=standing(self.catalog, program, referral.milestones)).stands()
        return stands is None or not entry.milestone("main", stands).ends

    def by_number(self, number: str) -> ReferralView | None:
        """Return the referral that bears a number, or None."""
        return next((referral for referral in self.referrals if referral.number == number), None)

    def refused(self, program: str) -> frozenset[str]:
        """Return the agencies that will not be asked again: they declined it, handed it on or let it lapse.

        An agency to which the client did not come has refused nothing.
        """
        over = {ReferralState.DECLINED, ReferralState.REDIRECTED, ReferralState.EXPIRED}
        own = (r for r in self.referrals if r.program == program and r.state in over)
        return frozenset(r.agency for r in own if r.reason != NO_SHOW)

    def happened(self, what: Happened) -> datetime | None:
        """Return when something was first told by an outcome or milestone that means it, or None.

        Raises:
            UnknownWord: The case holds a word that the catalog no longer knows.
        """
        return min(self.times(what), default=None)

    def times(self, what: Happened) -> list[datetime]:
        """Return each time something was told by an outcome or milestone that means it, or by the client, in no order.

        Raises:
            UnknownWord: The case holds a word that the catalog no longer knows.
        """
        if not self._told_at:
            self._told_at.update(self._told())
        told = [*self._told_at.get(what, ())]
        match what:
            case Happened.HIRED:
                return told + hired_by_facts(self.facts, self.opened_on)
            case Happened.DISMISSED:
                return told + lost_by_facts(self.facts, self.times(Happened.HIRED))
            case _:
                return told

    def changes_of_work(self) -> list[tuple[Happened, datetime]]:
        """Return each hire and each loss of a job that was told, in order.

        Raises:
            UnknownWord: The case holds a word that the catalog no longer knows.
        """
        return changes_of_work(self.times(Happened.HIRED), self.times(Happened.DISMISSED))

    def at_work_since(self) -> datetime | None:
        """Return when the client was hired into the job she has, or None where none is known or the last was lost.

        Raises:
            UnknownWord: The case holds a word that the catalog no longer knows.
        """
        jobs = jobs_in(self.changes_of_work())
        return jobs[-1].since if jobs and jobs[-1].until is None else None

    def job_of(self, program: str) -> Job | None:
        """Return the job a program's referral is about.

        Raises:
            UnknownWord: The case holds a word that the catalog no longer knows.
        """
        return self.job_behind(self.referral(program))

    def job_behind(self, referral: ReferralView) -> Job | None:
        """Return the job a referral is about, the one before it was asked; the last one where there is none yet.

        Raises:
            UnknownWord: The case holds a word that the catalog no longer knows.
        """
        jobs = jobs_in(self.changes_of_work())
        before = [job for job in jobs if referral.exists and day_of(job.since) <= referral.application_date]
        return next(reversed(before or jobs), None)

    def screening(self, program: str) -> Screening:
        """Pre-screen a program for this client as of the day that counts in law.

        Raises:
            UnknownWord: The catalog has no such program.
        """
        day, made = self.legal_day(program), self.screened.get(program)
        if made is None or made[0] is not self.facts or made[1].asked_on != day:
            made = self.screened[program] = self.facts, screen(program, self.facts, self.catalog, day)
        return made[1]

    def screenings(self) -> list[Screening]:
        """Return the screenings that were asked for and hold for the case as it stands, by program.

        A case that follows another shares its notes; what was made from other facts or for another day does not count.

        Raises:
            UnknownWord: The case holds a word that the catalog no longer knows.
        """
        made = ((program, *noted) for program, noted in sorted(self.screened.items()))
        return [s for program, facts, s in made if facts is self.facts and s.asked_on == self.legal_day(program)]

    def legal_day(self, program: str) -> date:
        """Return the day a program looks at: that of the hire for an employer's subsidy, else today.

        Raises:
            UnknownWord: The catalog has no such program.
        """
        job = self.job_of(program) if self.catalog.program(program).party == "employer" else None
        return self.today if job is None else day_of(job.since)

    def standing(self, referral: ReferralView) -> Sequence[MilestoneView]:
        """Return a referral's milestones without those that were told in error.

        Raises:
            UnknownWord: The case holds a word that the catalog no longer knows.
        """
        return but_errors(self.catalog.program(referral.program), referral.milestones, referral.outcomes)

    def told(self, referral: ReferralView) -> Iterator[tuple[str, datetime]]:
        """Yield what a referral's words mean for the whole journey, with its moment.

        Raises:
            UnknownWord: The case holds a word that the catalog no longer knows.
        """
        return meanings(self.catalog.program(referral.program), referral.milestones, referral.outcomes)

    def _told(self) -> dict[str, list[datetime]]:
        found: dict[str, list[datetime]] = {}
        for referral in self.referrals:
            if referral.state is not ReferralState.ENTERED_IN_ERROR:
                for meaning, when in self.told(referral):
                    found.setdefault(meaning, []).append(when)
        return found
