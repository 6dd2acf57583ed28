"""A listener: a real HTTP server on loopback that keeps what alarms post to it."""

import json
import threading
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Listener:
    """What was heard, and where to speak."""

    def __init__(self) -> None:
        """Hear nothing yet."""
        self.heard: list[dict[str, Any]] = []
        self.address = ""

    def texts(self) -> list[str]:
        """Return the texts that were posted."""
        return [str(body.get("text")) for body in self.heard]


@contextmanager
def listening() -> Generator[Listener]:
    """Listen for the length of a block."""
    listener = Listener()

    class Ear(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["content-length"])
            listener.heard.append(json.loads(self.rfile.read(length)))
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - named by the standard library
            del format, args

    server = ThreadingHTTPServer(("127.0.0.1", 0), Ear)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    listener.address = f"http://127.0.0.1:{server.server_port}/alarms"
    try:
        yield listener
    finally:
        server.shutdown()
        server.server_close()
