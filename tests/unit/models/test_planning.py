"""Planning: from what the rules want to what must be done, and nothing that is done already."""

import pytest

from models.case import ConsentView
from models.steps import Refer
from models.vocabulary import Basis, Desk, Item, LetterType, ReferralState
from tests.story.people import ALL_ITEMS, WALKED_IN, consent, consents_to, referral
from tests.unit.models.at_work import again, asked, wanting

S = ReferralState
COUNSELING = "financial-counseling"
DESK_OF = {
    COUNSELING: Desk.DEBT_RELIEF,
    "emergency-living-aid": Desk.EMERGENCY_AID,
    "single-parent-support": Desk.WELFARE_BENEFITS,
    "job-counseling": Desk.INTAKE,
    "job-placement": Desk.JOB_PLACEMENT,
}


# Asking an agency


def test_who_is_to_be_asked_is_drafted_requested_and_written_to_in_one_go() -> None:
    work = asked(wanting(Refer(COUNSELING)))

    [latest] = work.case.referrals
    assert (S.REQUESTED, "microfinance-desk", "debt-counseling") == (latest.state, latest.agency, latest.rule)
    assert (Basis.CONSENT, ("name", "phone", "income", "debts")) == (latest.basis, latest.items)
    assert [S.DRAFTED, S.REQUESTED] == [row.end for row, _ in work.transitions]
    assert [LetterType.REQUESTED] == [letter.type for letter in work.letters]


def test_everything_a_rule_does_names_the_event_that_woke_the_desk() -> None:
    work = asked(wanting(Refer(COUNSELING)))

    causes = [row.cause for row, _ in work.transitions] + [letter.cause for letter in work.letters]
    assert 3 == len(set(causes))
    assert all(cause.startswith("rule:7:") for cause in causes)


def test_what_was_asked_is_not_asked_again() -> None:
    rules = wanting(Refer(COUNSELING))

    second = again(asked(rules), rules)

    assert ([], [], []) == (second.transitions, second.letters, second.notices)


def test_a_rule_may_name_the_agency() -> None:
    work = asked(wanting(Refer(COUNSELING, agency="legal-aid")))

    assert ("legal-aid", "named_by_rule") == (work.case.referrals[0].agency, work.case.referrals[0].rule)


# The basis


def test_without_a_consent_it_stays_a_draft_and_a_person_is_asked_for_one() -> None:
    work = asked(wanting(Refer(COUNSELING)), consents=consents_to(None))

    [draft] = work.case.referrals
    assert (S.DRAFTED, "consent", None) == (draft.state, draft.waits_for, draft.basis)
    assert [] == work.letters
    assert [("consent_missing", f"{COUNSELING}:microfinance-desk")] == [(n.code, n.about) for n in work.notices]


def test_the_draft_goes_out_when_its_consent_comes() -> None:
    waiting = referral(COUNSELING, "microfinance-desk", S.DRAFTED, waits_for="consent")

    work = asked(wanting(Refer(COUNSELING)), waiting)

    assert (S.REQUESTED, None) == (work.case.referrals[0].state, work.case.referrals[0].waits_for)
    assert 1 == len(work.letters)


@pytest.mark.parametrize(
    "short",
    [
        consent("microfinance-desk", items=("name", "phone", "income")),
        consent("legal-aid"),
        consent(None),
    ],
    ids=["an item is missing", "it names another agency", "it allows only the center itself"],
)
def test_a_consent_that_does_not_cover_it_is_none(short: ConsentView) -> None:
    work = asked(wanting(Refer(COUNSELING)), consents=(short,))

    assert S.DRAFTED is work.case.referrals[0].state


def test_a_consent_is_good_to_its_last_day_and_no_longer() -> None:
    signed = consent("microfinance-desk")

    on_it = asked(wanting(Refer(COUNSELING)), consents=(signed,), today=signed.valid_to)
    after = asked(wanting(Refer(COUNSELING)), consents=(signed,), today=signed.valid_to.replace(day=4))

    assert (S.REQUESTED, S.DRAFTED) == (on_it.case.referrals[0].state, after.case.referrals[0].state)


def test_the_employment_center_is_the_house_itself_and_needs_no_provision() -> None:
    work = asked(wanting(Refer("job-counseling")), desk=Desk.INTAKE, consents=(consent(None),))

    assert S.REQUESTED is work.case.referrals[0].state


def test_a_duty_to_report_lets_it_go_without_a_consent() -> None:
    work = asked(wanting(Refer("emergency-living-aid")), desk=Desk.EMERGENCY_AID, consents=())

    aid = work.case.referrals[0]
    assert (S.REQUESTED, Basis.STATUTE) == (aid.state, aid.basis)
    assert aid.basis_cite


def test_for_a_child_under_14_a_guardian_must_have_signed() -> None:
    alone = asked(
        wanting(Refer("single-parent-support")), desk=Desk.WELFARE_BENEFITS, consents=(consent("mapo-welfare-team"),)
    )
    with_guardian = asked(
        wanting(Refer("single-parent-support")), desk=Desk.WELFARE_BENEFITS, consents=consents_to("mapo-welfare-team")
    )

    assert (S.DRAFTED, "guardian_consent") == (alone.case.referrals[0].state, alone.case.referrals[0].waits_for)
    assert S.REQUESTED is with_guardian.case.referrals[0].state


