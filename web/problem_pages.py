"""The pages behind the `type` of every problem: what it means and what to do, in both languages of the house."""

from html import escape
from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response

from web import describe
from web.problem_table import ENTRIES, Entry
from web.problems import Refused

router = APIRouter(tags=["problems"])

_FAULTS: Final = {"sender": ("yours", "보낸 쪽"), "center": ("the center's", "센터")}

_PAGE: Final = """<!doctype html>
<html lang="{lang}"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>body{{font:1.1rem/1.6 system-ui,sans-serif;max-width:42rem;margin:3rem auto;padding:0 1rem}}code{{font-size:1em}}
</style>
{body}
</html>
"""
_CSP: Final = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"}


@router.get(
    "/problems/{code}",
    summary="Explain a problem code",
    response_class=HTMLResponse,
    responses=describe.problems(404),
)
async def explain(code: str, request: Request) -> Response:
    """Say in Korean and English what a problem code means and what to do about it; plain text where asked for."""
    entry = ENTRIES.get(code)
    if entry is None:
        raise Refused("not-found", "There is no such problem code; GET /problems lists them.")
    if request.headers.get("accept", "").startswith("text/plain"):
        return PlainTextResponse(_plain(code, entry))
    return HTMLResponse(_PAGE.format(lang="ko", title=escape(code), body=_html(code, entry)), headers=_CSP)


@router.get("/problems", summary="List the problem codes", response_class=HTMLResponse)
async def every() -> Response:
    """List every problem code a door can answer with."""
    lines = "\n".join(
        f'<li><a href="/problems/{code}"><code>{code}</code></a> {entry.status} · {escape(entry.title_ko)}'
        f' · <span lang="en">{escape(entry.title)}</span>'
        for code, entry in sorted(ENTRIES.items())
    )
    return HTMLResponse(_PAGE.format(lang="ko", title="problems", body=f"<ul>{lines}</ul>"), headers=_CSP)


def _plain(code: str, entry: Entry) -> str:
    en, ko = _FAULTS[entry.fault]
    return (
        f"{code} ({entry.status})\n\n{entry.title_ko}\n책임: {ko}\n조치: {entry.remedy_ko}\n\n"
        f"{entry.title}\nWhose fault: {en}\nWhat to do: {entry.remedy}\n"
    )


def _html(code: str, entry: Entry) -> str:
    en, ko = _FAULTS[entry.fault]
    return (
        f"<h1><code>{escape(code)}</code> ({entry.status})</h1>"
        f"<h2>{escape(entry.title_ko)}</h2><p>책임: {ko}<p>{escape(entry.remedy_ko)}"
        f'<div lang="en"><h2>{escape(entry.title)}</h2><p>Whose fault: {en}.<p>{escape(entry.remedy)}</div>'
    )
