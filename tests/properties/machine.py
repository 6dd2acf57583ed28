"""The machine: one journey on paper with everything the world can do to it, and four looks at what was written.

A look that finds something raises `Contradicted`, and nothing else does: so a test of the machine can tell which look
found what, and a fault of the machine itself never passes for a finding.
"""

from dataclasses import fields
from datetime import timedelta
from enum import StrEnum
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from models.case import ReferralView
from models.vocabulary import AGENCY_EVENTS, Desk, JourneyEvent, LetterType, Need, ReferralEvent
from tests.properties.checker import violations
from tests.properties.paper import ledger_of
from tests.story.center import PaperCenter
from tests.story.people import AGENCIES_OF_A, case_of_a, consents_to, known

AGENCIES = sorted(known().agencies)
DISTRICTS = ["mapo", "eunpyeong", "seodaemun", "gangseo"]
#: Letters that tell an agency something of the client.
DISCLOSES = {LetterType.REQUESTED, LetterType.AMENDED}
STAFF_WORDS = [ReferralEvent.WITHDRAWN, ReferralEvent.REOPENED, ReferralEvent.EXPIRED, ReferralEvent.VOIDED]
#: Words that lead somewhere are said more often than others.
WORDS = [*sorted(AGENCY_EVENTS), *[ReferralEvent.COMPLETED, ReferralEvent.PROGRESSED, ReferralEvent.DECLINED] * 2]


class Look(StrEnum):
    """What is looked at; the value is what must hold."""

    LOG = "the log explains the state"
    TAKE_OVER = "whoever takes over finds the case as it was left"
    TWICE = "what is said twice changes nothing"
    SENSE = "only nonsense sets a case aside"
    REST = "nothing is disclosed while the journey rests"


class Contradicted(AssertionError):  # noqa: N818 - it names what happened
    """A look found that something does not hold; the text is the look, then one sentence for each finding."""

    def __init__(self, look: Look, findings: list[str]) -> None:
        """Remember who found what."""
        super().__init__(f"it does not hold that {look}: {'; '.join(findings)}")
        self.look = look
        self.findings = findings


