"""The settings: everything an operator may set, on one page, each as an environment variable `IEUM_<NAME>`.

Read at the edges (`deployments/`) and handed in; nothing below reads them. In development what is missing is made and
kept in the state folder; in production a missing secret stops the start. `docs/settings.md` lists this page.
"""

import difflib
import ipaddress
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from pydantic_settings import SettingsError as PydanticSettingsError

PREFIX = "IEUM_"

#: A bearer token shorter than this could be guessed.
SHORTEST_TOKEN = 24

#: Names of tokens stand in the log beside what they said.
TOKEN_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")

#: The keyring asks for as many of every master key named; a test holds both to one rule.
SHORTEST_KEY = 32


class SettingsError(Exception):
    """A setting is wrong: the text is one sentence that names it and the remedy, and never its value."""


class Settings(BaseSettings):
    """What this installation was told; every field can be left out in development."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, frozen=True, extra="forbid", hide_input_in_errors=True, use_attribute_docstrings=True
    )

    environment: Literal["development", "production"] = "development"
    """In production nothing is made up: secrets and the database must be named."""

    database_url: SecretStr | None = None
    """The PostgreSQL to use (`postgresql://USER:PASSWORD@HOST/NAME`); without it a private one is started."""

    state_folder: Path = Path(".ieum")
    """Where everything that this machine keeps lies: databases, logs, generated secrets."""

    door_host: str = "127.0.0.1"
    """Address the doors (webhooks and REST API) listen on."""

    door_port: Annotated[int, Field(ge=1, le=65535)] = 8420
    """TCP port the doors listen on."""

    public_url: str | None = None
    """Address under which agencies reach the doors, when a proxy stands before them (`https://…`)."""

    center: Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)] = "seoul-west"
    """Code of this center; every letter bears it as its source."""

    master_key: SecretStr | None = None
    """Seals the agencies' keys in the database: a random text of at least 32 characters without blanks or commas; a
    comma and an older one behind it while it is being changed."""

    api_tokens: Mapping[str, SecretStr] = Field(default_factory=dict[str, SecretStr])
    """Bearer tokens of the REST API by the name that the log shows: JSON, `{"front-desk": "…"}`."""

    linger_seconds: Annotated[float, Field(ge=0, le=600)] = 20.0
    """How long a desk's shift waits for more work before it closes, in seconds."""

    prefect_api_url: str | None = None
    """The Prefect server to use (`http://HOST:4200/api`); without it one is started on this machine."""

    prefect_auth: SecretStr | None = None
    """What `prefect_api_url` asks for, as `USER:PASSWORD`."""

    prefect_port: Annotated[int, Field(ge=1, le=65535)] | None = None
    """TCP port of the Prefect server that is started here; without it any free one."""

    alarm_url: SecretStr | None = None
    """Where Prefect's automations post alarms to (`https://…`, as JSON `{"text": "…"}`, which Slack and Mattermost
    take); without it they show in Prefect only."""

    smtp_host: str | None = None
    """Server that mails to agencies without an API leave by; without it their letters come to a person."""

    smtp_port: Annotated[int, Field(ge=1, le=65535)] = 587
    """TCP port of the mail server."""

    smtp_tls: Literal["starttls", "tls", "none"] = "starttls"
    """How the line to the mail server is sealed: after STARTTLS, from its first byte (`tls`, often port 465), or not at
    all (`none`, to a mail server on this machine only)."""

    smtp_user: str | None = None
    """Name by which the mail server knows us; without it nothing is asked of it."""

    smtp_password: SecretStr | None = None
    """What goes with `smtp_user`."""

    smtp_sender: Annotated[str, Field(pattern=r"^[^@\s]{1,64}@[A-Za-z0-9.-]+$", max_length=254)] | None = None
    """Address that mails to agencies come from."""

    link_days: Annotated[int, Field(ge=1, le=180)] = 30
    """How many days a link in a mail opens its page; in the last quarter of them the next mail brings a new one."""

    prefect_keep_days: Annotated[int, Field(ge=7, le=3650)] = 90
    """How long Prefect keeps the runs of our flows with their logs and artifacts, in days since they ended."""

    log_level: Literal["debug", "info", "warning", "error"] = "warning"
    """How much this process says about itself on the terminal."""

    @model_validator(mode="after")
    def _production_makes_nothing_up(self) -> Self:
        odd = [name for name in self.api_tokens if TOKEN_NAME.fullmatch(name) is None]
        if odd:
            raise ValueError(f"IEUM_API_TOKENS: the name {odd[0]!r} is not of lower-case letters, digits and hyphens")
        weak = [name for name, token in self.api_tokens.items() if len(token.get_secret_value()) < SHORTEST_TOKEN]
        if weak:
            raise ValueError(f"IEUM_API_TOKENS: the token {weak[0]!r} is shorter than {SHORTEST_TOKEN} characters")
        if self.master_key is not None and not _long_enough(self.master_key.get_secret_value()):
            raise ValueError(
                f"IEUM_MASTER_KEY is shorter than {SHORTEST_KEY} characters, or one of its keys is (commas and blanks"
                " part them); 'openssl rand -hex 32' makes one"
            )
        if self.alarm_url is not None and not self.alarm_url.get_secret_value().startswith(("https://", "http://")):
            raise ValueError("IEUM_ALARM_URL is no address; write it as https://HOST/PATH")
        if (wrong := self._wrong_about_mail()) is not None:
            raise ValueError(wrong)
        if self.environment != "production":
            return self
        for name, given, remedy in (
            ("DATABASE_URL", self.database_url, "name the PostgreSQL server to use"),
            ("MASTER_KEY", self.master_key, "make one with 'openssl rand -hex 32' and keep a copy"),
            ("API_TOKENS", self.api_tokens, 'set it to JSON such as {"front-desk": "a long random text"}'),
        ):
            if not given:
                raise ValueError(f"IEUM_{name} is missing, and production makes nothing up; {remedy}")
        return self

    def _wrong_about_mail(self) -> str | None:
        if self.smtp_host is None:
            return None
        production = self.environment == "production"
        wrong = {
            "IEUM_SMTP_SENDER is missing; name the address that mails to agencies come from": self.smtp_sender is None,
            "IEUM_SMTP_USER and IEUM_SMTP_PASSWORD go together; set both, or neither": (self.smtp_user is None)
            != (self.smtp_password is None),
            "IEUM_SMTP_TLS is none, and IEUM_SMTP_HOST another machine: links and password would cross the network in"
            " clear; use starttls or tls": self.smtp_tls == "none" and not _here(self.smtp_host),
            "IEUM_PUBLIC_URL is missing or no https address, and links in mails lead there": production
            and not (self.public_url or "").startswith("https://"),
        }
        return next((said for said, is_so in wrong.items() if is_so), None)

    def database(self) -> str | None:
        """Give the database's SQLAlchemy URL (`postgresql+asyncpg://…`), or None for the private one."""
        if self.database_url is None:
            return None
        scheme, _, rest = self.database_url.get_secret_value().partition("://")
        return f"postgresql+asyncpg://{rest}" if scheme in {"postgres", "postgresql"} else f"{scheme}://{rest}"


