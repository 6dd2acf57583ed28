"""The pages of Prefect's UI as we serve them: a copy of our own that forbids the browser to speak to anybody else.

Prefect 3.8.8's newer UI asks Amplitude for its configuration on every page, before it reads any setting, and its pages
for blocks and work pools ask a registry on GitHub (seen in a browser on 2026-11-24). No setting turns either off, so
the pages themselves do, by a Content-Security-Policy (W3C CSP Level 3, §6.1.2 connect-src; read 2026-11-24).
"""

from pathlib import Path
from typing import Final

#: Only this machine: the UI on `localhost` asks an API on `127.0.0.1`, and events come by WebSocket.
_LOOPBACK: Final = "http://127.0.0.1:* ws://127.0.0.1:* http://localhost:* ws://localhost:*"
POLICY: Final = (
    '<meta http-equiv="Content-Security-Policy" '
    f"content=\"connect-src 'self' {_LOOPBACK}; img-src 'self' data: blob:; font-src 'self' data:\" />"
)
_HEAD: Final = "<head>"


def forbid_calls_home(folder: Path) -> list[Path]:
    """Write the policy into the first page of each UI that the server has copied below `folder`; return those pages.

    Safe to repeat; the server leaves a copy of its own version as it is.
    """
    pages = sorted(folder.glob("*/index.html"))
    for page in pages:
        text = page.read_text(encoding="utf-8")
        if POLICY not in text:
            page.write_text(text.replace(_HEAD, f"{_HEAD}\n    {POLICY}", 1), encoding="utf-8")
    return pages


def main() -> None:
    """Write it into the pages that Prefect's package brings along, from which every server copies: for an image."""
    import prefect  # noqa: PLC0415

    if not forbid_calls_home(Path(prefect.__ui_static_path__).parent):
        raise SystemExit("Prefect brings no pages along where they were in 3.8.8; look where they are now.")


if __name__ == "__main__":
    main()
