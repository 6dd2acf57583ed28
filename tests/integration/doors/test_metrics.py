"""The page Prometheus reads: well-formed, named as Prometheus asks, and telling what is so."""

import re
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

from models.agency import EndpointHealth
from models.keys import uuid7
from models.notice import Notice
from models.outbox import Letter
from models.vocabulary import Desk
from tasks.tally import Tally
from tests.integration.doors.house import AGENCY, NOW, House

DOCS = Path(__file__).parents[3] / "docs"
#: Units that are none of Prometheus's base units.
ODD_UNITS = re.compile(r"_(?:ms|millis|milliseconds|minutes|hours|days|kb|mb|kilobytes|megabytes|percent)(?:_|$)")


def samples(families: Iterable[Metric]) -> dict[str, float]:
    """Return every sample by its name and labels, written as on the page but for the quotes."""
    return {
        f"{sample.name}{{{','.join(f'{k}={v}' for k, v in sorted(sample.labels.items()))}}}": sample.value
        for family in families
        for sample in family.samples
    }


async def read(house: House) -> list[Metric]:
    """Return what the page says, parsed."""
    return list(text_string_to_metric_families((await house.http.get(f"{house.base}/metrics")).text))


async def test_names_are_as_prometheus_asks_and_each_stands_in_the_docs(house: House) -> None:
    await house.post(house.event())
    tally = Tally()
    families = [*await read(house), *tally.registry.collect()]
    told = set(re.findall(r"`(ieum_[a-z_]+)`", (DOCS / "operations.md").read_text()))

    assert len(families) > 30
    for family in families:
        # The parser takes `_total` off a counter's name, and a registry has never put it on.
        name = family.name + ("_total" if family.type == "counter" else "")
        if name.endswith("_created"):
            continue
        assert re.fullmatch(r"ieum(?:_[a-z]+)+", name)
        assert not ODD_UNITS.search(name)
        assert family.type == "counter" or not name.endswith("_total")
        assert family.documentation
        assert name in told, f"docs/operations.md does not explain {name}"
    shown = {f.name + ("_total" if f.type == "counter" else "") for f in families}
    assert set() == {name for name in told if re.sub(r"_(bucket|count|sum)$", "", name) not in shown}


async def test_it_tells_what_waits_and_how_the_lines_stand(house: House) -> None:
    await house.with_referral()
    await house.post(house.event())
    letter: dict[str, object] = {
        "desk": Desk.EMERGENCY_AID,
        "agency": AGENCY,
        "type": "referral.reminded",
        "body": {},
        "created_at": NOW,
        "next_attempt_at": NOW,
        "sequence": 1,
    }
    other = "mapo-welfare-team"
    await house.store(
        *(
            Letter.model_validate({**letter, "id": uuid7(NOW), "cause": f"c{n}", "agency": agency, **changed})
            for n, (agency, changed) in enumerate(
                [
                    (AGENCY, {"next_attempt_at": NOW + timedelta(minutes=1)}),
                    (other, {"created_at": NOW - timedelta(hours=1), "next_attempt_at": NOW - timedelta(minutes=9)}),
                    (other, {"state": "with_person"}),
                    (other, {"state": "sent"}),
                ]
            )
        ),
        Notice.model_validate({"id": uuid7(NOW), "desk": "intake", "code": "declined", "key": "k", "raised_at": NOW}),
    )
    house.now += timedelta(minutes=5)

    before = samples(await read(house))
    await house.store(
        EndpointHealth.model_validate({"agency": AGENCY, "breaker": "open", "disabled_at": NOW, "changed_at": NOW})
    )
    after = samples(await read(house))

    assert 1 == before["ieum_database_reachable{}"] == before["ieum_metrics_complete{}"]
    assert 1 == before["ieum_inbox_waiting{desk=emergency-aid}"]
    assert 300 == before["ieum_inbox_oldest_seconds{desk=emergency-aid}"]
    assert 0 == before["ieum_inbox_waiting{desk=intake}"]
    assert 2 == before["ieum_outbox_waiting{desk=emergency-aid}"]
    assert 3900 == before["ieum_outbox_oldest_seconds{desk=emergency-aid}"]
    assert 840 == before["ieum_outbox_due_seconds{desk=emergency-aid}"]
    assert 1 == before["ieum_letters_with_person{}"]
    assert (1, 0) == (before["ieum_notices_open{code=declined}"], before["ieum_notices_open{code=no_agency_left}"])
    assert f"ieum_agency_breaker{{agency={AGENCY},state=open}}" not in before
    assert (1, 0) == (
        after[f"ieum_agency_breaker{{agency={AGENCY},state=open}}"],
        after[f"ieum_agency_breaker{{agency={AGENCY},state=closed}}"],
    )
    assert 1 == after[f"ieum_agency_endpoint_disabled{{agency={AGENCY}}}"]
    assert 0 == after[f"ieum_agency_credential_alarm{{agency={AGENCY}}}"]
    assert 16 == after["ieum_database_pool_connections_limit{}"]
    assert 1 <= after["ieum_database_connections{}"] < after["ieum_database_connections_limit{}"]
    assert 1 == after["ieum_door_request_duration_seconds_count{door=webhooks}"]


async def test_a_look_that_fails_is_said_and_leaves_no_old_numbers(house: House) -> None:
    whole = samples(await read(house))
    await house.change("ALTER TABLE set_aside RENAME TO set_apart")
    broken = samples(await read(house))

    assert (1, 1) == (whole["ieum_metrics_complete{}"], whole["ieum_database_reachable{}"])
    assert (0, 1) == (broken["ieum_metrics_complete{}"], broken["ieum_database_reachable{}"])
    assert {"ieum_outbox_waiting{desk=intake}", "ieum_events_parked{}"} <= whole.keys() - broken.keys()