def test_a_guardians_consent_counts_only_where_it_names_the_children() -> None:
    for_herself = consent("mapo-welfare-team", given_by="guardian", items=ALL_ITEMS - {Item.CHILDREN})
    consents = (consent("mapo-welfare-team"), for_herself)

    work = asked(wanting(Refer("single-parent-support")), desk=Desk.WELFARE_BENEFITS, consents=consents)

    assert (S.DRAFTED, "guardian_consent") == (work.case.referrals[0].state, work.case.referrals[0].waits_for)
    assert [] == work.letters


# The next agency


@pytest.mark.parametrize("state", [S.REDIRECTED, S.EXPIRED])
def test_where_one_could_not_the_next_is_asked_and_the_first_remembered(state: ReferralState) -> None:
    over = referral(COUNSELING, "microfinance-desk", state)

    work = asked(wanting(Refer(COUNSELING)), over)

    latest = work.case.referral(COUNSELING)
    assert ("legal-aid", over.id, S.REQUESTED) == (latest.agency, latest.predecessor_id, latest.state)


def test_an_agencys_own_no_leads_to_the_next_agency() -> None:
    over = referral("job-placement", "mid-career-job-hope-center", S.DECLINED, reason="no_vacancy")

    work = asked(wanting(Refer("job-placement")), over, desk=Desk.JOB_PLACEMENT)

    assert "mapo-outreach-job-team" == work.case.referral("job-placement").agency


@pytest.mark.parametrize(
    ("program", "agency", "reason"),
    [
        ("job-placement", "mid-career-job-hope-center", "not_looking"),
        (COUNSELING, "microfinance-desk", "no_debt"),
    ],
    ids=["the client's no", "the rules' no"],
)
def test_another_agency_would_say_no_as_well(program: str, agency: str, reason: str) -> None:
    over = referral(program, agency, S.DECLINED, reason=reason)

    work = asked(wanting(Refer(program)), over, desk=DESK_OF[program])

    assert ([], []) == (work.transitions, work.letters)
    assert [("declined", f"{program}:{over.number}")] == [(notice.code, notice.about) for notice in work.notices]


def test_the_wrong_offices_no_leads_to_the_right_one_and_the_day_of_application_stays() -> None:
    over = referral(
        "single-parent-support",
        "mapo-welfare-team",
        S.DECLINED,
        reason="not_competent",
        application_date=WALKED_IN.replace(day=1),
    )

    work = asked(wanting(Refer("single-parent-support")), over, desk=Desk.WELFARE_BENEFITS)

    successor = work.case.referral("single-parent-support")
    assert ("mapo-district-office", WALKED_IN.replace(day=1)) == (successor.agency, successor.application_date)


@pytest.mark.parametrize("state", [S.COMPLETED, S.CANCELLED, S.FAILED])
def test_what_is_over_for_good_is_not_asked_again(state: ReferralState) -> None:
    work = asked(wanting(Refer(COUNSELING)), referral(COUNSELING, "microfinance-desk", state))

    assert [] == work.transitions


def test_when_everyone_has_said_no_a_person_is_told() -> None:
    gone = [
        referral(COUNSELING, agency, S.EXPIRED, nth=nth)
        for nth, agency in enumerate(("microfinance-desk", "legal-aid"), 1)
    ]

    work = asked(wanting(Refer(COUNSELING)), *gone)

    assert [] == work.transitions
    assert [("no_agency_left", f"{COUNSELING}:2")] == [(notice.code, notice.about) for notice in work.notices]


def test_a_full_agency_is_passed_over() -> None:
    work = asked(wanting(Refer(COUNSELING)), load={"microfinance-desk": 30})

    assert "legal-aid" == work.case.referrals[0].agency


def test_who_is_handed_on_keeps_the_day_of_application() -> None:
    handed_on = referral(
        "single-parent-support",
        "mapo-welfare-team",
        S.REDIRECTED,
        application_date=WALKED_IN.replace(day=1),
        redirect_to="eunpyeong-district-office",
    )

    work = asked(wanting(Refer("single-parent-support")), handed_on, desk=Desk.WELFARE_BENEFITS)

    successor = work.case.referral("single-parent-support")
    assert ("eunpyeong-district-office", WALKED_IN.replace(day=1)) == (successor.agency, successor.application_date)
    assert ("redirected", handed_on.id) == (successor.rule, successor.predecessor_id)


def test_two_agencies_that_hand_on_to_each_other_are_not_asked_for_ever() -> None:
    there = referral(COUNSELING, "microfinance-desk", S.REDIRECTED, redirect_to="legal-aid")
    and_back = referral(COUNSELING, "legal-aid", S.REDIRECTED, redirect_to="microfinance-desk", nth=2)

    work = asked(wanting(Refer(COUNSELING)), there, and_back)

    assert [] == work.transitions
    assert "no_agency_left" == work.notices[0].code


def test_a_reopened_referral_is_the_one_that_counts_although_another_came_after_it() -> None:
    reopened = referral(COUNSELING, "microfinance-desk", S.DRAFTED, sequence=4)
    closed = referral(COUNSELING, "legal-aid", S.EXPIRED, nth=2)

    work = asked(wanting(Refer(COUNSELING)), reopened, closed)

    assert [(S.REQUESTED, reopened.id)] == [(row.end, row.referral_id) for row, _ in work.transitions]


def test_an_agency_that_does_not_take_the_program_is_not_written_to() -> None:
    handed_on = referral(COUNSELING, "microfinance-desk", S.REDIRECTED, redirect_to="seoul-bankruptcy-court")

    work = asked(wanting(Refer(COUNSELING)), handed_on, consents=consents_to("seoul-bankruptcy-court"))

    assert [] == work.transitions
    assert "agency_does_not_take_it" == work.notices[0].code
