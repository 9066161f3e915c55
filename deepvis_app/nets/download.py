"""Fetch a file once: with progress, checked, atomic, giving up soon without a network."""

from __future__ import annotations

import hashlib
import http.client
import re
import socket
import ssl
import time
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any, BinaryIO

from deepvis_app.errors import UserError
from deepvis_app.files import whole

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_TIMEOUT_S = 8.0  # to connect, all addresses of the host together; then without a single byte
_ATTEMPTS = 4  # a broken-off transfer goes on where it stopped
_CHUNK = 1 << 18
# Addresses for documentation, which nobody has (RFC 5737, RFC 3849).
_ELSEWHERE = ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1"))
_HASH = re.compile(
    r"-([0-9a-f]{8,})\.\w+$"
)  # torch's rule: the name ends in the start of the sha256


def fetch(
    url: str,
    path: Path,
    *,
    what: str,
    remedy: str,
    in_window: str = "",
    progress: Callable[[str, int, int], None] | None = None,
) -> None:
    """Download `url` to `path`, which appears only when it is complete and its checksum is right.

    `progress` gets (`what`, bytes done, bytes in all or 0); it may raise to cancel. Raises
    `UserError` with `remedy` (and `in_window`) when the network fails. Nothing is left behind by a
    failure.
    """
    try:
        with whole(path) as draft:
            with draft.open("wb") as out:
                digest = _receive(url, out, what, (remedy, in_window), progress)
            expected = _HASH.search(url)
            if expected and not digest.startswith(expected[1]):
                raise UserError(
                    f"The download of {what} is damaged: its checksum is wrong",
                    "Try again; a proxy or login page may stand between this computer and the "
                    "server",
                )
    except OSError as error:
        raise UserError(
            f"Cannot store {what} in {path.parent}: {error.strerror or error}",
            "Free some space, or point TORCH_HOME to a folder that can be written",
        ) from error


def offline_in_window(spec: str) -> str:
    """Return what to do in the window without a connection; `spec` is without weights."""
    return (
        f"Connect to the internet once, or type {spec} in the list of networks for random weights, "
        "then drop a file of weights on it"
    )


def _receive(
    url: str,
    out: BinaryIO,
    what: str,
    remedies: tuple[str, str],
    progress: Callable[[str, int, int], None] | None,
) -> str:
    """Write the reply to `out` and return its sha256; resume after an interruption."""
    digest, done, total = hashlib.sha256(), 0, 0
    for attempt in range(_ATTEMPTS):
        before = done
        try:
            with _open(url, done) as reply:
                if done and reply.status != http.HTTPStatus.PARTIAL_CONTENT:
                    out.seek(0)
                    out.truncate()
                    digest, done = hashlib.sha256(), 0
                total = done + int(reply.headers.get("Content-Length") or 0)
                while chunk := _read(reply):
                    out.write(chunk)
                    digest.update(chunk)
                    done += len(chunk)
                    if progress:
                        progress(what, done, total)
            if done < total:
                raise _NetworkError("the connection broke off")
            return digest.hexdigest()
        except _NetworkError as error:
            if attempt == _ATTEMPTS - 1 or done <= before:
                remedy, in_window = remedies
                raise UserError(
                    f"Cannot download {what}: {error}", remedy, in_window=in_window
                ) from error
    raise AssertionError("unreachable: the last attempt returns or raises")


class _NetworkError(Exception):
    """The network failed, unlike the disk."""


def _read(reply: http.client.HTTPResponse) -> bytes:
    try:
        return reply.read(_CHUNK)
    except (OSError, http.client.HTTPException) as error:
        raise _NetworkError(_reason(error)) from error


def _open(url: str, start: int) -> http.client.HTTPResponse:
    headers = {"User-Agent": "deepvis"} | ({"Range": f"bytes={start}-"} if start else {})
    request = urllib.request.Request(url, headers=headers)
    try:
        reply: http.client.HTTPResponse = urllib.request.build_opener(_ImpatientHandler).open(
            request, timeout=_TIMEOUT_S
        )
    except (OSError, http.client.HTTPException) as error:
        raise _NetworkError(_reason(error)) from error
    return reply


def _reason(error: BaseException) -> str:
    if isinstance(error, urllib.error.HTTPError):
        return f"the server answers {error.code} {error.reason}"
    cause = error.reason if isinstance(error, urllib.error.URLError) else error
    if isinstance(cause, TimeoutError):
        return "the server does not answer"
    if isinstance(cause, socket.gaierror):
        return "the server's name is not found, so this computer seems to be offline"
    return str(getattr(cause, "strerror", None) or cause or type(cause).__name__)


def connect(
    address: tuple[str, int], timeout: float = _TIMEOUT_S, source: tuple[str, int] | None = None
) -> socket.socket:
    """Connect like `socket.create_connection`, with one time-out for all addresses of the host."""
    deadline = time.monotonic() + timeout
    failure: OSError = TimeoutError("timed out")
    for *_, found in socket.getaddrinfo(*address, type=socket.SOCK_STREAM):
        left = deadline - time.monotonic()
        if left <= 0:
            break
        try:
            # Half of what is left, so that one silent address does not use up all of it.
            link = socket.create_connection((str(found[0]), int(found[1])), left / 2, source)
        except OSError as error:
            failure = error
        else:
            link.settimeout(timeout)
            return link
    raise failure


def has_route() -> bool:
    """Tell whether this computer knows a way to other networks; sends nothing, takes no time.

    False: it is offline. True does not promise that a server answers.
    """
    for family, address in _ELSEWHERE:
        try:
            with socket.socket(family, socket.SOCK_DGRAM) as link:
                link.connect((address, 9))  # of a datagram socket: only looks up the way
        except OSError:
            continue
        return True
    return False


class _ImpatientConnection(http.client.HTTPSConnection):
    def __init__(self, *args: Any, **keywords: Any) -> None:
        super().__init__(*args, **keywords)
        self._create_connection = connect


class _ImpatientHandler(urllib.request.HTTPSHandler):
    def https_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(_ImpatientConnection, req, context=ssl.create_default_context())
