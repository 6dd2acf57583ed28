"""Why an agency's page shows no referral: status, title and what to do next, in Korean and English."""

from collections.abc import Mapping
from typing import Final

from web.link_words import Both

CALL: Final[Both] = ("모르겠으면 센터에 전화해 주십시오.", "If in doubt, call the center.")
_AGAIN: Final[Both] = (
    "메일의 링크를 다시 열고 한 번 더 보내 주십시오.",
    "Open the link in the mail and send it once more.",
)

#: Why a page shows no referral: status, title, and what to do next.
WRONG: Final[Mapping[str, tuple[int, Both, Both]]] = {
    "no-such-link": (
        404,
        ("그런 링크가 없습니다", "There is no such link"),
        (
            "주소 전체를 복사했는지, 메일의 링크와 같은지 확인해 주십시오.",
            "See that the whole address was copied from the mail.",
        ),
    ),
    "link-gone": (
        410,
        ("더 이상 열리지 않는 링크입니다", "This link opens nothing any more"),
        (
            "의뢰가 끝난 지 오래되었습니다. 최근 메일의 링크를 쓰십시오.",
            "It was over long ago. Use the link in your latest mail.",
        ),
    ),
    "link-over": (
        410,
        ("링크의 기한이 지났거나 새 링크로 바뀌었습니다", "This link has expired, or was replaced by a newer one"),
        (
            "가장 최근 메일의 링크를 쓰거나, 새 링크를 요청하십시오.",
            "Use the link in your latest mail, or ask for a new one.",
        ),
    ),
    "form-unreadable": (400, ("읽을 수 없는 양식입니다", "The form cannot be read"), _AGAIN),
    "form-foreign": (403, ("이 페이지에서 보낸 양식이 아닙니다", "The form did not come from its page"), _AGAIN),
    "form-old": (409, ("열어 둔 지 오래된 페이지입니다", "The page was open for too long"), _AGAIN),
    "form-reused": (
        409,
        ("이 양식은 이미 다른 내용으로 보냈습니다", "This form was sent with other words before"),
        ("앞의 내용은 그대로 있습니다. 링크를 다시 열어 주십시오.", "What was sent first stands. Open the link again."),
    ),
    "form-incomplete": (422, ("고르지 않은 항목이 있습니다", "A choice is missing"), _AGAIN),
    "form-word": (422, ("이 의뢰에서 쓸 수 없는 항목입니다", "That cannot be said of this referral"), _AGAIN),
    "form-day": (422, ("날짜가 올바르지 않거나 아직 오지 않은 날입니다", "The day is none, or still to come"), _AGAIN),
    "form-text": (
        422,
        ("너무 길거나 쓸 수 없는 문자가 있습니다", "A text is too long, or holds signs that are not taken"),
        _AGAIN,
    ),
    "resident-number": (
        422,
        ("주민등록번호가 들어 있습니다", "It holds a resident registration number"),
        (
            "센터는 받을 수 없습니다(개인정보 보호법 §24의2). 저장한 것은 없습니다. 지우고 다시 보내십시오.",
            "The center may not hold it (개인정보 보호법 §24의2). Nothing was kept. Remove it and send again.",
        ),
    ),
    "too-large": (413, ("내용이 너무 큽니다", "The form is too large"), _AGAIN),
    "too-slow": (408, ("제때 도착하지 않았습니다", "The form did not arrive in time"), _AGAIN),
    "too-busy": (
        429,
        ("지금 요청이 너무 많습니다", "The center's doors are full"),
        ("잠시 뒤에 다시 해 주십시오. 저장한 것은 없습니다.", "Please try again in a moment; nothing was kept."),
    ),
    "database-away": (
        503,
        ("센터가 지금 답할 수 없습니다", "The center cannot answer now"),
        (
            "잠시 뒤에 다시 해 주십시오. 두 번 처리되지 않습니다.",
            "Please try again in a moment; nothing is done twice.",
        ),
    ),
}
