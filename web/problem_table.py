"""Every problem a door can answer with, in one table: status, whose fault, what it means and what to do, ko and en.

The wire's own refusals come from `agencies.errors.PROBLEMS`; here they only get their Korean. The page
`GET /problems/{code}` is this table, and a test holds every code in the doors against it.
"""

from dataclasses import dataclass
from typing import Final, Literal

from agencies.errors import PROBLEMS

Fault = Literal["sender", "center"]


@dataclass(frozen=True, slots=True)
class Entry:
    """What a problem code means."""

    status: int
    fault: str
    title: str
    title_ko: str
    remedy: str
    remedy_ko: str


def _sender(status: int, title: str, title_ko: str, remedy: str, remedy_ko: str) -> Entry:
    return Entry(status, "sender", title, title_ko, remedy, remedy_ko)


def _center(status: int, title: str, title_ko: str, remedy: str, remedy_ko: str) -> Entry:
    return Entry(status, "center", title, title_ko, remedy, remedy_ko)


_WIRE_KO: Final[dict[str, tuple[str, str]]] = {
    "bad-headers": (
        "헤더가 없거나 형식이 틀립니다",
        "webhook-id, webhook-timestamp, webhook-signature를 Standard Webhooks 1.0.0에 따라 한 번씩만 보내십시오.",
    ),
    "stale-timestamp": (
        "시각이 지금과 너무 다릅니다",
        "시계를 맞추고, 보낼 때마다 그 시각으로 다시 서명하십시오(webhook-id는 그대로).",
    ),
    "bad-seal": (
        "맞는 서명이 없습니다",
        "이 방향의 키로 id.timestamp.본문의 바이트 그대로에 서명하십시오.",
    ),
    "media-type": (
        "받지 않는 미디어 형식입니다",
        "application/cloudevents+json 또는 ce- 헤더를 붙인 application/json을 UTF-8로, 압축하지 말고 보내십시오.",
    ),
    "bad-json": (
        "본문이 기대한 JSON이 아닙니다",
        "중복 키 없이, 32단계 이하의 JSON 객체 하나(RFC 8259)를 보내십시오.",
    ),
    "bad-envelope": (
        "센터가 이해하지 못하는 이벤트입니다",
        "docs/agencies.md와 비교하십시오. detail에 항목이 적혀 있습니다.",
    ),
}

