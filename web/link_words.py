"""What stands on the agencies' pages, in Korean and English: moves, states, items, and what became of a word."""

from collections.abc import Mapping
from typing import Final, Literal

from models.vocabulary import Basis, Fate, Item, Party, ReferralEvent, ReferralState

Lang = Literal["ko", "en"]
Both = tuple[str, str]
LANGS: Final[tuple[Lang, ...]] = ("ko", "en")

_E, _S = ReferralEvent, ReferralState

MOVES: Final[Mapping[str, Both]] = {
    _E.ACCEPTED: ("수락합니다", "Accept"),
    _E.DECLINED: ("거절합니다", "Decline"),
    _E.WAITLISTED: ("대기자 명단에 올립니다", "Put on the waiting list"),
    _E.STARTED: ("일을 시작했습니다", "The work has begun"),
    _E.RESUMED: ("보류를 풉니다", "Resume: the client has brought what was missing"),
    _E.PROGRESSED: ("진행 단계를 알립니다", "Tell a step of the work"),
    _E.HELD: ("보류합니다: 신청인을 기다립니다", "Hold: we wait for the client"),
    _E.COMPLETED: ("종결합니다", "Complete, with an outcome"),
    _E.REDIRECTED: ("우리 소관이 아니어서 넘깁니다", "Not ours: hand it on"),
    _E.CANCELLED: ("멈추었습니다", "We have stopped"),
    _E.FAILED: ("처리할 수 없었습니다", "It could not be done"),
    _E.RECEIVED: ("받았습니다 (아직 수락은 아님)", "We have it (not yet a yes)"),
}

STATES: Final[Mapping[str, Both]] = {
    _S.DRAFTED: ("센터가 준비 중", "being prepared at the center"),
    _S.REQUESTED: ("의뢰함", "requested"),
    _S.RECEIVED: ("기관이 받음", "received"),
    _S.ACCEPTED: ("수락됨", "accepted"),
    _S.WAITLISTED: ("대기 중", "on the waiting list"),
    _S.IN_PROGRESS: ("진행 중", "in progress"),
    _S.ON_HOLD: ("보류 중", "on hold"),
    _S.CANCEL_REQUESTED: ("중단을 요청함", "asked to stop"),
    _S.COMPLETED: ("종결됨", "completed"),
    _S.DECLINED: ("거절됨", "declined"),
    _S.REDIRECTED: ("다른 기관으로 넘어감", "handed on"),
    _S.CANCELLED: ("취소됨", "cancelled"),
    _S.EXPIRED: ("기한이 지나 끝남", "expired"),
    _S.FAILED: ("처리하지 못하고 끝남", "could not be done"),
    _S.ENTERED_IN_ERROR: ("잘못 등록되어 지워짐", "entered in error"),
}

TURNS: Final[Mapping[str, Both]] = {
    Party.CENTER: ("센터 차례", "the center's turn"),
    Party.AGENCY: ("기관 차례", "your turn"),
    Party.CLIENT: ("신청인 차례 (기관의 기한은 멈춤)", "the client's turn (your clock stops)"),
    Party.NONE: ("더 할 일 없음", "nothing is owed"),
}

