"""Silence: an agency that does not answer is reminded, then the supervisor calls, then another is asked."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID

from models.case_chase import SILENCE, Look, look_at, matters, wanted
from models.chasing import chase
from models.turns import Move, is_contact, turns_of
from models.vocabulary import FollowUp, LetterType, Need, ReferralState
from tests.story.center import PaperCenter
from tests.story.people import case_of_a, known

COUNSELING = "financial-counseling"
#: Applications whose day the law counts from: they stay made where they were made.
STATUTORY = {"single-parent-support", "copay-relief", "education-benefit"}


@dataclass
class Watch:
    """The follow-up over a center on paper: it looks whenever its agenda says so."""

    center: PaperCenter
    done: dict[tuple[UUID, str, datetime], dict[int, datetime]] = field(
        default_factory=dict[tuple[UUID, str, datetime], dict[int, datetime]]
    )

    def looks(self, days: int) -> Iterator[tuple[str, str, str]]:
        """Look every morning for so many days; yield the day, what is done and about which program."""
        for _ in range(days):
            self.center.later(days=1)
            yield from self._look()

    def look(self) -> Look:
        """Return what the follow-up knows now."""
        center, case = self.center, self.center.case()
        moves: dict[UUID, list[Move]] = {referral.id: [] for referral in case.referrals}
        for row, _ in center.log:
            contact = is_contact(row.event, row.who)
            moves[row.referral_id].append(Move(row.occurred_at, row.end, row.outcome, contact=contact))
        turns = {key: turns_of(rows, center.now) for key, rows in moves.items()}
        return Look(turns=turns, done=self.done, now=center.now)

    def _look(self) -> Iterator[tuple[str, str, str]]:
        center, case = self.center, self.center.case()
        found = look_at(case, FollowUp.OVERDUE, self.look())
        for act in found.acts:
            key = act.referral.id, act.due.code, act.due.due_at
            self.done.setdefault(key, {})[act.step] = center.now
            yield center.now.date().isoformat(), act.does, act.referral.program
        self.standing = {notice.code for notice in wanted(case, FollowUp.OVERDUE, found)}
        for act in found.acts:
            if act.does == "expire":
                center.staff(act.referral.program, "expired", reason=act.reason or SILENCE)


def test_client_a_hears_nothing_from_the_finance_desk_and_legal_aid_is_asked() -> None:
    center = PaperCenter(case_of_a(Need.DEBT))
    center.opens()
    center.agency(COUNSELING, "received")
    watch = Watch(center)

    told = [(day, does) for day, does, program in watch.looks(15) if program == COUNSELING]

    # Asked on Monday 4 December; three working days are over on Thursday the 7th.
    assert [
        ("2017-12-08", "remind"),
        ("2017-12-12", "remind"),
        ("2017-12-14", "supervisor"),
        ("2017-12-18", "expire"),
    ] == told
    assert [(COUNSELING, "microfinance-desk"), (COUNSELING, "legal-aid")] == [
        asked for asked in center.asked() if asked[0] == COUNSELING
    ]
    assert "tell_client" in watch.standing
    assert len(center.told(LetterType.CANCELLED)) >= 1
    assert ReferralState.REQUESTED is center.state(COUNSELING)


def test_an_agency_whose_letter_never_got_through_is_not_silent() -> None:
    center = PaperCenter(case_of_a(Need.DEBT))
    center.opens()
    watch = Watch(center)

    told = [does for _, does, program in watch.looks(25) if program == COUNSELING]

    # Asked on Monday 4 December: staff hear that no receipt was confirmed, and nobody is reminded or given up.
    assert ["staff"] == told
    assert ReferralState.REQUESTED is center.state(COUNSELING)
    assert frozenset() == center.case().refused(COUNSELING)


def test_the_days_of_the_answer_begin_when_the_letter_has_got_through() -> None:
    center = PaperCenter(case_of_a(Need.DEBT))
    center.opens()
    watch = Watch(center)
    late = [does for _, does, program in watch.looks(8) if program == COUNSELING]
    center.agency(COUNSELING, "received")

    told = [(day, does) for day, does, program in watch.looks(15) if program == COUNSELING]

    # Received on Tuesday 12 December; three working days are over on Friday the 15th.
    assert ["staff"] == late
    assert [("2017-12-18", "remind"), ("2017-12-22", "remind"), ("2017-12-22", "supervisor")] == told[:3]


def test_an_office_that_staff_speak_to_can_be_silent_without_a_letter() -> None:
    center = PaperCenter(case_of_a(Need.DEBT))
    center.opens()
    center.later(days=15)
    look, case = Watch(center).look(), center.case()
    answer = next(m for m in matters(case, FollowUp.OVERDUE, look) if m.due.code == "D35-answer")

    mirrored = chase(replace(answer, writable=False), {}, center.now, case.catalog.calendars)

    assert {"supervisor", "expire"} <= {act.does for act in mirrored.acts}


def test_an_agency_that_answers_is_left_alone() -> None:
    center = PaperCenter(case_of_a(Need.DEBT))
    center.opens()
    center.agency(COUNSELING, "received")
    watch = Watch(center)
    first = [does for _, does, program in watch.looks(5) if program == COUNSELING]
    center.agency(COUNSELING, "accepted")
    center.agency(COUNSELING, "started")

    after = [does for _, does, program in watch.looks(25) if program == COUNSELING]

    assert (["remind"], []) == (first, after)


def test_a_referral_nobody_has_heard_of_for_thirty_days_comes_up_again_and_again() -> None:
    center = PaperCenter(case_of_a(Need.DEBT))
    center.opens()
    center.agency(COUNSELING, "started")
    watch = Watch(center)

    told = [day for day, does, program in watch.looks(100) if program == COUNSELING and does == "staff"]

    assert ["2018-01-03", "2018-02-02", "2018-03-04"] == told
    center.agency(COUNSELING, "progressed", milestone="counseled")
    assert [] == [does for _, does, program in watch.looks(29) if program == COUNSELING]
    assert timedelta(days=129) == center.now - center.log[0][0].recorded_at


def test_an_agency_whose_appointment_the_client_missed_has_answered() -> None:
    center = PaperCenter(case_of_a(Need.DEBT))
    center.opens()
    center.agency(COUNSELING, "received")
    watch = Watch(center)
    center.later(days=2)
    center.agency(COUNSELING, "progressed", lane="contact", milestone="appointment_missed")

    told = [does for _, does, program in watch.looks(40) if program == COUNSELING]

    # Neither reminded nor given up; after thirty days without a word staff look.
    assert ["staff"] == told
    assert ReferralState.RECEIVED is center.state(COUNSELING)


def test_what_staff_note_of_the_client_is_no_answer_of_the_agency() -> None:
    center = PaperCenter(case_of_a(Need.DEBT))
    center.opens()
    center.agency(COUNSELING, "received")
    watch = Watch(center)
    center.later(days=2)
    center.staff(COUNSELING, "progressed", lane="contact", milestone="contact_attempted")

    told = [does for _, does, program in watch.looks(15) if program == COUNSELING]

    assert ["remind", "remind", "supervisor", "expire"] == told[:4]


def test_while_the_client_is_waited_for_no_silence_of_the_agency_gives_the_referral_up() -> None:
    center = PaperCenter(case_of_a(Need.DEBT))
    center.opens()
    center.agency(COUNSELING, "received")
    watch = Watch(center)
    for milestone in ("appointment_missed", "appointment_missed", *(["contact_attempted"] * 3)):
        center.staff(COUNSELING, "progressed", lane="contact", milestone=milestone)
        center.later(hours=1)

    told = [(does, center.referral(COUNSELING).reason) for _, does, program in watch.looks(32) if program == COUNSELING]

    # D35-answer goes as far as the supervisor; then it is the thirty days of the no-show that end it.
    assert ["remind", "remind", "supervisor"] == [does for does, _ in told][:3]
    assert 1 == [does for does, _ in told].count("expire")
    assert (ReferralState.EXPIRED, "no_show") == (center.state(COUNSELING), center.referral(COUNSELING).reason)
    assert [(COUNSELING, "microfinance-desk")] == [asked for asked in center.asked() if asked[0] == COUNSELING]


def test_an_application_that_the_law_keeps_is_never_given_up_for_silence() -> None:
    center = PaperCenter(case_of_a(Need.BENEFITS))
    center.opens()
    asked = {program for program, _ in center.asked()} & STATUTORY
    for program in asked:
        center.agency(program, "received")
    watch = Watch(center)

    told = list(watch.looks(40))

    assert {"single-parent-support", "education-benefit"} == asked
    answer = known().follow_ups["D35-answer"]
    assert {False} == {step.does == "expire" for each in STATUTORY for step in answer.course_of(each).steps}
    for program in asked:
        does = [does for _, does, about in told if about == program]
        assert {"remind", "supervisor"} <= set(does)
        assert "expire" not in does
        assert ReferralState.RECEIVED is center.state(program)
