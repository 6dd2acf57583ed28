"""How the doors are described on the OpenAPI page: what they take and answer, with an invented example each."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final, TypeAlias

from pydantic import BaseModel, TypeAdapter

from agencies.event import EventData
from models.vocabulary import AGENCY_EVENTS
from web.problem_table import ENTRIES
from web.views import ProblemView

#: A model, or an adapter of a union of models.
ShapeLike: TypeAlias = type[BaseModel] | TypeAdapter[Any]

_REFERENCE: Final = "#/components/schemas/{model}"

#: Schemas that openapi_extra refers to, by name; the app puts them among the components.
SCHEMAS: Final[dict[str, Any]] = {}

INTAKE_EXAMPLE: Final[dict[str, Any]] = {
    "client": {"name": "홍길순", "birth_date": "1976-03-02", "sex": "female", "phone": "010-0000-0000"},
    "household": [{"relation": "child", "birth_date": "2004-05-10", "school_level": "middle"}],
    "needs": ["living", "benefits", "debt", "job"],
    "facts": {"district": "mapo", "marital": "divorced", "crisis": "divorce_income_loss", "monthly_income": 0},
    "consents": [
        {"purpose": "collection", "items": ["name", "birth_date", "phone"], "valid_to": "2099-12-31"},
    ],
}
EVENT_EXAMPLE: Final[dict[str, Any]] = {
    "event": "completed",
    "referral": "R-2017-000108-8",
    "outcome": "ended",
    "occurred_at": "2017-12-06T10:00:00+09:00",
}
CLOUD_EVENT_EXAMPLE: Final[dict[str, Any]] = {
    "specversion": "1.0",
    "id": "6f1b2c3d-0001",
    "source": "/agencies/nhis",
    "type": "ieum.referral.accepted.v1",
    "subject": "R-2017-000108-8",
    "time": "2017-12-04T05:00:00Z",
    "datacontenttype": "application/json",
    "data": {"occurred_at": "2017-12-04T14:00:00+09:00", "reference": "2017-1234"},
}

_KEY: Final[dict[str, Any]] = {
    "name": "Idempotency-Key",
    "in": "header",
    "schema": {"type": "string", "pattern": "^[A-Za-z0-9_:-]{1,90}$"},
    "description": "New for each new content, the same when it is repeated.",
}
KEY_OPTIONAL: Final[dict[str, Any]] = {"parameters": [{**_KEY, "required": False}]}
KEY_REQUIRED: Final[dict[str, Any]] = {"parameters": [{**_KEY, "required": True}]}
SEAL: Final[dict[str, Any]] = {
    "parameters": [
        {
            "name": name,
            "in": "header",
            "required": True,
            "schema": {"type": "string", "pattern": pattern},
            "description": description,
        }
        for name, pattern, description in (
            ("webhook-id", "^[A-Za-z0-9_:-]{1,256}$", "The event's id; the same in every attempt."),
            ("webhook-timestamp", "^[0-9]{1,12}$", "Unix seconds of this attempt, within 300 of now."),
            (
                "webhook-signature",
                "^v1a?,",
                "Standard Webhooks: v1 (HMAC-SHA256) or v1a (Ed25519); several, by blanks.",
            ),
        )
    ]
}


def answer(view: type[BaseModel], description: str) -> dict[str, Any]:
    """Return the description of a good answer."""
    return {"model": view, "description": description}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the descriptions of refusals: every code of the table with such a status; every door may be full."""
    return {
        status: {
            "description": " · ".join(f"`{code}` {e.title}" for code, e in ENTRIES.items() if e.status == status),
            "content": {"application/problem+json": {"schema": schema(ProblemView)}},
        }
        for status in sorted({*statuses, 429})
    }


def pages(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the descriptions of the agencies' pages: what is refused says so on a page too; every door may be full."""
    said = {200: "The page", 303: "It is committed; the page it leads to says what became of it"}
    described: dict[int | str, dict[str, Any]] = {}
    for status in sorted({*statuses, 429}):
        content: dict[str, Any] = {"text/html": {"schema": {"type": "string"}}}
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            content["application/problem+json"] = {"schema": schema(ProblemView)}
        described[status] = {
            "description": said.get(status, "A page that says what is wrong and what to do next"),
            **({} if status == HTTPStatus.SEE_OTHER else {"content": content}),
        }
    return described


def form(fields: Mapping[str, str]) -> dict[str, Any]:
    """Return the description of a form's fields, each a text."""
    properties = {name: {"type": "string", "description": said} for name, said in fields.items()}
    shape = {"type": "object", "required": ["form", "proof"], "properties": properties}
    return {"requestBody": {"required": True, "content": {"application/x-www-form-urlencoded": {"schema": shape}}}}


def takes(shape: ShapeLike, example: dict[str, Any]) -> dict[str, Any]:
    """Return the description of a JSON body."""
    return {
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": schema(shape), "example": example}},
        }
    }


def schema(shape: ShapeLike) -> dict[str, Any]:
    """Return a shape's JSON schema, its parts put among the components."""
    adapter: TypeAdapter[Any] = shape if isinstance(shape, TypeAdapter) else TypeAdapter(shape)
    made = adapter.json_schema(ref_template=_REFERENCE)
    SCHEMAS.update(made.pop("$defs", {}))
    title = made.get("title")
    if title is None:
        return made
    SCHEMAS[title] = made
    return {"$ref": _REFERENCE.format(model=title)}


def cloud_event() -> dict[str, Any]:
    """Return the description of the body of a webhook, in both modes of CloudEvents."""
    data = schema(EventData)
    types = {"type": "string", "enum": sorted(f"ieum.referral.{word}.v1" for word in AGENCY_EVENTS)}
    subject = {"type": "string", "pattern": "^[A-Za-z0-9-]{1,64}$", "description": "The referral's number"}
    structured: dict[str, Any] = {
        "type": "object",
        "required": ["specversion", "id", "source", "type", "subject", "data"],
        "properties": {
            "specversion": {"const": "1.0"},
            "id": {"type": "string", "description": "equal to webhook-id"},
            "source": {"type": "string", "description": "/agencies/ and your code"},
            "type": types,
            "subject": subject,
            "time": {"type": "string", "format": "date-time"},
            "datacontenttype": {"const": "application/json"},
            "data": data,
        },
    }
    repeated = {"type": "object", "required": ["type", "subject"], "properties": {"type": types, "subject": subject}}
    SCHEMAS["CloudEvent"] = structured
    return {
        "requestBody": {
            "required": True,
            "content": {
                "application/cloudevents+json": {
                    "schema": {"$ref": _REFERENCE.format(model="CloudEvent")},
                    "example": CLOUD_EVENT_EXAMPLE,
                },
                "application/json": {
                    "schema": {
                        "allOf": [repeated],
                        "description": "Binary mode: ce- headers; the body is the data, type and subject repeated.",
                    },
                },
            },
        }
    }
