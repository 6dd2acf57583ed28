"""The agencies' pages as HTML: in Korean or English, and without a script."""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import jinja2
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from agencies.link import LinkSeal
from agencies.packet import BasisGiven
from catalog import Catalog
from catalog.shapes import Label
from models.counting import SEOUL, day_of
from models.keys import uuid7
from models.roads import CLOSED, TURN
from models.vocabulary import Basis, Fate
from web.events import Known
from web.link_moves import Move, moves_of
from web.link_problems import CALL, WRONG
from web.link_reading import Behind
from web.link_words import (
    AS_IT_IS,
    BASES,
    CHANGES,
    FATES,
    ITEMS,
    LANES,
    LANGS,
    MOVES,
    REASONS,
    STATES,
    TURNS,
    VALUES,
    Both,
    Lang,
    say,
)

_FOLDER: Final = Path(__file__).parent / "pages"
_PAGES: Final = jinja2.Environment(
    loader=jinja2.FileSystemLoader(_FOLDER), autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True
)
#: As it stands in the page, so that the policy names it byte for byte.
_STYLE: Final = _PAGES.get_template("style.css").render()
_STYLE_HASH: Final = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode("ascii")

#: Nothing is loaded, nobody frames it, and its forms lead back here. The guard adds no-referrer and no-store.
HEADERS: Final[Mapping[str, str]] = {
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; form-action 'self'; base-uri 'none';"
        " frame-ancestors 'none'"
    ),
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex, nofollow",
}


@dataclass(frozen=True, slots=True)
class FormIds:
    """What a form carries so that it is known again."""

    id: UUID
    proof: str


def language(request: Request, chosen: str | None = None) -> Lang:
    """Return the page's language: as chosen, else what the browser asks for, else Korean."""
    chosen = chosen or request.query_params.get("lang")
    if chosen in LANGS:
        return "en" if chosen == "en" else "ko"
    return "en" if request.headers.get("accept-language", "").lower().startswith("en") else "ko"


def fresh_form(seal: LinkSeal, link: UUID, now: datetime) -> FormIds:
    """Return the ids of a form that is being made."""
    form = uuid7(now)
    return FormIds(form, seal.proof(link, form))