ITEMS: Final[Mapping[str, Both]] = {
    Item.NAME: ("이름", "Name"),
    Item.BIRTH_DATE: ("생년월일", "Date of birth"),
    Item.SEX: ("성별", "Sex"),
    Item.PHONE: ("전화", "Phone"),
    Item.ADDRESS: ("주소", "Address"),
    Item.HOUSEHOLD: ("가구원", "Household"),
    Item.CHILDREN: ("자녀", "Children"),
    Item.CRISIS: ("위기 사유", "Crisis"),
    Item.INCOME: ("소득", "Income"),
    Item.RECOGNIZED_INCOME: ("소득인정액", "Recognized income"),
    Item.DEBTS: ("채무", "Debts"),
    Item.EMPLOYMENT: ("취업 상태", "Employment"),
    Item.JOB_PROFILE: ("구직 이력", "Job profile"),
    Item.JOB_WISH: ("희망 직종", "Job wish"),
    Item.SCREENING: ("사전 검토", "Pre-screening"),
    Item.HIRE: ("채용", "Hire"),
    Item.WAGE: ("임금", "Wage"),
    Item.TARGET_CONFIRMATION: ("지원대상 여부 (사전 검토)", "Target group (pre-screening)"),
    # Parts of items, as they go on the wire.
    "relation": ("관계", "relation"),
    "lives_together": ("동거", "lives together"),
    "school_level": ("학교급", "school"),
    "cause": ("사유", "cause"),
    "on": ("날짜", "day"),
    "won_per_month": ("월 (원)", "won a month"),
    "unsecured_won": ("무담보 (원)", "unsecured, won"),
    "secured_won": ("담보 (원)", "secured, won"),
    "overdue_months": ("연체 개월", "months overdue"),
    "creditors": ("채권자 수", "creditors"),
    "employed": ("취업 중", "employed"),
    "last_job_ended_on": ("마지막 퇴사일", "last job ended"),
    "job_seeker_registered_on": ("구직등록일", "registered as job seeker"),
    "career_break": ("경력단절", "career break"),
}

#: Codes that are values of items; a test holds the closed lists of facts, household and screening against it.
VALUES: Final[Mapping[str, Both]] = {
    "True": ("예", "yes"),
    "False": ("아니요", "no"),
    "female": ("여", "female"),
    "male": ("남", "male"),
    "spouse": ("배우자", "spouse"),
    "child": ("자녀", "child"),
    "parent": ("부모", "parent"),
    "grandparent": ("조부모", "grandparent"),
    "grandchild": ("손자녀", "grandchild"),
    "sibling": ("형제자매", "brother or sister"),
    "other": ("기타", "other"),
    "none": ("없음", "none"),
    "elementary": ("초등학교", "elementary school"),
    "middle": ("중학교", "middle school"),
    "high": ("고등학교", "high school"),
    "university": ("대학교", "university"),
    "job_loss": ("실직", "loss of the job"),
    "business_closure": ("휴업·폐업", "business closed"),
    "main_earner_lost": ("주소득자 사망·가출·구금 등", "main earner lost"),
    "illness": ("중한 질병·부상", "grave illness or injury"),
    "abuse": ("방임·유기·학대", "neglect or abuse"),
    "violence": ("가정폭력·성폭력", "domestic or sexual violence"),
    "disaster": ("화재·자연재해", "fire or disaster"),
    "utilities_cut": ("단전·단수 등", "utilities cut off"),
    "arrears": ("체납", "arrears"),
    "benefit_stopped": ("급여 중지", "benefit stopped"),
    "benefit_undecided": ("급여 미결정", "benefit not decided"),
    "divorce_income_loss": ("이혼으로 소득 상실", "income lost by divorce"),
    "family_care": ("가족 간호·간병", "care for a family member"),
    "homelessness": ("노숙", "homelessness"),
    "debt_burden": ("과다 채무", "heavy debts"),
    "LIKELY": ("가능성 높음 (결정은 기관이 함)", "likely (you decide)"),
    "BORDERLINE": ("경계 (결정은 기관이 함)", "borderline (you decide)"),
    "NEEDS_INFO": ("정보 부족", "more information is needed"),
    "UNLIKELY": ("가능성 낮음 (결정은 기관이 함)", "unlikely (you decide)"),
    "EXCLUDED": ("제외 사유 있음 (결정은 기관이 함)", "something excludes it (you decide)"),
}
#: Items that are somebody's own words or numbers, never a code.
AS_IT_IS: Final = frozenset({Item.NAME, Item.PHONE, Item.ADDRESS, Item.JOB_WISH})

BASES: Final[Mapping[str, Both]] = {
    Basis.CONSENT: ("본인 동의", "the client's consent"),
    Basis.STATUTE: ("법령", "statute"),
    Basis.VITAL_INTEREST: ("생명·신체의 급박한 위험", "danger to life"),
}

