"""What is said between a process and its child: one JSON object a message."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    Message = dict[str, Any]

MOST_BYTES = 1 << 20


def say(connection: Connection, message: Message) -> None:
    """Send a message. Raises `OSError` where nobody hears it any more."""
    connection.send_bytes(json.dumps(message).encode())


def hear(connection: Connection) -> Message:
    """Wait for a message. Raises `EOFError` or `OSError` where none comes any more."""
    found: Message = json.loads(connection.recv_bytes(MOST_BYTES))
    return found
