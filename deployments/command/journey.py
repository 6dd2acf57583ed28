"""`ieum journey`: open a journey from a file, look at one, merge two, note a paper, at the doors of a running house."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, cast
from uuid import uuid4

import typer
from rich.table import Table

from deployments.command.running import OUT, Away, WrongUse, run, settings

if TYPE_CHECKING:
    import httpx

#: The door's answer where a person must decide first.
CONFLICT: Final = 409

app = typer.Typer(help="Open a journey, look at one, merge two, note a paper.", no_args_is_help=True)


@app.command("open")
def open_(
    file: Annotated[Path, typer.Argument(help="YAML or JSON, the body of POST /api/journeys; or a scenario file.")],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print the door's answer.")] = False,
) -> None:
    """Open a journey through the intake door of the house that runs (`ieum up`)."""
    import yaml  # noqa: PLC0415

    try:
        read: object = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (UnicodeDecodeError, yaml.YAMLError):
        raise typer.BadParameter("it is neither YAML nor JSON", param_hint=str(file)) from None
    except OSError as error:
        raise typer.BadParameter(error.strerror or "it cannot be read", param_hint=str(file)) from None
    if not isinstance(read, dict):
        raise typer.BadParameter("it holds no mapping; begin it with 'client:'", param_hint=str(file))
    body = cast("dict[str, object]", read)
    answer = _call("POST", "/api/journeys", body.get("opened", body))
    OUT.out(
        json.dumps(answer, ensure_ascii=False, indent=2) if as_json else f"{answer['number']} is open", highlight=False
    )


@app.command()
def show(
    number: Annotated[str, typer.Argument(help="The journey's number, e.g. J-2017-000042-1.")],
    *,
    screenings: Annotated[
        bool, typer.Option("--screenings", help="What the pre-screenings said, with the client's amounts.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the door's answer.")] = False,
) -> None:
    """Show a journey's referrals: state, agency, whose turn it is, whose the days were, and what is due."""
    answer = _call("GET", f"/api/journeys/{number}{'/screenings?limit=100' if screenings else ''}", None)
    if as_json:
        OUT.out(json.dumps(answer, ensure_ascii=False, indent=2), highlight=False)
        return
    (_print_screenings if screenings else _print_journey)(answer)


def _print_journey(answer: Mapping[str, Any]) -> None:
    """Print a journey as it stands."""
    if answer.get("merged"):
        OUT.print(f"  it holds what was {', '.join(answer['merged'])}", soft_wrap=True)
    table = Table(title=f"{answer['number']}, open since {answer.get('opened_on', '')}", title_justify="left")
    for heading in ("number", "program", "agency", "state", "turn", "outcome", "as far as"):
        table.add_column(heading)
    table.add_column("days: center, agency, client", justify="right")
    for referral in answer.get("referrals", []):
        row = (referral.get(name) or "" for name in ("number", "program", "agency", "state", "whose_turn", "outcome"))
        table.add_row(*map(str, row), _so_far(referral), _days(referral))
    if answer.get("dormant_since"):
        OUT.print(f"  dormant since {answer['dormant_since']}: {answer['dormant_reason']}; the event 'woken' goes on")
    OUT.print(table)
    OUT.print(_deadlines(answer.get("referrals", [])))
    for referral in answer.get("referrals", []):
        for line in referral.get("outlook", []):
            OUT.print(f"  outlook, {referral['program']}: {line}", soft_wrap=True, markup=False)
    for paper in answer.get("evidence", []):
        OUT.print(f"  paper: {paper_line(paper)}", soft_wrap=True, markup=False)
    for notice in answer.get("notices", []):
        about = f" {notice['about']}" if notice.get("about") else ""
        name = f" · {notice['label']['ko']} / {notice['label']['en']}" if notice.get("label") else ""
        OUT.print(f"  a person is needed: {notice['code']}{about} {notice.get('detail', '')}{name}", soft_wrap=True)
        OUT.print(f"    if it is done: ieum notice settle {notice['id']} --why WHY", soft_wrap=True, markup=False)
    for aside in answer.get("set_aside", []):
        OUT.print(f"  {set_aside_line(aside)}", soft_wrap=True, markup=False)