def read_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Read the settings from the process's environment.

    Args:
        environment: Where the variables stand; None for `os.environ`. Only used to find misspelt names.

    Raises:
        SettingsError: one is wrong or misspelt.
    """
    _refuse_misspelt(os.environ if environment is None else environment)
    try:
        settings = Settings()
    except ValidationError as invalid:
        first = invalid.errors(include_url=False, include_context=False, include_input=False)[0]
        raise SettingsError(_sentence(first["loc"], first["msg"])) from None
    except PydanticSettingsError as broken:  # it could not even be parsed
        raise SettingsError(_sentence((), str(broken))) from None
    if settings.database_url is not None and not str(settings.database()).startswith("postgresql+asyncpg://"):
        raise SettingsError("IEUM_DATABASE_URL names no PostgreSQL; write it as postgresql://USER:PASSWORD@HOST/NAME.")
    return settings


def _long_enough(master_key: str) -> bool:
    keys = master_key.replace(",", " ").split()
    return bool(keys) and all(len(key) >= SHORTEST_KEY for key in keys)


def _here(host: str) -> bool:
    """Say whether a host is this machine."""
    if host.rstrip(".").lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _refuse_misspelt(environment: Mapping[str, str]) -> None:
    known = {f"{PREFIX}{name}".upper() for name in Settings.model_fields}
    for name in sorted(environment):
        if name.startswith(PREFIX) and name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            remedy = f"did you mean {near[0]}?" if near else "unset it; docs/settings.md lists those there are."
            raise SettingsError(f"There is no setting {name}; {remedy}")


def _sentence(place: tuple[int | str, ...], said: str) -> str:
    said = said.removeprefix("Value error, ").removesuffix(".")
    if not place:
        field = next((name for name in Settings.model_fields if f'"{name}"' in said), None)
        return f"IEUM_{field.upper()} cannot be read; write it as JSON." if field else f"{said}."
    return f"IEUM_{str(place[0]).upper()} is wrong: {said[:1].lower()}{said[1:]}; see docs/settings.md."
