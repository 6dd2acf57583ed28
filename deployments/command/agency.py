"""`ieum agency`: which agencies are connected, where they are reached, and the keys shared with them."""

import json
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal, cast

import typer
from rich.table import Table

from deployments.command.running import OUT, Away, WrongUse, foreseen, run, settings

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

    from deployments.books import Books

app = typer.Typer(help="Connect agencies, look at their lines, change their keys.", no_args_is_help=True)

Code = Annotated[str, typer.Argument(help="The agency's code in the catalog.")]
_WHERE: Final = "- to type or pipe it in, or @FILE"
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command()
def add(
    code: Code,
    *,
    url: Annotated[
        str | None,
        typer.Option("--url", help="Where its letters go, e.g. https://agency.example/referrals; not for a mailbox."),
    ] = None,
    inbound: Annotated[str | None, typer.Option(help=f"Its own key for what it sends us: whpk_…, {_WHERE}.")] = None,
    outbound: Annotated[str | None, typer.Option(help=f"Our key for what we send it: {_WHERE}.")] = None,
    as_json: AsJson = False,
) -> None:
    """Connect a catalog agency; keys that are not given are made and shown once. Hand them over on a safe road."""
    chosen = settings()
    with foreseen():
        inbound, outbound = _given(inbound, "inbound"), _given(outbound, "outbound")
    from sqlalchemy import text  # noqa: PLC0415

    from deployments.addresses import endpoint_of  # noqa: PLC0415
    from deployments.books import connected, open_books  # noqa: PLC0415
    from deployments.safe import fresh_webhook_secret  # noqa: PLC0415

    async def work() -> dict[str, str]:
        async with open_books(chosen) as books, books.engine.begin() as connection:
            if code not in books.catalog.agencies:
                raise WrongUse(f"The catalog knows no agency {code!r}; 'ieum agency list' shows those there are.")
            if books.catalog.agency(code).protocol == "mirror":
                raise WrongUse(f"{code} is only mirrored: it gets no letters and says nothing itself.")
            address = endpoint_of(books.catalog.agency(code), url)
            if await connected(connection, code):
                raise WrongUse(
                    f"{code} is connected already; 'ieum agency rotate' changes its keys, 'move' its address."
                )
            await connection.execute(
                text("INSERT INTO agency (code, url, added_at) VALUES (:code, :url, :now)"),
                {"code": code, "url": address, "now": books.now()},
            )
            if books.catalog.agency(code).protocol == "mail":
                return {}
            made = {"inbound": inbound or fresh_webhook_secret(), "outbound": outbound or fresh_webhook_secret()}
            await books.keyring.add(connection, code, "inbound", made["inbound"], books.now())
            await books.keyring.add(connection, code, "outbound", made["outbound"], books.now())
            return {
                name: key
                for name, key, given in (
                    ("inbound", made["inbound"], inbound),
                    ("outbound", made["outbound"], outbound),
                )
                if given is None
            }

    _show_keys(code, run(work), as_json=as_json)


@app.command()
def move(
    code: Annotated[str, typer.Argument(help="The agency's catalog code.")],
    *,
    url: Annotated[
        str | None,
        typer.Option("--url", help="Where its letters go from now on (https://…); a mailbox is the catalog's."),
    ] = None,
) -> None:
    """Give a connected agency's endpoint a new address; a line that was disabled (410) is open again."""
    chosen = settings()
    from deployments.addresses import endpoint_of  # noqa: PLC0415
    from deployments.books import open_books  # noqa: PLC0415
    from tasks.health import move_endpoint  # noqa: PLC0415

    async def work() -> str:
        async with open_books(chosen) as books, books.engine.begin() as connection:
            if code not in books.catalog.agencies:
                raise WrongUse(f"The catalog knows no agency {code!r}; 'ieum agency list' shows those there are.")
            address = endpoint_of(books.catalog.agency(code), url)
            if not await move_endpoint(connection, code, address, books.now()):
                raise WrongUse(f"{code} is not connected; 'ieum agency add {code} --url …' connects it.")
            return f"Letters to {code} go to the new address; those that waited go out on their schedule."

    OUT.print(run(work))


