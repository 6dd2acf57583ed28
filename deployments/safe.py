"""The safe: the secrets this installation runs with, from the settings or, in development, made once and kept.

Files lie in the state folder with mode 0600 in a folder with mode 0700; their contents are never printed or logged.
"""

import base64
import hashlib
import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from deployments.processes import remembered_secret
from settings import Settings

#: Under this name the token that development makes for itself stands in the log.
OWN_TOKEN = "operator"  # noqa: S105 - a name, not a token


@dataclass(frozen=True)
class Safe:
    """What is kept secret; its repr shows nothing.

    Attributes:
        master_key: What the keyring seals the agencies' keys with.
        bearer: A token this process may use toward its own doors.
        token_digests: SHA-256 (hex) of every bearer token by its name; what the doors are given.
        token_file: Where a person finds the generated token; None where the settings name the tokens.
    """

    master_key: str = field(repr=False)
    bearer: str = field(repr=False)
    token_digests: Mapping[str, str] = field(repr=False)
    token_file: Path | None


def open_safe(settings: Settings) -> Safe:
    """Take the secrets from the settings, and make what development lacks.

    Raises:
        OSError: the state folder cannot be written.
    """
    folder = settings.state_folder / "secrets"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    named = settings.master_key
    master_key = remembered_secret(folder / "master-key") if named is None else named.get_secret_value()
    tokens = {name: token.get_secret_value() for name, token in settings.api_tokens.items()}
    token_file = None
    if not tokens:
        token_file = folder / "bearer-token"
        tokens = {OWN_TOKEN: remembered_secret(token_file)}
    return Safe(
        master_key=master_key,
        bearer=next(iter(tokens.values())),
        token_digests={name: hashlib.sha256(token.encode()).hexdigest() for name, token in tokens.items()},
        token_file=token_file,
    )


def fresh_webhook_secret() -> str:
    """Return a new shared secret as Standard Webhooks writes it: `whsec_` and 32 random bytes in base64."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


def pretend_keys(file: Path, agencies: list[str]) -> dict[str, dict[str, str]]:
    """Read the pretend agencies' keys by agency and direction, making those that are missing (file mode 0600)."""
    known: dict[str, dict[str, str]] = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    missing = [code for code in agencies if code not in known]
    if missing or not file.exists():
        for code in missing:
            known[code] = {"inbound": fresh_webhook_secret(), "outbound": fresh_webhook_secret()}
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as writer:
            json.dump(known, writer, indent=1)
    return known
