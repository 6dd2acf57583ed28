"""How the staff's door takes in that a client has another phone or address: no event keeps how they read."""

import hashlib
import hmac
from collections.abc import Iterator
from datetime import date
from typing import Final

import orjson
from pydantic import JsonValue

from agencies.keyring import Keyring
from models.facts import Facts
from tasks.contact import Contact, Heard, NotChanged, Told, change_contact
from web import checks
from web.doors import Doors
from web.field_problems import FieldProblem
from web.letterbox import Arrival, Receipt
from web.problems import Refused
from web.reach import Budget
from web.shapes import ContactChanged

#: What stands in the client's own row, and what are facts of the journey.
_OWN: Final[tuple[Told, ...]] = ("phone", "address", "address_secret")
_FACTS: Final = ("district", "neighborhood")
_PURPOSE: Final = "changes of contact 1"


def of_contact(said: ContactChanged, known: Facts, day: date) -> Iterator[FieldProblem]:
    """Yield what is wrong with a changed phone or address."""
    told = said.model_fields_set.intersection(_OWN)
    if not told:
        remedy = "Send phone, address or address_secret; a district alone is a changed fact."
        yield FieldProblem("phone", "nothing is changed", remedy)
    facts = _facts_of(said)
    if facts:
        for problem in checks.of_changed_facts(Facts.model_validate(facts), known, day):
            yield FieldProblem(problem.field.removeprefix("facts."), problem.problem, problem.remedy)


async def take_in(
    doors: Doors, journey: str, said: ContactChanged, arrival: Arrival, body: JsonValue, budget: Budget
) -> Receipt:
    """Change it, or return what was done before under the same key.

    Args:
        doors: With the database and the time.
        journey: The journey's number.
        said: Checked.
        arrival: Who says so, under which key, and when it changed; its data and digest are kept nowhere.
        body: As it was sent.
        budget: Of this call.

    Raises:
        Refused: `unknown-journey`, `forgotten`, or `key-reused`.
        DatabaseAway: It is not known whether it was done.
    """
    digests = digests_of(doors.keyring, {"key": arrival.source_id, "journey": journey, "body": body})
    contact = Contact(
        given={name: getattr(said, name) for name in _OWN if name in said.model_fields_set},
        facts=_facts_of(said),
        source=arrival.source,
        source_id=arrival.source_id,
        digest=digests[0],
        occurred_at=arrival.occurred_at,
    )
    refused: NotChanged | None = None
    heard: Heard | None = None
    try:
        heard = await budget.repeatably(lambda: change_contact(doors.engine, journey, contact, doors.clock()))
    except NotChanged as not_changed:
        refused = not_changed
    if heard is None:
        raise Refused("unknown-journey" if refused is None else refused.code)
    if heard.digest not in digests:
        raise Refused("key-reused", "Something else was said under this Idempotency-Key.")
    return Receipt(heard.id, fresh=heard.fresh, digest=heard.digest)


def _facts_of(said: ContactChanged) -> dict[str, str | None]:
    return {name: getattr(said, name) for name in _FACTS if name in said.model_fields_set}


def digests_of(keyring: Keyring, said: JsonValue) -> list[str]:
    """Return the HMAC-SHA256 (hex) of what was said under each master key, the newest first.

    A phone number is soon guessed from a hash that anybody can make; this one nobody can who has the database alone.
    """
    written = orjson.dumps(said, option=orjson.OPT_SORT_KEYS)
    return [hmac.new(key, written, hashlib.sha256).hexdigest() for key in keyring.derived(_PURPOSE)]