@app.command("list")
def list_(*, as_json: AsJson = False) -> None:
    """List the catalog's agencies: whether they are connected, their live keys and the health of their lines."""
    chosen = settings()
    from sqlalchemy import text  # noqa: PLC0415

    from deployments.addresses import shown  # noqa: PLC0415
    from deployments.books import open_books  # noqa: PLC0415

    async def work() -> list[dict[str, object]]:
        async with open_books(chosen) as books, books.engine.connect() as connection:
            found = await connection.execute(text("SELECT code, url FROM agency"))
            urls: dict[str, str | None] = {row[0]: row[1] for row in found}
            found = await connection.execute(
                text("SELECT agency, breaker, disabled_at, credential_alarm_at FROM endpoint_health")
            )
            lines: dict[str, str] = {row[0]: _line(row[1], row[2], row[3]) for row in found}
            rows: list[dict[str, object]] = []
            for code, agency in sorted(books.catalog.agencies.items()):
                keys = {
                    direction: await _live(books, connection, code, direction) for direction in ("inbound", "outbound")
                }
                rows.append({
                    "code": code,
                    "name": agency.name.en,
                    "protocol": agency.protocol,
                    "connected": code in urls,
                    "url": shown(urls[code]) if urls.get(code) else None,
                    "keys": keys,
                    "line": lines.get(code, "well") if code in urls else None,
                })  # fmt: skip
            return rows

    rows = run(work)
    if as_json:
        OUT.out(json.dumps(rows, ensure_ascii=False, indent=2), highlight=False)
        return
    table = Table()
    for heading in ("code", "name", "connected to", "keys in/out", "line"):
        table.add_column(heading, no_wrap=heading == "code")
    for row in rows:
        keys = cast("dict[str, int | None]", row["keys"])
        where = str(row["url"]) if row["connected"] else ("mirrored" if row["protocol"] == "mirror" else "–")
        table.add_row(
            str(row["code"]),
            str(row["name"]),
            where,
            "/".join("sealed" if live is None else str(live) for live in keys.values()),
            str(row["line"] or "–"),
        )
    OUT.print(table)


@app.command()
def ping(code: Code) -> None:
    """See whether an agency's endpoint can be reached, as letters reach it; nothing about any client is sent."""
    chosen = settings()
    from sqlalchemy import text  # noqa: PLC0415

    from agencies.errors import NotDelivered  # noqa: PLC0415
    from agencies.mailbox import read_mailbox  # noqa: PLC0415
    from agencies.sender import Endpoint, Senders  # noqa: PLC0415
    from deployments.addresses import reach, shown  # noqa: PLC0415
    from deployments.books import open_books  # noqa: PLC0415

    async def work() -> str:
        async with open_books(chosen) as books:
            async with books.engine.connect() as connection:
                found = await connection.execute(text("SELECT url FROM agency WHERE code = :code"), {"code": code})
                url = found.scalar_one_or_none()
                keys = await books.keyring.keys(connection, code, "outbound", books.now())
            if (mailbox := read_mailbox(url or "")) is not None:
                raise WrongUse(f"{code} reads mail at {mailbox}; 'ieum doctor' looks at the mail server.")
            if url is None:
                raise WrongUse(f"{code} is not connected, or has no endpoint; 'ieum agency list' shows what is.")
            known = books.catalog.agencies.get(code)
            endpoint = Endpoint(code, url, tuple(known.private_ranges) if known is not None else ())
            async with Senders(center=chosen.center, clock=books.now) as senders:
                try:
                    status = await reach(senders, endpoint, keys)
                except NotDelivered as away:
                    raise Away(f"{code} cannot be reached at {shown(url)} ({away.why}); ask the agency.") from None
        return f"{code} answers at {shown(url)} (HTTP {status} to a sealed GET)"

    OUT.print(run(work), soft_wrap=True)