@app.command()
def merge(
    number: Annotated[str, typer.Argument(help="The journey that ends, e.g. J-2017-000042-1.")],
    into: Annotated[str, typer.Argument(help="The journey of the same person that stays.")],
    *,
    sure: Annotated[bool, typer.Option("--sure", help="It is one person although birth date or sex differ.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the door's answer.")] = False,
) -> None:
    """Merge a journey into another one of the same person, with both histories. It cannot be undone."""
    answer = _call("POST", f"/api/journeys/{number}/merge", {"into": into, "sure": sure})
    if as_json:
        OUT.out(json.dumps(answer, ensure_ascii=False, indent=2), highlight=False)
        return
    OUT.out(f"{answer['merged']} ended in {answer['number']}", highlight=False)
    for name, what in (("withdrawn", "withdrawn as duplicates"), ("taken_over", "facts taken over")):
        if answer[name]:
            OUT.out(f"  {what}: {', '.join(answer[name])}", highlight=False)
    told = {each["fact"]: f"{each['kept']} stays, the other said {each['other']}" for each in answer["differences"]}
    for name in answer["differ"]:
        OUT.out(f"  ask the client: {name} {told.get(name, 'differs')}", highlight=False)


@app.command()
def evidence(
    number: Annotated[str, typer.Argument(help="The journey's number, e.g. J-2017-000042-1.")],
    kind: Annotated[str, typer.Argument(help="Kind of paper: a code of catalog/evidence.yaml.")],
    *,
    referral: Annotated[str | None, typer.Option("--referral", help="The referral it was handed in for.")] = None,
    received: Annotated[str | None, typer.Option("--received", help="Day it was received; today.")] = None,
    until: Annotated[str | None, typer.Option("--until", help="Last day on which it is good; by the catalog.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the door's answer.")] = False,
) -> None:
    """Note that the client handed a paper in: its kind and its days, never what is in it."""
    given = {"kind": kind, "referral": referral, "received_on": received, "valid_until": until}
    body = {name: value for name, value in given.items() if value is not None}
    answer = _call("POST", f"/api/journeys/{number}/evidence", body, key=uuid4().hex)
    if as_json:
        OUT.out(json.dumps(answer, ensure_ascii=False, indent=2), highlight=False)
        return
    OUT.out(f"noted: {paper_line(answer)}", highlight=False)


def paper_line(paper: Mapping[str, Any]) -> str:
    """Say what paper it is, what for, and until when it is good."""
    name = f" ({paper['label']['ko']} / {paper['label']['en']})" if paper.get("label") else ""
    about = f" for {paper['referral']}" if paper.get("referral") else ""
    ended = "" if paper["good"] else ", not good any more"
    return f"{paper['kind']}{name}{about}, received {paper['received_on']}, good until {paper['valid_until']}{ended}"


def _print_screenings(answer: Mapping[str, Any]) -> None:
    """Print what the pre-screenings said, the newest first."""
    for said in answer["screenings"]:
        head = f"{said['asked_on']}  {said['program']}  {said['result']}: {said['reason']}"
        OUT.out(f"{head} (catalog {said['params_version']})", highlight=False)
        for line in (*said["routes"], *said["lines"], *said["law"]):
            OUT.out(f"    {line}", highlight=False)
    if not answer["screenings"]:
        OUT.out(f"No pre-screening of {answer['journey']} was asked for yet.", highlight=False)
    if answer["next"]:
        OUT.out(f"Older ones: GET {answer['next']}", highlight=False)


def set_aside_line(aside: Mapping[str, Any]) -> str:
    """Say which desk cannot go on, why, and what lets it."""
    why = " ".join(filter(None, (aside["reason"], aside.get("detail"))))
    event = aside.get("event_id")
    then = f"ieum event replay {event}" if event is not None else "see docs/runbook.md"
    return f"set aside at {aside['desk']}: {why}; once the cause is mended: {then}"


