"""The settings: a wrong one is one sentence, production makes nothing up, and none is connected to nothing."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from agencies.errors import BadEntry
from agencies.keyring import Keyring
from settings import PREFIX, Settings, SettingsError, read_settings

HOUSE = Path(__file__).parents[3]
LONG = "a-long-enough-random-text-for-a-secret"


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take out every setting of the machine the tests run on."""
    import os  # noqa: PLC0415

    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        monkeypatch.delenv(name)


def test_development_needs_nothing() -> None:
    settings = read_settings()

    assert ("development", None, 20.0) == (settings.environment, settings.database(), settings.linger_seconds)


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("DOOR_PORT", "eighty", "IEUM_DOOR_PORT is wrong"),
        ("DOOR_PORT", "70000", "IEUM_DOOR_PORT is wrong"),
        ("CENTER", "Seoul West", "IEUM_CENTER is wrong"),
        ("API_TOKENS", "{", "IEUM_API_TOKENS cannot be read; write it as JSON"),
        ("API_TOKENS", '{"front-desk": "short"}', "'front-desk' is shorter than 24"),
        ("MASTER_KEY", "short", "IEUM_MASTER_KEY is shorter than 32"),
        ("DATABASE_URL", "mysql://somebody:secret@host/name", "IEUM_DATABASE_URL names no PostgreSQL"),
        ("DATABSE_URL", "postgresql://host/name", "did you mean IEUM_DATABASE_URL?"),
        ("ENVIRONMENT", "staging", "IEUM_ENVIRONMENT is wrong"),
    ],
)
def test_a_wrong_setting_is_one_sentence_without_its_value(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, sentence: str
) -> None:
    monkeypatch.setenv(f"{PREFIX}{name}", value)

    with pytest.raises(SettingsError) as refusal:
        read_settings()

    assert sentence in str(refusal.value)
    assert "\n" not in str(refusal.value)
    assert "secret@" not in str(refusal.value)


def test_production_names_the_first_setting_that_is_missing_and_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IEUM_ENVIRONMENT", "production")
    for name, value in (
        ("DATABASE_URL", "postgresql://ieum@db.example/ieum"),
        ("MASTER_KEY", LONG),
        ("API_TOKENS", f'{{"front-desk": "{LONG}"}}'),
    ):
        with pytest.raises(SettingsError, match=f"IEUM_{name} is missing, and production makes nothing up; [a-z]"):
            read_settings()
        monkeypatch.setenv(f"IEUM_{name}", value)

    settings = read_settings()

    assert "postgresql+asyncpg://ieum@db.example/ieum" == settings.database()


@pytest.mark.parametrize(
    "value",
    [
        LONG,
        f"{LONG},{LONG}",
        f"{LONG} {LONG}",
        f"{LONG}, ",
        f",{LONG}",
        f"{LONG},short",
        f"short,{LONG}",
        "",
        " ,",
        "short",
        "two words that are long enough only together",
        "a" * 31,
        "a" * 32,
        f"{'a' * 16},{'b' * 16}",
    ],
)
def test_a_master_key_is_judged_as_the_keyring_judges_it(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("IEUM_MASTER_KEY", value)
    monkeypatch.setenv("IEUM_ENVIRONMENT", "development")

    assert _taken(lambda: Keyring(value), BadEntry) == _taken(read_settings, SettingsError)


def _taken(attempt: Callable[[], object], refusal: type[Exception]) -> bool:
    try:
        attempt()
    except refusal:
        return False
    return True


def test_secrets_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IEUM_MASTER_KEY", LONG)
    monkeypatch.setenv("IEUM_API_TOKENS", f'{{"front-desk": "{LONG}"}}')

    assert LONG not in repr(read_settings())


def test_every_setting_is_read_somewhere() -> None:
    pages = [HOUSE / "settings.py", *(HOUSE / "deployments").rglob("*.py")]
    read = {word for page in pages for word in re.findall(r"\.([a-z_]+)\b", page.read_text(encoding="utf-8"))}

    assert len(Settings.model_fields) > 10
    assert set() == set(Settings.model_fields) - read


def test_every_setting_is_documented_with_its_unit() -> None:
    page = (HOUSE / "docs" / "settings.md").read_text(encoding="utf-8")

    for name, field in Settings.model_fields.items():
        assert field.description
        assert f"| `{PREFIX}{name.upper()}` |" in page
