"""*The log explains the state*: from any interleaving of words, doubles, reorderings, withdrawals and dying shifts."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from models.case import ReferralView
from models.vocabulary import AGENCY_EVENTS, Desk, JourneyEvent, LetterType, Need, ReferralEvent
from models.work import CaseWork
from tests.properties.checker import violations
from tests.properties.paper import ledger_of
from tests.story.center import PaperCenter
from tests.story.people import AGENCIES_OF_A, case_of_a, consents_to, known

AGENCIES = sorted(known().agencies)
DISTRICTS = ["mapo", "eunpyeong", "seodaemun", "gangseo"]
STAFF_WORDS = [ReferralEvent.WITHDRAWN, ReferralEvent.REOPENED, ReferralEvent.EXPIRED, ReferralEvent.VOIDED]
#: Letters that tell an agency something of the client.
DISCLOSES = {LetterType.REQUESTED, LetterType.AMENDED}
#: Words that lead somewhere are said more often than others.
WORDS = [*AGENCY_EVENTS, *[ReferralEvent.COMPLETED, ReferralEvent.PROGRESSED, ReferralEvent.DECLINED] * 2]


class Journey(RuleBasedStateMachine):
    """One journey at six desks, with everything the world can do to it."""

    center: PaperCenter
    center_of: type[PaperCenter] = PaperCenter

    @initialize(needs=st.sets(st.sampled_from(Need), min_size=2), signed=st.sets(st.sampled_from(AGENCIES_OF_A)))
    def walks_in(self, needs: set[Need], signed: set[str]) -> None:
        """Open the journey; the desks have not begun."""
        self.center = self.center_of(case_of_a(*needs, consents=consents_to(None, *signed)))
        self.center.put(Desk.INTAKE, "staff:front-desk", JourneyEvent.OPENED, {}, None, self.center.now)
        self.center.work()

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

    def written(self) -> tuple[Any, ...]:
        """Return all that was written so far."""
        center = self.center
        return (len(center.log), len(center.letters), len(center.milestones), dict(center.rows))

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
        said = {"facts": {"district": district}}
        self.center.put(Desk.INTAKE, "staff:x", JourneyEvent.FACTS_CHANGED, said, None, self.center.now)

    @rule(
        fact=st.sampled_from(["livelihood_recipient", "unemployment_benefit", "other_wage_subsidy"]),
        value=st.booleans(),
    )
    def a_benefit_begins_or_ends(self, fact: str, *, value: bool) -> None:
        """Let something begin that ends something else."""
        said = {"facts": {fact: value}}
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

    @rule(desk=st.sampled_from(Desk))
    def a_shift_works(self, desk: Desk) -> None:
        """Clear one desk's inbox; whoever takes over must find the case as it was left."""
        if self.center.waiting[desk]:
            resting = self.center.base.dormant_since
            work = self.center.batch(desk)
            self.center.write(work)
            if resting is not None and work.case.dormant_since == resting:
                assert not [letter for letter in work.letters if letter.type in DISCLOSES]
            taken_over = {referral.id: referral for referral in self.center.case().referrals}
            for left in work.case.referrals:
                found = taken_over[left.id]
                assert replace(left, number=found.number, milestones=()) == replace(found, milestones=())
                assert set(left.milestones) == set(found.milestones)

    @rule(desk=st.sampled_from(Desk))
    def a_shift_dies(self, desk: Desk) -> None:
        """Work a batch that is never committed; whoever comes next finds everything as it was."""
        if self.center.waiting[desk]:
            self.center.batch(desk)

    @rule()
    def everything_is_worked(self) -> None:
        """Let every desk clear its inbox."""
        self.center.work()

    @rule(hours=st.integers(1, 48))
    def time_passes(self, hours: int) -> None:
        """Let some hours pass."""
        self.center.later(hours=hours)

    @precondition(lambda self: self.center.fates)
    @rule(data=st.data())
    def a_word_is_said_twice(self, data: st.DataObject) -> None:
        """Say something, work it, and say it again under another id: nothing changes."""
        self.center.work()
        about = self.any_referral(data)
        word = data.draw(st.sampled_from(WORDS))
        said = self.words_for(about, word, data)
        before = self.written()
        for _ in range(2):
            before = self.written()
            self.center.put(about.desk, f"agency:{about.agency}", word, said, about.number, self.center.now)
            self.center.work()
        assert before == self.written()

    @invariant()
    def the_log_explains_the_state(self) -> None:
        """Have it all checked by one who shares no code with what wrote it."""
        assert [] == violations(ledger_of(self.center))

    @invariant()
    def only_nonsense_sets_a_case_aside(self) -> None:
        """No interleaving of sensible words may stop a desk."""
        assert {"unknown_word"} >= {stuck.reason for stuck in self.center.set_aside.values()}


TestJourney = Journey.TestCase
TestJourney.settings = settings(
    max_examples=60,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)


class Forgetful(PaperCenter):
    """A center that loses the log's rows of declined referrals."""

    def write(self, work: CaseWork) -> None:
        """Write a batch down, but not all of it."""
        work.transitions = [row for row in work.transitions if row[0].event is not ReferralEvent.DECLINED]
        super().write(work)


class Talkative(PaperCenter):
    """A center that writes every cancellation twice."""

    def write(self, work: CaseWork) -> None:
        """Write a batch down, and some of it twice."""
        work.letters += [letter for letter in work.letters if "cancel" in letter.type]
        super().write(work)


@pytest.mark.parametrize(
    ("faulty", "sentence"), [(Forgetful, "but its log leads to"), (Talkative, "was written 2 times")]
)
def test_the_machine_finds_a_planted_fault(faulty: type[PaperCenter], sentence: str) -> None:
    class Faulty(Journey):
        center_of = faulty

    soon = settings(TestJourney.settings, max_examples=300, phases=[Phase.generate], database=None)
    with pytest.raises(AssertionError, match=sentence):
        run_state_machine_as_test(Faulty, settings=soon)