class Journey(RuleBasedStateMachine):
    """One journey at six desks, with everything the world can do to it."""

    center: PaperCenter
    center_of: type[PaperCenter] = PaperCenter
    #: Who looks; a test of the machine lets one look alone.
    looks: frozenset[Look] = frozenset(Look)

    def found(self, look: Look, findings: list[str]) -> None:
        """Say what a look found; nothing is the good answer.

        Raises:
            Contradicted: there are findings.
        """
        if findings and look in self.looks:
            raise Contradicted(look, findings)

    @initialize(needs=st.sets(st.sampled_from(Need), min_size=2), signed=st.sets(st.sampled_from(AGENCIES_OF_A)))
    def walks_in(self, needs: set[Need], signed: set[str]) -> None:
        """Open the journey; the desks have not begun."""
        self.center = self.center_of(case_of_a(*needs, consents=consents_to(None, *signed)))
        self.center.put(Desk.INTAKE, "staff:front-desk", JourneyEvent.OPENED, {}, None, self.center.now)
        self.clear_all()

    def words_for(self, about: ReferralView, word: ReferralEvent, data: st.DataObject) -> dict[str, Any]:
        """Draw what the catalog lets an agency say beside a word; now and then nothing that it knows."""
        program = known().program(about.program)
        if data.draw(st.integers(0, 60), label="nonsense") == 60:
            return {"outcome": "wonderful", "milestone": "knighted", "reason": "because"}
        match word:
            case ReferralEvent.PROGRESSED:
                lane = data.draw(st.sampled_from(sorted(program.lanes)))
                return {"lane": lane, "milestone": data.draw(st.sampled_from([m.code for m in program.lanes[lane]]))}
            case ReferralEvent.COMPLETED:
                return {"outcome": data.draw(st.sampled_from(sorted(program.outcomes)))}
            case ReferralEvent.DECLINED:
                proposed = data.draw(st.none() | st.sampled_from(sorted(known().programs)))
                reason = data.draw(st.sampled_from(sorted(program.decline_reasons)))
                return {"reason": reason} | ({} if proposed is None else {"proposed_program": proposed})
            case ReferralEvent.REDIRECTED:
                return {"redirect_to": data.draw(st.none() | st.sampled_from(AGENCIES))}
            case _:
                return {}

    def any_referral(self, data: st.DataObject) -> ReferralView:
        """Draw a referral, a later one rather than an early one."""
        return data.draw(st.sampled_from(list(self.center.rows.values())[::-1]), label="about")

    def written(self) -> dict[str, Any]:
        """Return all that was written so far."""
        center = self.center
        counts = {"log": len(center.log), "letters": len(center.letters), "milestones": len(center.milestones)}
        return {**counts, "referrals": dict(center.rows)}

    @precondition(lambda self: self.center.rows)
    @rule(data=st.data(), word=st.sampled_from(WORDS), hours_ago=st.integers(-1, 6), stranger=st.integers(0, 9))
    def an_agency_says(self, data: st.DataObject, word: ReferralEvent, hours_ago: int, stranger: int) -> None:
        """Put an agency's word into the inbox: late, early, or from the wrong mouth."""
        about = self.any_referral(data)
        by = data.draw(st.sampled_from(AGENCIES)) if stranger == 0 else about.agency
        at = self.center.now - timedelta(hours=hours_ago)
        self.center.put(about.desk, f"agency:{by}", word, self.words_for(about, word, data), about.number, at)

    @precondition(lambda self: self.center.rows)
    @rule(data=st.data(), word=st.sampled_from(STAFF_WORDS))
    def staff_say(self, data: st.DataObject, word: ReferralEvent) -> None:
        """Put a word of the center's own into the inbox; what expires is now and then the client's own absence."""
        about = self.any_referral(data)
        reason = data.draw(st.sampled_from(["client_wish", "no_show"]))
        self.center.put(about.desk, "staff:x", word, {"reason": reason}, about.number, self.center.now)

    @precondition(lambda self: self.center.rows)
    @rule(data=st.data(), milestone=st.sampled_from([m.code for m in known().program("bankruptcy").lanes["contact"]]))
    def the_client_comes_or_does_not(self, data: st.DataObject, milestone: str) -> None:
        """Note an appointment or an attempt to reach the client: by itself it moves no referral."""
        about = self.any_referral(data)
        said = {"lane": "contact", "milestone": milestone}
        self.center.put(about.desk, "staff:x", ReferralEvent.PROGRESSED, said, about.number, self.center.now)

    @rule(district=st.sampled_from(DISTRICTS))
    def the_client_moves(self, district: str) -> None:
        """Let the client live elsewhere."""
        self.facts_change(district=district)

    @rule(
        fact=st.sampled_from(["livelihood_recipient", "unemployment_benefit", "other_wage_subsidy"]),
        value=st.booleans(),
    )
    def a_benefit_begins_or_ends(self, fact: str, *, value: bool) -> None:
        """Let something begin that ends something else."""
        self.facts_change(**{fact: value})

    def facts_change(self, **facts: object) -> None:
        """Let staff hear something new of the client."""
        said = {"facts": facts}
        self.center.put(Desk.INTAKE, "staff:x", JourneyEvent.FACTS_CHANGED, said, None, self.center.now)

    @rule(rest=st.booleans())
    def the_journey_rests_or_goes_on(self, *, rest: bool) -> None:
        """Let staff put the journey to rest, or wake it."""
        word, said = (JourneyEvent.MADE_DORMANT, {"reason": "client_wish"}) if rest else (JourneyEvent.WOKEN, {})
        self.center.put(Desk.INTAKE, "staff:x", word, said, None, self.center.now)

    @rule(program=st.sampled_from(sorted(known().programs)))
    def a_person_chooses_a_program(self, program: str) -> None:
        """Choose a program and leave its agency to the rules, as when a proposal is accepted."""
        desk = Desk(known().program(program).desk)
        self.center.put(desk, "staff:x", JourneyEvent.REFERRAL_CHOSEN, {"program": program}, None, self.center.now)

    @precondition(lambda self: self.center.rows)
    @rule(data=st.data())
    def the_post_arrives(self, data: st.DataObject) -> None:
        """Say that a letter has arrived."""
        about = self.any_referral(data)
        self.center.put(about.desk, "delivery", ReferralEvent.RECEIVED, {}, about.number, self.center.now)

    @rule(consents=st.sampled_from(AGENCIES_OF_A), given=st.booleans())
    def a_consent_changes(self, consents: str, *, given: bool) -> None:
        """Let the client sign, or take back what was signed."""
        signed = {"purpose": "provision", "recipient": consents, "items": ["name"], "valid_to": "2029-12-03"}
        word = JourneyEvent.CONSENT_GIVEN if given else JourneyEvent.CONSENT_WITHDRAWN
        said = {"consent": signed} if given else {"recipient": consents}
        self.center.put(Desk.INTAKE, "staff:x", word, said, None, self.center.now)

    def clear(self, desk: Desk) -> None:
        """Clear a desk's inbox; whoever takes over must find the case as it was left."""
        resting = self.center.base.dormant_since
        work = self.center.batch(desk)
        self.center.write(work)
        if resting is not None and work.case.dormant_since == resting:
            self.found(
                Look.REST, [f"a {letter.type} was written" for letter in work.letters if letter.type in DISCLOSES]
            )
        taken_over = {referral.id: referral for referral in self.center.case().referrals}
        findings = [
            f"{left.program}: {name} is lost or changed"
            for left in work.case.referrals
            for name in differences(left, taken_over.get(left.id))
        ]
        self.found(Look.TAKE_OVER, findings)

    def clear_all(self) -> None:
        """Let every desk clear its inbox until nothing waits anywhere."""
        while busy := [desk for desk in Desk if self.center.waiting[desk]]:
            for desk in busy:
                self.clear(desk)

    def any_busy_desk(self, data: st.DataObject) -> Desk:
        """Draw a desk that has something waiting."""
        return data.draw(st.sampled_from([desk for desk in Desk if self.center.waiting[desk]]), label="desk")

    @precondition(lambda self: any(self.center.waiting.values()))
    @rule(data=st.data())
    def a_shift_works(self, data: st.DataObject) -> None:
        """Clear one desk's inbox."""
        self.clear(self.any_busy_desk(data))

    @precondition(lambda self: any(self.center.waiting.values()))
    @rule(data=st.data())
    def a_shift_dies(self, data: st.DataObject) -> None:
        """Work a batch that is never committed; whoever comes next finds everything as it was."""
        self.center.batch(self.any_busy_desk(data))

    @rule()
    def everything_is_worked(self) -> None:
        """Let every desk clear its inbox."""
        self.clear_all()

    @rule(hours=st.integers(1, 48))
    def time_passes(self, hours: int) -> None:
        """Let some hours pass."""
        self.center.later(hours=hours)

    @precondition(lambda self: self.center.fates)
    @rule(data=st.data())
    def a_word_is_said_twice(self, data: st.DataObject) -> None:
        """Say something, work it, and say it again under another id: nothing changes."""
        self.clear_all()
        about = self.any_referral(data)
        word = data.draw(st.sampled_from(WORDS))
        said = self.words_for(about, word, data)
        before = self.written()
        for _ in range(2):
            before = self.written()
            self.center.put(about.desk, f"agency:{about.agency}", word, said, about.number, self.center.now)
            self.clear_all()
        now = self.written()
        self.found(Look.TWICE, [f"the {name} changed" for name in before if before[name] != now[name]])

    @invariant()
    def the_log_explains_the_state(self) -> None:
        """Have it all checked by one who shares no code with what wrote it."""
        self.found(Look.LOG, violations(ledger_of(self.center)))

    @invariant()
    def only_nonsense_sets_a_case_aside(self) -> None:
        """No interleaving of sensible words may stop a desk."""
        reasons = sorted({stuck.reason for stuck in self.center.set_aside.values()} - {"unknown_word"})
        self.found(Look.SENSE, [f"a desk stopped with {reason}" for reason in reasons])


def differences(left: ReferralView, found: ReferralView | None) -> list[str]:
    """Name the fields in which a referral as it was left differs from the one that was found, if it was.

    A number is given when it is written; milestones have no order.
    """
    if found is None:
        return ["everything"]
    names = [field.name for field in fields(left) if field.name not in {"number", "milestones"}]
    changed = [name for name in names if getattr(left, name) != getattr(found, name)]
    return changed if set(left.milestones) == set(found.milestones) else [*changed, "milestones"]
