"""An intake that is right in every field; the person is invented."""

import copy
from typing import Any

_INTAKE: dict[str, Any] = {
    "client": {
        "name": "홍길순",
        "birth_date": "1976-03-02",
        "sex": "female",
        "phone": "010-0000-0000",
        "address": "서울특별시 마포구 없는로 1",
        "address_secret": False,
    },
    "household": [
        {"relation": "child", "name": "홍이음", "birth_date": "2004-05-10", "school_level": "middle"},
    ],
    "needs": ["living", "benefits", "debt", "job"],
    "facts": {
        "district": "mapo",
        "marital": "divorced",
        "crisis": "divorce_income_loss",
        "crisis_on": "2017-11-10",
        "monthly_income": 0,
        "debts_unsecured_won": 62_000_000,
        "creditors": 8,
    },
    "consents": [
        {"purpose": "collection", "items": ["name", "birth_date", "phone"], "valid_to": "2022-12-03"},
        {
            "purpose": "provision",
            "recipient": "mapo-welfare-team",
            "items": ["name", "phone"],
            "valid_from": "2017-12-04",
            "valid_to": "2018-12-03",
        },
    ],
}


def stranger(nth: int, **changes: object) -> dict[str, Any]:
    """Return the intake of somebody else: the nth of many."""
    return intake(client__name=f"홍길순{nth}", client__phone=f"010-0000-{nth:04d}", **changes)


def intake(**changes: object) -> dict[str, Any]:
    """Return the intake with some fields changed: `client__name="…"` reaches inside, None removes."""
    made = copy.deepcopy(_INTAKE)
    for path, value in changes.items():
        *within, last = path.split("__")
        place: Any = made
        for name in within:
            place = place[int(name) if name.isdigit() else name]
        if value is None:
            del place[last]
        else:
            place[last] = value
    return made