#: What an agency was told has changed, by the reason of its amendment; the first is said of any other.
CHANGES: Final[Mapping[str, Both]] = {
    "": ("의뢰와 관련된 사정이 바뀌었습니다. 센터에 물어보십시오.", "Something has changed; ask the center."),
    "phone_changed": ("신청인의 연락처가 바뀌었습니다", "the phone number has changed"),
    "address_changed": ("신청인의 주소가 바뀌었습니다", "the address has changed"),
    "moved": ("신청인이 다른 구로 이사했습니다", "the client has moved to another district"),
    "hired": ("신청인이 취업했습니다", "the client was hired"),
    "dismissed": ("신청인이 일자리를 잃었습니다", "the client has lost the job"),
    "filed_in_court": ("법원에 신청했습니다", "it was filed in court"),
    "livelihood_recipient": ("생계급여를 받게 되었습니다", "the client receives livelihood benefit now"),
    "medical_aid_recipient": ("의료급여를 받게 되었습니다", "the client receives medical aid now"),
}

FATES: Final[Mapping[str, Both]] = {
    Fate.WAITING: ("받았습니다. 처리하고 있습니다.", "We have it; it is being worked."),
    Fate.APPLIED: ("처리되었습니다.", "It is done."),
    Fate.ALREADY_KNOWN: (
        "이미 알고 있던 내용입니다. 바뀐 것은 없습니다.",
        "It was known already; nothing has changed.",
    ),
    Fate.OLDER: (
        "그 뒤의 소식이 이미 있어 기록만 했습니다.",
        "Later word of yours was here already; this was noted and changes nothing.",
    ),
    Fate.PARKED: (
        "그대로 적용할 수 없어 센터 담당자가 확인합니다. 다시 보내지 마십시오.",
        "It cannot be applied as it is; a person at the center looks at it. Do not send it again.",
    ),
    Fate.HELD_BACK: (
        "순서대로 보관했습니다. 센터 담당자가 확인합니다.",
        "It is kept in order; a person at the center looks at it.",
    ),
    Fate.DROPPED: ("센터 담당자가 제외했습니다.", "A person at the center has set it aside."),
}

REASONS: Final[Mapping[str, Both]] = {
    "no_road": ("지금 상태에서는 할 수 없는 일입니다", "it cannot be said where the referral stands now"),
    "not_theirs": ("이 기관이 알릴 수 없는 내용입니다", "it is not yours to say"),
    "contradicts": ("앞서 알린 결과와 다릅니다", "it contradicts the outcome told before"),
    "older_end": ("앞서 알린 날보다 이전의 종결입니다", "an end that lies before what was told already"),
    "before_the_referral": ("신청일보다 앞선 날짜입니다", "it lies before the day of application"),
    "in_the_future": ("아직 오지 않은 날짜입니다", "it lies in the future"),
    "unknown_referral": ("알 수 없는 의뢰입니다", "the referral is not known"),
}

LANES: Final[Mapping[str, Both]] = {
    "main": ("본 절차", "The work itself"),
    "contact": ("신청인 연락 (상태는 그대로)", "About the client (nothing moves by it)"),
    "appeal": ("이의신청", "Appeal"),
    "papers": ("서류", "Papers"),
    "review": ("심사", "Review"),
    "retention": ("고용유지", "Retention"),
    "allowance": ("수당", "Allowance"),
    "training": ("훈련", "Training"),
    "internship": ("인턴", "Internship"),
    "voucher": ("바우처", "Voucher"),
    "deferral": ("유예", "Deferral"),
    "bonus": ("성과금", "Bonus"),
    "follow_up": ("사후관리", "Follow-up"),
}


def say(words: Mapping[str, Both], code: str, lang: Lang) -> str:
    """Return a code's name; the code itself where nobody has named it."""
    both = words.get(code)
    return code if both is None else both[LANGS.index(lang)]
