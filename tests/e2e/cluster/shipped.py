"""What ships: each process's command and environment as `deployments/compose.yaml` has them, put on loopback."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import yaml

HOUSE: Final = Path(__file__).parents[3]
COMPOSE: Final = HOUSE / "deployments" / "compose.yaml"
#: `${NAME}`, `${NAME:-default}` and `${NAME:?what it is}`.
_VARIABLE: Final = re.compile(r"\$\{(\w+)(?:(:-|:\?)([^}]*))?\}")


class Shipped:
    """The manifest, with the secrets and places of one run in it."""

    def __init__(self, values: Mapping[str, str], places: Mapping[str, str]) -> None:
        """Read it.

        Args:
            values: What an operator would have to set.
            places: What stands in the manifest because of containers, and what stands for it here.
        """
        self._values, self._places = values, places
        self._services: dict[str, Any] = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))["services"]

    def command(self, service: str) -> list[str]:
        """Return its command line, as the container has it."""
        return [str(word) for word in self._services[service]["command"]]

    def environment(self, service: str) -> dict[str, str]:
        """Return what it is told; what is passed on from outside is left out where nothing is set.

        Raises:
            KeyError: the manifest asks for something that no value was given for.
        """
        told: dict[str, str | None] = self._services[service].get("environment") or {}
        return {name: self._here(str(value)) for name, value in told.items() if value is not None}

    def _here(self, value: str) -> str:
        value = _VARIABLE.sub(self._value, value)
        for theirs, ours in self._places.items():
            value = value.replace(theirs, ours)
        return value

    def _value(self, found: re.Match[str]) -> str:
        name, how, default = found.groups()
        if how == ":-":
            return self._values.get(name, default)
        return self._values[name]
