"""Weather: how badly an agency behaves today, as data; nothing is random that the seed does not decide."""

from __future__ import annotations

import random
from enum import StrEnum
from typing import TYPE_CHECKING

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sandbox.strict import is_mapping

if TYPE_CHECKING:
    from pathlib import Path

EVERYWHERE = "*"


class WeatherError(ValueError):
    """The weather asked for does not exist; the text names the fields, never their values."""


class Answer(StrEnum):
    """What the endpoint answers in place of a civil word."""

    #: A 200 whose body comes one byte a second.
    DRIP = "drip"
    #: A 200 with `huge_bytes` of body, as fast as the wire takes it.
    HUGE = "huge"
    #: A 200 with bytes that are no JSON, declared as JSON.
    GARBAGE = "garbage"
    #: A 200 with `huge_bytes` of zeros, gzip-encoded.
    GZIP_BOMB = "gzip_bomb"
    #: A 307 to `redirect_to`.
    REDIRECT = "redirect"
    #: A 410: this endpoint is gone for good.
    GONE = "gone"
    #: No byte at all, for at most `hang_seconds`.
    HANG = "hang"
    #: A promised body, cut off in the middle.
    CLOSE = "close"


class Weather(BaseModel):
    """One agency's weather. Everything is off by default: a mild day."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    # The endpoint.
    #: Wait before answering (and before speaking), plus up to `jitter_ms` more.
    latency_ms: int = Field(default=0, ge=0, le=120_000)
    jitter_ms: int = Field(default=0, ge=0, le=120_000)
    #: Answer this status instead of working, e.g. 503 or 429.
    status: int | None = Field(default=None, ge=200, le=599)
    #: Retry-After beside the status: seconds, or an HTTP-date as text.
    retry_after: int | str | None = None
    #: Only the first N attempts get `status` (503 when none is given); then fine.
    fail_first: int = Field(default=0, ge=0, le=1_000_000)
    #: This share of attempts gets `status` (503 when none is given), drawn by `seed`.
    fail_rate: float = Field(default=0, ge=0, le=1)
    seed: int = 0
    answer: Answer | None = None
    #: Where `redirect` points.
    redirect_to: str = Field(default="http://127.0.0.1:9/elsewhere", max_length=500)
    #: How much `huge` and `gzip_bomb` send.
    huge_bytes: int = Field(default=200 * 1024 * 1024, ge=1, le=1024**3)
    hang_seconds: float = Field(default=600, ge=0, le=3600)
    #: Whether the letter is worked although the answer is bad. Unset: yes for answers that come too late
    #: or broken (drip, huge, garbage, gzip_bomb, hang, close), no for refusals (status, redirect, gone).
    takes: bool | None = None

    # Speaking.
    #: The agency works but tells nobody.
    silence: bool = False
    #: Everything is said twice, under the same id.
    doubles: bool = False
    #: Hold this many messages back, then say them in an order drawn by `seed`; 0: at once.
    shuffle: int = Field(default=0, ge=0, le=1000)
    #: Seal with a key nobody knows.
    bad_seal: bool = False
    #: How wrong the agency's clock goes, for what it says and for what it accepts.
    clock_offset_seconds: int = Field(default=0, ge=-100_000_000, le=100_000_000)


class Sky:
    """The weather over every agency, and how often each has already failed."""

    def __init__(self) -> None:
        """Start with a mild day everywhere."""
        self._over: dict[str, Weather] = {}
        self._attempts: dict[str, int] = {}
        self._dice: dict[str, random.Random] = {}

    def over(self, agency: str) -> Weather:
        """Return the agency's own weather, else the weather everywhere, else a mild day."""
        return self._over.get(agency) or self._over.get(EVERYWHERE) or Weather()

    def is_mild(self, agency: str) -> bool:
        """Say whether an agency behaves as usual in everything."""
        return self.over(agency) == Weather()

    def put(self, agency: str, weather: Weather) -> None:
        """Replace the weather of one agency (`*`: of all without their own) and begin counting anew."""
        self._over[agency] = weather
        if agency == EVERYWHERE:
            self._attempts.clear()
            self._dice.clear()
        self._attempts.pop(agency, None)
        self._dice.pop(agency, None)

    def clear(self) -> None:
        """Go back to a mild day everywhere."""
        self.__init__()

    def report(self) -> dict[str, dict[str, object]]:
        """Return what is set, per agency, only what differs from a mild day."""
        return {
            agency: weather.model_dump(mode="json", exclude_defaults=True) for agency, weather in self._over.items()
        }

    def dice(self, agency: str) -> random.Random:
        """Return the agency's dice: the same seed throws the same throws."""
        return self._dice.setdefault(agency, random.Random(f"{self.over(agency).seed}/{agency}"))  # noqa: S311 (a stage)

    def delay_seconds(self, agency: str) -> float:
        """Draw how long this answer or word takes to come."""
        weather = self.over(agency)
        return (
            weather.latency_ms + (self.dice(agency).uniform(0, weather.jitter_ms) if weather.jitter_ms else 0)
        ) / 1000

    def refusal(self, agency: str) -> int | None:
        """Draw the status this attempt is refused with, or None when it is not."""
        weather = self.over(agency)
        attempt = self._attempts[agency] = self._attempts.get(agency, 0) + 1
        if not (weather.fail_first or weather.fail_rate):
            return weather.status
        unlucky = attempt <= weather.fail_first or (
            weather.fail_rate and self.dice(agency).random() < weather.fail_rate
        )
        return (weather.status or 503) if unlucky else None


def read_weather(given: object) -> Weather:
    """Read one agency's weather.

    Raises:
        WeatherError: a field is unknown or out of bounds.

    """
    try:
        return Weather.model_validate(given)
    except ValidationError as error:
        problems = "; ".join(
            f"{'.'.join(map(str, each['loc'])) or 'weather'}: {each['msg']}" for each in error.errors()
        )
        raise WeatherError(problems) from None


def read_forecast(page: Path) -> dict[str, Weather]:
    """Read a YAML or JSON file from agency code (or `*`) to weather.

    Raises:
        WeatherError: the file is missing, no mapping, or asks for weather that does not exist.

    """
    try:
        read: object = yaml.safe_load(page.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError):
        problem = f"{page}: cannot be read as YAML; it maps agency codes to weather"
        raise WeatherError(problem) from None
    if not is_mapping(read):
        problem = f"{page}: maps agency codes to weather, and holds something else"
        raise WeatherError(problem)
    forecast: dict[str, Weather] = {}
    for agency, given in read.items():
        try:
            forecast[agency] = read_weather(given)
        except WeatherError as error:
            problem = f"{page}: {agency}: {error}"
            raise WeatherError(problem) from None
    return forecast