def _so_far(referral: Mapping[str, Any]) -> str:
    """Say how far a referral has come, what it followed and what follows it, and whether the client came."""
    words = [_lanes(referral.get("milestones", {}))]
    words += [
        f"{word} {referral[name]}"
        for word, name in (("after", "predecessor"), ("then", "successor"))
        if referral.get(name)
    ]
    if referral.get("appointments_missed") or referral.get("contact_attempts"):
        missed, attempts = referral["appointments_missed"], referral["contact_attempts"]
        words.append(f"{missed} appointments missed, {attempts} attempts to reach the client")
    return "; ".join(filter(None, words))


def _lanes(milestones: Mapping[str, list[dict[str, Any]]]) -> str:
    """Say how far each lane has come: the main lane by its last milestone, the others by name."""
    last = {lane: reached[-1]["code"] for lane, reached in milestones.items() if reached}
    return ", ".join(code if lane == "main" else f"{lane}: {code}" for lane, code in last.items())


def _days(referral: Mapping[str, Any]) -> str:
    """Say how many days each party held a referral."""
    held = referral.get("days_by_party", {})
    return "  ".join(f"{held.get(party, 0):.1f}" for party in ("center", "agency", "client"))


def _deadlines(referrals: list[dict[str, Any]]) -> Table:
    """Show what is due, and what was not met in time; what was, is only counted."""
    every = [(referral["number"], due) for referral in referrals for due in referral.get("deadlines", [])]
    shown = [(number, due) for number, due in every if due["status"] != "met"]
    table = Table(title="deadlines", title_justify="left")
    for heading in ("number", "deadline", "what", "owed by", "due", "status"):
        table.add_column(heading)
    for number, due in sorted(shown, key=lambda pair: str(pair[1]["due_at"])):
        what, status = due["label"]["en"], due["status"].replace("_", " ")
        table.add_row(number, due["code"], what, due["owed_by"], last_day(due), status)
    table.caption = f"{len(every) - len(shown)} more were met in time; --json lists them"
    return table


def last_day(due: Mapping[str, Any]) -> str:
    """Say until when: the last day, where it was moved from, and where it was extended from."""
    raw, effective, before = due["due_raw"], due["due_effective"], due.get("extended_from")
    last = raw if raw == effective else f"{effective} (counted {raw})"
    return f"{last}, extended from {before}" if before else last


def _call(method: str, path: str, body: object, *, key: str | None = None) -> dict[str, Any]:
    """Call a door of the running house.

    Raises:
        typer.Exit: it is away (3), or refuses (2), with what the door says.
    """
    chosen = settings()
    import httpx  # noqa: PLC0415

    from deployments.safe import open_safe  # noqa: PLC0415

    url = chosen.public_url or f"http://{chosen.door_host}:{chosen.door_port}"

    async def work() -> dict[str, Any]:
        headers = {"authorization": f"Bearer {open_safe(chosen).bearer}"}
        headers |= {} if key is None else {"idempotency-key": key}
        try:
            async with httpx.AsyncClient(base_url=url, headers=headers, timeout=30, trust_env=False) as door:
                answer = await door.request(method, path, json=body)
        except httpx.HTTPError as error:
            raise Away(f"No house answers at {url} ({type(error).__name__}); start it with 'ieum up'.") from None
        if not answer.is_success:
            raise (WrongUse if answer.is_client_error else Away)(_said(answer))
        return answer.json()

    return run(work)


def _said(answer: "httpx.Response") -> str:
    try:
        told = answer.json()
    except ValueError:
        return f"The door answered {answer.status_code}; is that an Ieum door?"
    lines = [f"The door answered {answer.status_code}: {told.get('detail') or told.get('title')}"]
    lines += [
        f"  {each.get('field')}: {each.get('problem')}; {each.get('remedy')}" for each in told.get("errors") or ()
    ]
    if answer.status_code == CONFLICT and told.get("remedy"):
        lines.append(f"  {told['remedy']}")
    return "\n".join(lines)
