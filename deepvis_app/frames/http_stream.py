"""Pictures over HTTP: an MJPEG stream's newest, or a single one."""

from __future__ import annotations

import base64
import http.client
import select
import socket
import urllib.error
import urllib.request
from collections import deque
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit, urlunsplit

from deepvis_app.frames.multipart import MultipartCutter, boundary_of
from deepvis_app.frames.source import SourceError, SourceLost
from deepvis_app.frames.stream_picture import decode_part as _decode

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

TIMEOUT_S = 3.0
_CHUNK_BYTES = 65536
_DRAIN_BYTES = 4_000_000  # at most so much is thrown away for a newer picture


def without_password(url: str) -> str:
    """Return `url` as it may be shown: without user and password."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def open_url(url: str) -> http.client.HTTPResponse:
    """Request `url`, answering Basic and Digest questions with the URL's own user and password.

    Raises `SourceError` that says what the server answered, or that none did.
    """
    plain = without_password(url)
    request = urllib.request.Request(plain, headers={"User-Agent": "deepvis"})
    try:
        return _send(request, url)
    except urllib.error.HTTPError as error:
        error.close()
        raise _refusal(plain, error) from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        reason = getattr(error, "reason", error)
        raise SourceError(
            f"{plain} does not answer ({reason_text(reason)})",
            "Check the address and that the camera or server is on",
        ) from error


def _send(request: urllib.request.Request, url: str) -> http.client.HTTPResponse:
    try:
        return urllib.request.urlopen(request, timeout=TIMEOUT_S)  # type: ignore[no-any-return]
    except urllib.error.HTTPError as question:
        answer = _authorization(question, request, url)
        if answer is None:
            raise
        question.close()
    request.add_unredirected_header("Authorization", answer)
    return urllib.request.urlopen(request, timeout=TIMEOUT_S)  # type: ignore[no-any-return]


def _authorization(
    question: urllib.error.HTTPError, request: urllib.request.Request, url: str
) -> str | None:
    """Answer a server that asks for a user and password (RFC 7616, 7617), if `url` has them."""
    parts = urlsplit(url)
    if question.code != 401 or not parts.username:
        return None
    user, password = unquote(parts.username), unquote(parts.password or "")
    for challenge in question.headers.get_all("WWW-Authenticate", []):
        scheme, _, rest = challenge.partition(" ")
        if scheme.lower() == "digest":
            passwords = urllib.request.HTTPPasswordMgrWithDefaultRealm()
            passwords.add_password(None, request.full_url, user, password)
            fields = urllib.request.parse_keqv_list(urllib.request.parse_http_list(rest))
            digest = urllib.request.HTTPDigestAuthHandler(passwords)
            return f"Digest {digest.get_authorization(request, fields)}"
        if scheme.lower() == "basic":
            return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
    return None


def _refusal(url: str, error: urllib.error.HTTPError) -> SourceError:
    if error.code in (401, 403):
        return SourceError(
            f"{url} asks for a user and password",
            "Put them into the address: http://user:password@host/…",
        )
    return SourceError(f"{url} answers {error.code} {error.reason}", "Check the address")


def reason_text(reason: object) -> str:
    """Say briefly what went wrong with a connection."""
    if isinstance(reason, TimeoutError):
        return f"nothing within {TIMEOUT_S:.0f} s"
    if isinstance(reason, ConnectionRefusedError):
        return "connection refused"
    if isinstance(reason, socket.gaierror):
        return "unknown host"
    if isinstance(reason, OSError) and reason.strerror:
        return reason.strerror.lower()
    return str(reason) or type(reason).__name__


class MjpegStream:
    """The pictures of a multipart answer, in order; `newest_only` skips what piles up unread."""

    def __init__(
        self,
        response: http.client.HTTPResponse,
        url: str,
        clock: Callable[[], float],
        *,
        newest_only: bool = True,
    ) -> None:
        self._response = response
        self._url = without_password(url)
        self._clock = clock
        self._newest_only = newest_only
        self._cutter = MultipartCutter(boundary_of(response.headers.get("Content-Type", "")))
        self._parts: deque[bytes] = deque()

    def read(self) -> NDArray[np.uint8]:
        """Wait for the next picture (RGB); raise `SourceLost` after 3 s without one."""
        deadline = self._clock() + TIMEOUT_S
        while self._clock() < deadline:
            if not self._parts:
                self._parts.extend(self._cut(self._receive()))
                if self._parts and self._newest_only:
                    self._drain()
            image = self._take()
            if image is not None:
                return image
        raise SourceLost(f"{self._url} sends no pictures", "It is tried again until it does")

    def _take(self) -> NDArray[np.uint8] | None:
        """Decode the part whose turn it is, passing over damaged ones."""
        while self._parts:
            image = _decode(self._parts.pop() if self._newest_only else self._parts.popleft())
            if image is not None:
                if self._newest_only:
                    self._parts.clear()
                return image
        return None

    def _drain(self) -> None:
        """Take what has arrived already, without waiting."""
        taken = 0
        while taken < _DRAIN_BYTES and select.select([self._response], [], [], 0)[0]:
            try:
                data = self._receive()
            except SourceLost:
                return  # first what is here; the next read tells
            taken += len(data)
            self._parts.extend(self._cut(data))

    def _receive(self) -> bytes:
        try:
            data = self._response.read1(_CHUNK_BYTES)
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise self._lost(reason_text(error)) from error
        if not data:
            raise self._lost("the server closed the stream")
        return data

    def _cut(self, data: bytes) -> list[bytes]:
        try:
            return self._cutter.feed(data)
        except ValueError as error:
            raise self._lost(str(error)) from error

    def _lost(self, reason: str) -> SourceLost:
        return SourceLost(
            f"{self._url} has stopped sending ({reason})", "It is tried again until it is back"
        )

    def close(self) -> None:
        self._response.close()