ENTRIES: Final[dict[str, Entry]] = {
    **{
        code: Entry(p.status, p.fault, p.title, _WIRE_KO[code][0], p.remedy, _WIRE_KO[code][1])
        for code, p in PROBLEMS.items()
        if code in _WIRE_KO
    },
    "unknown-agency": _sender(
        404,
        "No such agency is connected here",
        "연결되지 않은 기관입니다",
        "Use the code the center gave you, in /webhooks/ and the code; if it is right, ask the center to connect you.",
        "센터가 알려 준 기관 코드를 /webhooks/ 뒤에 쓰십시오. 코드가 맞다면 센터에 연결을 요청하십시오.",
    ),
    "unknown-event": _sender(
        404,
        "No such event came through this door",
        "이 문으로 들어온 적이 없는 이벤트입니다",
        "Ask with the id you sent; if you never got 202 for it, send the event again.",
        "보낸 id로 조회하십시오. 202를 받은 적이 없다면 다시 보내십시오.",
    ),
    "too-large": _sender(
        413,
        "The body is too large",
        "본문이 너무 큽니다",
        "Send at most 256 kB; papers go by other ways.",
        "256 kB 이하로 보내십시오. 서류는 다른 경로로 보냅니다.",
    ),
    "too-slow": _sender(
        408,
        "The body did not arrive in time",
        "본문이 제때 도착하지 않았습니다",
        "Send the whole body within 10 seconds of the headers, on a new connection.",
        "헤더를 보낸 뒤 10초 안에 새 연결로 본문 전체를 보내십시오.",
    ),
    "id-reused": _sender(
        409,
        "This id was used for something else",
        "이미 다른 내용에 쓴 id입니다",
        "Give every event an id of its own, and repeat an event only with the very same bytes. A person was told.",
        "이벤트마다 새 id를 쓰고, 다시 보낼 때는 같은 바이트를 보내십시오. 담당자에게 알렸습니다.",
    ),
    "resident-number": _sender(
        422,
        "A resident registration number was sent",
        "주민등록번호가 들어 있습니다",
        "Remove it everywhere: the center may not hold it (개인정보 보호법 §24의2). Nothing was kept.",
        "모두 지우고 다시 보내십시오. 센터는 처리할 수 없습니다(개인정보 보호법 §24의2). 저장한 것은 없습니다.",
    ),
    # No 410: by that word of Standard Webhooks the sender would shut the whole line.
    "client-forgotten": _sender(
        422,
        "This referral is over and its client's data have been destroyed",
        "끝난 의뢰이며 해당 개인정보는 파기되었습니다",
        "Do not send it again, nor anything else about this referral: nothing was kept, and nothing will be.",
        "다시 보내지 마십시오. 이 의뢰에 관한 내용은 더 이상 받지 않으며, 저장한 것은 없습니다.",
    ),
    "no-token": _sender(
        401,
        "A valid bearer token is needed",
        "유효한 토큰이 필요합니다",
        "Send Authorization: Bearer and the token the operator gave you.",
        "운영자가 준 토큰을 Authorization: Bearer 헤더로 보내십시오.",
    ),
    "not-json": _sender(
        415,
        "The media type is not JSON",
        "JSON이 아닙니다",
        "Send Content-Type: application/json and a JSON body in UTF-8, not compressed.",
        "Content-Type: application/json으로 압축하지 않은 UTF-8 JSON을 보내십시오.",
    ),
    "bad-fields": _sender(
        422,
        "Some fields cannot be taken as they are",
        "받을 수 없는 항목이 있습니다",
        "Mend the fields listed in errors and send it again; nothing was kept.",
        "errors에 적힌 항목을 고쳐 다시 보내십시오. 아무것도 저장하지 않았습니다.",
    ),
    "bad-number": _sender(
        400,
        "That is no number of ours",
        "올바른 번호가 아닙니다",
        "Read the number again, digit by digit: the last one is a check digit.",
        "번호를 한 자리씩 다시 확인하십시오. 마지막 자리는 검증 숫자입니다.",
    ),
    "unknown-journey": _sender(
        404,
        "There is no journey of this number",
        "그런 번호의 여정이 없습니다",
        "Look the number up in GET /api/journeys.",
        "GET /api/journeys에서 번호를 찾으십시오.",
    ),
    "forgotten": _sender(
        410,
        "The client of this journey has been forgotten",
        "보존기간이 끝나 파기된 여정입니다",
        "Take the client in anew, with POST /api/journeys: what was known is destroyed, as the law asks.",
        "POST /api/journeys로 새로 접수하십시오. 보존기간이 끝난 개인정보는 파기되었습니다.",
    ),
    "key-needed": _sender(
        400,
        "An Idempotency-Key is needed",
        "Idempotency-Key가 필요합니다",
        "Send Idempotency-Key: 1 to 90 letters, digits, _ : or -, new for each event, the same when you repeat it.",
        "Idempotency-Key 헤더(영문, 숫자, _ : - 1~90자)를 이벤트마다 새로, 다시 보낼 때는 같게 보내십시오.",
    ),
    "key-reused": _sender(
        409,
        "This Idempotency-Key was used for something else",
        "이미 다른 내용에 쓴 Idempotency-Key입니다",
        "Use a new key for new content; the earlier content stands.",
        "새 내용에는 새 키를 쓰십시오. 앞의 내용은 그대로 있습니다.",
    ),
    "same-person": _sender(
        409,
        "The same person has an open journey",
        "같은 분의 진행 중인 여정이 있습니다",
        "Go on with the journey named; or send same_person true for one more journey of hers, false for somebody else.",
        "적힌 여정을 이어 가십시오. 같은 분의 새 여정이면 same_person true, 다른 분이면 false를 보내십시오.",
    ),
    "already-open": _sender(
        409,
        "The same program is open for this client already",
        "이 분의 같은 제도 의뢰가 이미 진행 중입니다",
        "Go on with the referral named, or withdraw it first if the choice stands.",
        "적힌 의뢰를 이어 가십시오. 바꾸려면 그 의뢰를 먼저 취소하십시오.",
    ),
    "one-journey": _sender(
        409,
        "That is one journey already",
        "이미 하나의 여정입니다",
        "Name two journeys; GET /api/journeys/{number} says in `merged` what ended in it.",
        "서로 다른 두 여정의 번호를 보내십시오. 합쳐진 여정은 `merged`에 있습니다.",
    ),
    "merged-elsewhere": _sender(
        409,
        "The journey ended in another one before",
        "이미 다른 여정에 합쳐졌습니다",
        "Merge the journey named instead, if that is the same person too. A merge cannot be undone.",
        "그분도 같은 분이라면 적힌 여정을 합치십시오. 합친 것은 되돌릴 수 없습니다.",
    ),
    "persons-differ": _sender(
        409,
        "Birth date or sex of the two clients differ",
        "두 분의 생년월일 또는 성별이 다릅니다",
        "Look at both papers. If it is one person, send sure: true; a merge cannot be undone.",
        "두 서류를 확인하십시오. 같은 분이 맞으면 sure: true를 보내십시오. 합친 것은 되돌릴 수 없습니다.",
    ),
    "both-begun": _sender(
        409,
        "Two agencies have begun on the same program",
        "같은 제도를 두 기관이 이미 처리하고 있습니다",
        "Decide which of the two referrals goes on; void or withdraw the other, and merge again.",
        "이어 갈 의뢰를 정하고 다른 하나를 취소하거나 무효로 한 뒤 다시 합치십시오.",
    ),
    "unknown-notice": _sender(
        404,
        "There is no notice of this id",
        "그런 알림이 없습니다",
        "Look the id up in GET /api/notices, or ask ieum notice list.",
        "GET /api/notices 또는 ieum notice list에서 id를 찾으십시오.",
    ),
    "notice-stands": _sender(
        409,
        "What the notice speaks of is stuck still",
        "알림의 원인이 아직 남아 있습니다",
        "Mend it by the command in detail: ieum event replay or set-aside, ieum letter resend. That settles it.",
        "detail의 명령(ieum event replay·set-aside, ieum letter resend)으로 해결하십시오. 알림은 그때 종결됩니다.",
    ),
    "not-found": _sender(
        404,
        "There is no such page",
        "그런 주소가 없습니다",
        "GET /openapi.json lists every address.",
        "GET /openapi.json에 모든 주소가 있습니다.",
    ),
    "wrong-method": _sender(
        405,
        "This address does not take that method",
        "이 주소에서 쓸 수 없는 메서드입니다",
        "The Allow header and GET /openapi.json say what it takes.",
        "Allow 헤더와 GET /openapi.json을 보십시오.",
    ),
    "too-busy": _center(
        429,
        "The center's doors are full",
        "지금 요청이 너무 많습니다",
        "Send the same again with the same id after the seconds in Retry-After, and fewer at once; nothing was kept.",
        "Retry-After 초 뒤에 같은 id로, 동시에 보내는 수를 줄여 다시 보내십시오. 저장한 것은 없습니다.",
    ),
    "database-away": _center(
        503,
        "The center's database is away",
        "센터의 데이터베이스에 닿지 않습니다",
        "Send the same again with the same id after the seconds in Retry-After; nothing is done twice.",
        "Retry-After 초 뒤에 같은 id로 그대로 다시 보내십시오. 두 번 처리되지 않습니다.",
    ),
    "not-ready": _center(
        503,
        "The center is not ready",
        "센터가 아직 준비되지 않았습니다",
        "The operator runs ieum doctor; ieum migrate brings the tables up to date.",
        "운영자는 ieum doctor를 실행하십시오. ieum migrate가 테이블을 최신으로 만듭니다.",
    ),
    "keys-unreadable": _center(
        503,
        "The center cannot open the key it shares with you",
        "귀 기관과 공유한 키를 센터가 열 수 없습니다",
        "Send the same again later with the same id; the operator runs ieum doctor, which says how to mend it.",
        "나중에 같은 id로 다시 보내십시오. 운영자는 ieum doctor를 실행하면 고치는 방법을 볼 수 있습니다.",
    ),
    "center-fault": _center(
        500,
        "Something went wrong at the center",
        "센터에서 오류가 났습니다",
        "Send the same again later with the same id; if it stays, tell the center the time and the address.",
        "나중에 같은 id로 다시 보내십시오. 계속되면 시각과 주소를 센터에 알려 주십시오.",
    ),
}