def plain(
    code: str,
    lang: Lang,
    center: str,
    *,
    here: str = "",
    form: FormIds | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return a page that says why no referral is shown, and what to do next.

    Args:
        code: One of `WRONG`.
        lang: Of the page.
        center: Code of this center.
        here: The link's own path, where it leads anywhere.
        form: The form that asks for a new link, where one may be asked for.
        headers: More of them.
    """
    status, title, remedy = WRONG[code]
    lines = [_in(remedy, lang), _in(CALL, lang)]
    return _html(
        "said.html",
        lang,
        status,
        headers,
        title=_in(title, lang),
        center=center,
        lines=lines,
        here=here,
        form=form,
        back=code.startswith("form"),
    )


def mailed(lang: Lang, center: str, here: str, *, sent: bool) -> Response:
    """Return the page after a new link was asked for."""
    title = (
        ("새 링크를 메일로 보냅니다", "A new link is on its way")
        if sent
        else (
            "새 링크를 방금 보냈습니다",
            "A new link was sent a short while ago",
        )
    )
    lines = (
        (
            "등록된 기관 메일함을 확인해 주십시오. 몇 분 걸릴 수 있습니다.",
            "Look into the agency's mailbox; it may take some minutes.",
        ),
        CALL,
    )
    return _html(
        "said.html",
        lang,
        200,
        None,
        title=_in(title, lang),
        center=center,
        lines=[_in(line, lang) for line in lines],
        here=here,
        form=None,
        back=False,
    )


def referral(  # noqa: PLR0913 - what a page shows, each by its name
    behind: Behind,
    catalog: Catalog,
    lang: Lang,
    now: datetime,
    *,
    center: str,
    here: str,
    until: datetime,
    form: FormIds,
    fate: Known | None,
    said: str,
) -> Response:
    """Return the page of one referral: what may be seen, where it stands, and what may be said of it."""
    program, agency = catalog.program(behind.program), catalog.agency(behind.agency)
    outcome = program.outcomes.get(behind.outcome or "")
    seen = behind.seen
    items = {} if seen is None else {str(item): value for item, value in seen.items.items()}
    moves = moves_of(behind.state, program, agency, catalog)
    return _html(
        "referral.html",
        lang,
        200,
        None,
        title=f"{_in(('의뢰', 'Referral'), lang)} {behind.number}",
        center=center,
        here=here,
        form=form,
        program=_of(program.name, lang),
        agency=_of(agency.name, lang),
        state=say(STATES, behind.state, lang),
        turn=say(TURNS, TURN[behind.state], lang),
        outcome=None if outcome is None else _of(outcome.label, lang),
        applied_on=behind.application_date.isoformat(),
        urgent=seen is not None and seen.urgent,
        reference=None if behind.state in CLOSED else behind.reference,
        changes=[(_change(code, lang), f"{at.astimezone(SEOUL):%Y-%m-%d}") for code, at in behind.changes],
        items={name: items[name] for name in program.items if name in items},
        changed=[] if seen is None else [name for name in program.items if name in seen.changed],
        as_it_is=AS_IT_IS,
        item=lambda name: say(ITEMS, str(name), lang),  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]
        known=lambda value: say(VALUES, str(value), lang),  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]
        basis="" if seen is None else _basis(seen.basis, lang),
        nothing=_nothing(behind, lang),
        moves=[_shown(move, lang) for move in moves],
        today=day_of(now).isoformat(),
        until=f"{until.astimezone(SEOUL):%Y-%m-%d %H:%M}",
        fate=None if fate is None else _fate(fate, said, lang),
    )


def _basis(basis: BasisGiven, lang: Lang) -> str:
    """Return why it was disclosed; a consent's number says nothing to the agency."""
    kind = say(BASES, basis.kind, lang)
    return kind if basis.kind is Basis.CONSENT else f"{kind} {basis.cite}".strip()


def _change(code: str, lang: Lang) -> str:
    return _in(CHANGES.get(code, CHANGES[""]), lang)


def _nothing(behind: Behind, lang: Lang) -> str:
    if behind.state in CLOSED:
        return _in(("끝난 의뢰여서 보여 드리지 않습니다.", "The referral is closed; nothing is shown any more."), lang)
    return _in(("보여 드릴 것이 없습니다.", "There is nothing to be shown."), lang)


def _shown(move: Move, lang: Lang) -> dict[str, Any]:
    asks: Mapping[str, Both] = {
        "reason": ("사유", "Reason"),
        "outcome": ("결과", "Outcome"),
        "milestone": ("단계", "Step"),
        "redirect_to": ("넘기는 곳", "To whom"),
    }
    return {
        "event": move.event.value,
        "name": say(MOVES, move.event, lang),
        "choice": move.choice,
        "asks": say(asks, move.choice, lang),
        "needed": move.needed,
        "dated": move.dated,
        "groups": [
            (say(LANES, lane, lang) if lane else "", [(value, _of(label, lang)) for value, label in group.items()])
            for lane, group in move.groups.items()
        ],
    }


def _fate(fate: Known, said: str, lang: Lang) -> dict[str, Any]:
    return {
        "id": said,
        "move": say(MOVES, fate.word, lang),
        "said": say(FATES, fate.fate, lang),
        "why": say(REASONS, fate.reason, lang) if fate.reason and fate.fate is Fate.PARKED else "",
        "again": fate.fate is Fate.WAITING,
    }


def _html(page: str, lang: Lang, status: int, headers: Mapping[str, str] | None, **shown: object) -> Response:
    def t(ko: str, en: str) -> str:
        return _in((ko, en), lang)

    other = "en" if lang == "ko" else "ko"
    known = {"lang": lang, "other": other, "t": t}
    text = _PAGES.get_template(page).render(**known, **shown)
    return HTMLResponse(text, status, headers={**HEADERS, **(headers or {})})


def _in(both: Both, lang: Lang) -> str:
    return both[LANGS.index(lang)]


def _of(label: Label, lang: Lang) -> str:
    return label.en if lang == "en" else label.ko
