"""What a person decides at the terminal is done: events replayed or set aside, letters resent, agencies connected."""

import asyncio
import json
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from deployments.processes import free_port
from models.vocabulary import Need
from tests.e2e.command import Ieum
from tests.integration.ground import Ground

COUNSELING = "financial-counseling"
AGENCY = "agency:microfinance-desk"


def command_on(database_url: str, folder: Path) -> Ieum:
    """Give the command on a named database and a state folder of its own."""
    command = Ieum(folder / "state", free_port())
    command.settings["IEUM_DATABASE_URL"] = database_url
    return command


async def said(command: Ieum, *arguments: str) -> str:
    """Run a command that must succeed, and return what it said."""
    answer = await asyncio.to_thread(command.run, *arguments)
    assert 0 == answer.returncode, answer.stderr
    return answer.stdout


async def test_parked_held_back_and_refused_is_settled_by_a_person(
    ground: Ground, database_url: str, tmp_path: Path
) -> None:
    ieum = command_on(database_url, tmp_path)
    await ground.walks_in(Need.DEBT)
    await ground.work()
    number = await ground.number(COUNSELING)
    await ground.change("UPDATE letter SET state = 'with_person' WHERE referral_number = :n", n=number)
    early = await ground.put(AGENCY, "resumed", number=number)
    strange = await ground.put(AGENCY, "progressed", number=number, milestone="pondered")
    later = await ground.put(AGENCY, "held", number=number, hours=1)
    await ground.work()
    fates = await ground.fates()
    assert ["parked: no_road", "held_back: unknown_word", "held_back: set_aside"] == [
        fates[event or 0] for event in (early, strange, later)
    ]

    assert "1 letters of" in await said(ieum, "letter", "resend", number)
    assert f"Event {strange} is set aside for good; 1 others wait" in await said(
        ieum, "event", "set-aside", f"{strange}", "--why", "no such milestone"
    )
    await ground.work()
    assert [("on_hold",)] == await ground.rows("SELECT state FROM referral WHERE number = :n", n=number)

    # What came too early was heard again by itself when the referral moved; a person may have it heard once more.
    await ground.change("UPDATE inbox_event SET fate = 'parked', fate_reason = 'no_road' WHERE id = :id", id=early)
    assert "1 events wait at the desk debt-relief" in await said(ieum, "event", "replay", f"{early}")
    await ground.work()

    fates = await ground.fates()
    assert ("dropped: set_aside_by_staff", "applied") == (fates[strange or 0], fates[later or 0])
    assert "parked" not in fates[early or 0]
    assert [("waiting",)] == await ground.rows("SELECT state FROM letter WHERE referral_number = :n", n=number)


async def test_a_notice_is_listed_and_settled_by_a_person_and_what_is_stuck_is_not(
    ground: Ground, database_url: str, tmp_path: Path
) -> None:
    ieum = command_on(database_url, tmp_path)
    for signed in ((), (), ("microfinance-desk",)):
        await ground.walks_in(Need.DEBT, signed=signed)
    await ground.work()
    # Born in one millisecond, only their last digits tell them apart.
    await ground.change(
        "UPDATE notice SET id = CAST('019a0000-0000-7000-8000-00000000000' || nth AS uuid)"
        " FROM (SELECT id AS old, row_number() OVER (ORDER BY id) AS nth FROM notice) AS o WHERE id = old"
    )
    [(number,)] = await ground.rows(
        "SELECT number FROM referral WHERE program = :p AND state = 'requested'", p=COUNSELING
    )
    await ground.put(AGENCY, "progressed", number=number, milestone="pondered")
    await ground.work()

    listed = json.loads(await said(ieum, "notice", "list", "--desk", "debt-relief", "--json"))
    missing = [each["id"] for each in listed if each["code"] == "consent_missing"]
    [stuck] = [each["id"] for each in listed if each["code"] == "journey_set_aside"]
    shown = await said(ieum, "notice", "list")
    assert {each["id"] for each in listed} == {each["id"] for each in listed if each["id"] in shown}
    assert missing[0] in await said(ieum, "digest")
    others = await asyncio.to_thread(ieum.run, "notice", "settle", "019a0000", "--why", "done")
    stands = await asyncio.to_thread(ieum.run, "notice", "settle", stuck, "--why", "done")
    done = await said(ieum, "notice", "settle", missing[0], "--why", " told the client ")
    again = await said(ieum, "notice", "settle", missing[0].replace("-", "").upper(), "--why", "told her again")

    assert (2, True) == (others.returncode, "Several notices' ids begin so" in others.stderr)
    assert (2, True) == (stands.returncode, "mended by: ieum event replay" in stands.stderr)
    assert f"{missing[0]} (consent_missing) is settled." in done
    assert "was settled by cli:" in again
    kept = await ground.rows("SELECT settled_by LIKE 'cli:%', settled_why FROM notice WHERE settled_at IS NOT NULL")
    assert [(True, "told the client")] == kept
    assert missing[0] not in await said(ieum, "notice", "list")