@app.command()
def rotate(
    code: Code,
    *,
    direction: Annotated[
        Literal["inbound", "outbound"], typer.Option(help="inbound: the agency's key; outbound: ours.")
    ] = "outbound",
    key: Annotated[str | None, typer.Option(help=f"The new key, where the agency made it: whpk_…, {_WHERE}.")] = None,
    overlap_hours: Annotated[float, typer.Option(min=0, help="How long the old key still works.")] = 24.0,
    as_json: AsJson = False,
) -> None:
    """Put a new key in front of the old one, which goes on working for a while; the new one is shown once."""
    chosen = settings()
    with foreseen():
        key = _given(key, "key")
    from datetime import timedelta  # noqa: PLC0415

    from deployments.books import connected, open_books  # noqa: PLC0415

    async def work() -> dict[str, str]:
        async with open_books(chosen) as books, books.engine.begin() as connection:
            if not await connected(connection, code):
                raise WrongUse(f"{code} is not connected; 'ieum agency add {code} --url …' connects it.")
            made = await books.keyring.rotate(
                connection, code, direction, books.now(), text=key, overlap=timedelta(hours=overlap_hours)
            )
            return {} if key is not None else {direction: made}

    _show_keys(code, run(work), as_json=as_json)


@app.command()
def reseal() -> None:
    """Seal every stored key anew with the newest master key, so that an older one can be left out of the settings."""
    chosen = settings()
    from deployments.books import open_books  # noqa: PLC0415

    async def work() -> str:
        async with open_books(chosen) as books, books.engine.begin() as connection:
            done, left = await books.keyring.reseal(connection)
        if left:
            raise WrongUse(
                f"{done} keys are sealed anew, {left} cannot be opened with any master key given:"
                " do not leave the older one out yet; 'ieum doctor' names their agencies."
            )
        return f"{done} keys are sealed with the newest master key; an older one can be left out now."

    OUT.print(run(work))


async def _live(
    books: "Books", connection: "AsyncConnection", code: str, direction: Literal["inbound", "outbound"]
) -> int | None:
    """Count the live keys; None where there are some and none can be opened."""
    from agencies.errors import BadEntry  # noqa: PLC0415

    try:
        return len(await books.keyring.keys(connection, code, direction, books.now()))
    except BadEntry:
        return None


def _given(option: str | None, name: str) -> str | None:
    """Return a key that was given by an option; a secret is read from where no other user of the machine looks.

    Raises:
        WrongUse: a secret stands on the command line, or the file cannot be read.
    """
    if option is None or option.startswith("whpk_"):
        return option
    if option == "-":
        stdin = typer.get_text_stream("stdin")
        text: str = typer.prompt(name, hide_input=True, err=True) if stdin.isatty() else stdin.readline()
    elif option.startswith("@"):
        try:
            text = Path(option[1:]).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            raise WrongUse(f"The file named by --{name} cannot be read.") from None
    else:
        raise WrongUse(
            f"--{name} takes no secret: everybody on this machine can read a command line. "
            f"Give '--{name} -' and type or pipe it in, or '--{name} @FILE'; if it was a real one, make another."
        )
    if not text.strip():
        raise WrongUse(f"There is no key where --{name} says.")
    return text.strip()


def _line(breaker: str, disabled_at: datetime | None, alarm_at: datetime | None) -> str:
    if disabled_at is not None:
        return "gone (410): give a new address"
    if alarm_at is not None:
        return "it refuses our key: rotate"
    return "well" if breaker == "closed" else f"breaker {breaker}"


def _show_keys(code: str, keys: dict[str, str], *, as_json: bool) -> None:
    if as_json:
        OUT.out(json.dumps({"agency": code, "keys": keys}), highlight=False)
        return
    OUT.print(f"{code}: done.")
    for direction, key in keys.items():
        OUT.out(f"  {direction:<9} {key}", highlight=False)
    if keys:
        OUT.print("Shown this once: hand it to the agency on a safe road, then clear the screen.")
