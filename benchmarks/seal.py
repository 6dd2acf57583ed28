"""What everybody measured needs alike: a webhook's seal, and a database's address as drivers read it."""

import base64
import hmac


def seal(key: bytes, message_id: str, seconds: str, body: bytes) -> str:
    """Make a seal of Standard Webhooks (v1); a test holds it against the sandbox's."""
    made = hmac.digest(key, f"{message_id}.{seconds}.".encode() + body, "sha256")
    return "v1," + base64.b64encode(made).decode("ascii")


def plain(url: str) -> str:
    """Return a SQLAlchemy URL as drivers themselves read it."""
    return url.replace("+asyncpg", "").replace("ssl=disable", "sslmode=disable")