async def test_an_agency_is_connected_with_fresh_keys_once_and_then_moved(
    ground: Ground, database_url: str, tmp_path: Path
) -> None:
    ieum = command_on(database_url, tmp_path)

    keys = json.loads(await said(ieum, "agency", "add", "nhis", "--url", "http://127.0.0.1:9/letters", "--json"))
    again = await asyncio.to_thread(ieum.run, "agency", "add", "nhis", "--url", "http://127.0.0.1:9/letters")
    moved = await said(ieum, "agency", "move", "nhis", "--url", "http://127.0.0.1:9/elsewhere")
    [nhis] = [each for each in json.loads(await said(ieum, "agency", "list", "--json")) if each["code"] == "nhis"]

    assert {"inbound", "outbound"} == keys["keys"].keys()
    assert all(key.startswith("whsec_") for key in keys["keys"].values())
    assert (2, True) == (again.returncode, "connected already" in again.stderr)
    assert "new address" in moved
    assert (True, {"inbound": 1, "outbound": 1}) == (nhis["connected"], nhis["keys"])
    assert [("http://127.0.0.1:9/elsewhere",)] == await ground.rows("SELECT url FROM agency")
    # The database holds them sealed.
    sealed = await ground.rows("SELECT agency_key::text FROM agency_key")
    assert len(sealed) == 2
    assert not [row for row in sealed if any(key.removeprefix("whsec_") in row[0] for key in keys["keys"].values())]


async def test_keys_sealed_with_a_lost_master_key_are_named_and_can_be_replaced(
    ground: Ground, database_url: str, tmp_path: Path
) -> None:
    ieum = command_on(database_url, tmp_path)
    for code in ("nhis", "legal-aid"):
        await said(ieum, "agency", "add", code, "--url", "http://127.0.0.1:9/letters")
    assert "4 keys are sealed with the newest master key" in await said(ieum, "agency", "reseal")
    await ground.change("UPDATE agency_key SET sealed = 'damaged' WHERE agency = 'nhis'")

    listed = {each["code"]: each["keys"] for each in json.loads(await said(ieum, "agency", "list", "--json"))}
    examined = json.loads((await asyncio.to_thread(ieum.run, "doctor", "--json")).stdout)
    resealed = await asyncio.to_thread(ieum.run, "agency", "reseal")
    for direction in ("inbound", "outbound"):
        await said(ieum, "agency", "rotate", "nhis", "--direction", direction)

    assert {"inbound": None, "outbound": None} == listed["nhis"]
    assert {"inbound": 1, "outbound": 1} == listed["legal-aid"]
    [keys] = [check for check in examined if check["part"] == "Agency keys"]
    assert (False, "cannot be opened: nhis") == (keys["ok"], keys["said"])
    assert (2, True) == (resealed.returncode, "2 cannot be opened" in resealed.stderr)
    examined = json.loads(await said(ieum, "doctor", "--json"))
    assert [True] == [check["ok"] for check in examined if check["part"] == "Agency keys"]


async def test_migrate_makes_the_tables_of_a_named_database_and_may_be_repeated(
    empty_database_url: str, tmp_path: Path
) -> None:
    ieum = command_on(empty_database_url, tmp_path)

    for _ in range(2):
        answer = await asyncio.to_thread(ieum.run, "migrate")
        assert (0, True) == (answer.returncode, "are up to date" in answer.stderr), answer.stderr

    engine = create_async_engine(empty_database_url)
    async with engine.connect() as connection:
        assert (await connection.execute(text("SELECT count(*) FROM journey"))).scalar_one() == 0
    await engine.dispose()
    examined = json.loads(await said(ieum, "doctor", "--json"))
    assert [] == [check for check in examined if not check["ok"]]
