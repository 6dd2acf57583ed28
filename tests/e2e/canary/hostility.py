"""What is thrown at the doors: right and wrong, each with canaries wherever a caller can put words."""

import base64
from typing import Any

import httpx
import orjson

from deployments.clocks import machine_clock
from tests.e2e.canary.markers import text_of
from tests.e2e.faults.stage import Stage
from tests.e2e.faults.walk_in import intake

#: Problem answers are collected here to be looked at.
Answers = list[str]


def client(stage: Stage, nth: int, creditors: int) -> dict[str, Any]:
    """Return the intake of a client who is all canaries; `creditors` chooses who meets which planted fault."""
    money = {"debts_unsecured_won": 62345671, "debts_secured_won": 30517923, "property_won": 20357913}
    body = intake(nth, stage.today, creditors=creditors, neighborhood=text_of("neighborhood"), **money)
    body["client"] |= {
        "name": text_of("name"),
        "phone": text_of("phone"),
        "address": text_of("address"),
        "birth_date": text_of("birth date"),
    }
    child = {"relation": "child", "school_level": "elementary"}
    body["household"] = [
        {**child, "name": text_of("child's name"), "birth_date": text_of("child's birth date")},
        {**child, "name": text_of("second child's name"), "birth_date": "2013-05-10"},
    ]
    # All of them bear the same canaries and are five clients all the same.
    body["same_person"] = False
    return body


async def knock(stage: Stage, number: str, answers: Answers) -> None:
    """Send the staff's door everything it must refuse; keep what it answers."""
    good = client(stage, 90, 8)
    bad: list[dict[str, Any]] = [
        {**good, text_of("unknown field"): text_of("e-mail")},
        {**good, "client": {**good["client"], text_of("unknown field"): 1, "phone": text_of("e-mail")}},
        {**good, "client": {**good["client"], "birth_date": text_of("name")}},
        {**good, "client": {**good["client"], "name": text_of("resident number")}},
        {**good, "client": {**good["client"], "sex": text_of("address")}},
        {**good, "facts": {**good["facts"], "crisis": text_of("unknown field")}},
        {**good, "facts": {**good["facts"], "debts_unsecured_won": text_of("unsecured debts")}},
        {**good, "facts": {**good["facts"], "crisis_on": "2999-01-01", "employer": text_of("name")}},
        {**good, "needs": [text_of("name")]},
        {**good, "consents": [{"purpose": "provision", "recipient": text_of("name"), "items": [], "valid_to": 3}]},
        {**good, "household": [{"relation": text_of("child's name"), "birth_date": text_of("child's birth date")}]},
    ]
    for nth, body in enumerate(bad):
        _keep(answers, await stage.api("POST", "/api/journeys", body, key=f"bad-{nth}"), 422)
    url = text_of("words in a URL")
    words = {"note": text_of("staff's note"), "reference": text_of("agency's reference")}
    events: list[dict[str, Any]] = [
        {"event": "accepted", "referral": text_of("name"), **words},
        {"event": text_of("name")},
        {"event": "facts_changed", "facts": {text_of("unknown field"): text_of("name")}},
        {"event": "facts_changed", "facts": {"birth_date": text_of("birth date")}},
        {"event": "consent_withdrawn", "recipient": text_of("e-mail")},
    ]
    for nth, body in enumerate(events):
        path = f"/api/journeys/{number}/events"
        _keep(answers, await stage.api("POST", path, body, key=f"event-{nth}"), 400)
    for path in (f"/api/journeys/{url}", f"/api/{url}", f"/webhooks/{url}/{url}", f"/{url}?name={text_of('name')}"):
        _keep(answers, await stage.api("GET", path), 400)
    headers = {"authorization": f"Bearer {text_of('bearer token')}", "x-note": text_of("e-mail")}
    _keep(answers, await stage.http.post("/api/journeys", json=good, headers=headers), 401)
    torn = f'{{"client": "{text_of("malformed body")}'.encode()
    _keep(answers, await stage.http.post(f"/webhooks/nhis?q={url}", content=torn, headers={"webhook-id": url}), 400)


async def speak(stage: Stage, referral: str, answers: Answers) -> None:
    """Let an agency say, under its true seal, what it may and what it may not."""
    agency = "mapo-district-office"
    note, parked = text_of("agency's note"), text_of("parked note")
    said: list[dict[str, Any]] = [
        {"referral": referral, "event": "progressed", "milestone": "unheard_of", "note": parked},
        {"referral": referral, "event": "held", "reason": "papers_missing", "note": note},
        {"referral": referral, "event": "resumed", "reference": text_of("agency's reference"), "note": note},
        {"referral": "R-2017-000108-0", "event": "accepted", "note": parked},
        {"referral": referral, "event": "accepted", "note": text_of("resident number")},
    ]
    for words in said:
        answers.append(str((await stage.sandbox.say(agency=agency, **words))["answer"]))
    for body in (
        text_of("malformed body").encode(),
        orjson.dumps({text_of("unknown field"): note}),
        orjson.dumps({"specversion": "1.0", "id": text_of("e-mail"), "type": note, "data": {"note": note}}),
    ):
        raw = {
            "body_base64": base64.b64encode(body).decode(),
            "headers": {"content-type": "application/cloudevents+json"},
            "sign": True,
        }
        answers.append(str((await stage.sandbox.say(agency=agency, raw=raw))["answer"]))
    # A name where the number should be: it is taken, for who knows what comes yet, and stays parked.
    envelope = {
        "specversion": "1.0",
        "id": "named-subject",
        "source": f"/agencies/{agency}",
        "type": "ieum.referral.accepted.v1",
        "subject": text_of("name"),
        "datacontenttype": "application/json",
        "data": {"occurred_at": machine_clock().isoformat(), "note": parked},
    }
    headers = {"content-type": "application/cloudevents+json", "webhook-id": "named-subject"}
    raw = {"body_base64": base64.b64encode(orjson.dumps(envelope)).decode(), "headers": headers, "sign": True}
    answers.append(str((await stage.sandbox.say(agency=agency, raw=raw))["answer"]))


def _keep(answers: Answers, answer: httpx.Response, least: int) -> None:
    assert answer.status_code >= least, f"{answer.request.method} was answered {answer.status_code}"
    assert answer.status_code < 500
    answers.append(f"{answer.headers} {answer.text}")
