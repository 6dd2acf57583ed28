"""What is wrong with single fields of a request, told without repeating what was sent."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

_REMEDIES: Final[dict[str, str]] = {
    "missing": "Send it.",
    "extra_forbidden": "Leave it out; GET /openapi.json lists the fields there are.",
    "literal_error": "Use one of the words named.",
    "enum": "Use one of the words named.",
    "date_from_datetime_parsing": "Write the date as 2017-12-04.",
    "date_parsing": "Write the date as 2017-12-04.",
    "date_type": "Write the date as 2017-12-04.",
    "int_type": "Send a whole number, without quotes.",
    "bool_type": "Send true or false, without quotes.",
    "string_type": "Send a text in quotes.",
    "string_pattern_mismatch": "Keep to the form GET /openapi.json gives.",
}
#: In our own words; the checking library's would name its types.
_PROBLEMS: Final[dict[str, str]] = {
    "too_short": "it holds too few",
    "too_long": "it holds too many",
    "string_too_short": "it is empty or too short",
    "string_too_long": "it is too long",
    "string_pattern_mismatch": "it has not the form it must have",
    "date_from_datetime_parsing": "it is no day",
    "date_parsing": "it is no day",
    "date_type": "it is no day",
}
_OTHER_REMEDY: Final = "Compare with GET /openapi.json."


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """One field's problem. `field` is a path such as `household.0.birth_date`, made of names we know."""

    field: str
    problem: str
    remedy: str


def of_pydantic(errors: Iterable[Mapping[str, Any] | Any], within: Sequence[str] = ()) -> list[FieldProblem]:
    """Return pydantic's errors without the input they hold.

    Args:
        errors: `ValidationError.errors(...)`.
        within: Path of the model inside the request.
    """
    found = list(errors)
    # A list is counted without its bad entries: what is wrong is those, and not that it holds too few.
    parts = {tuple(error["loc"][:-1]) for error in found}
    return [
        _of_one(error, within) for error in found if error["type"] != "too_short" or tuple(error["loc"]) not in parts
    ]


def _of_one(error: Mapping[str, Any], within: Sequence[str]) -> FieldProblem:
    kind, where = str(error["type"]), [str(part) for part in error["loc"]]
    if kind == "extra_forbidden":
        # The unknown name is input: a caller may have put anything there.
        where, problem = where[:-1], "it holds a field this door does not know"
    elif kind == "missing":
        problem = "it is missing"
    else:
        problem = _PROBLEMS.get(kind) or _own_words(str(error["msg"]))
    return FieldProblem(".".join([*within, *where]) or "body", problem, _REMEDIES.get(kind, _OTHER_REMEDY))


def _own_words(message: str) -> str:
    for theirs, ours in (("Value error, ", ""), ("Assertion failed, ", ""), ("Input should be ", "it must be ")):
        if message.startswith(theirs):
            return ours + message.removeprefix(theirs)
    return message
