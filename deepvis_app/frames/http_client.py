"""Requests over HTTP that end in time, follow few redirects, and give passwords to nobody else."""

from __future__ import annotations

import base64
import http.client
import io
import socket
import string
import urllib.error
import urllib.request
import weakref
from contextlib import suppress
from typing import TYPE_CHECKING, cast
from urllib.parse import quote, urljoin, urlsplit

from deepvis_app.frames import patience as limits
from deepvis_app.frames.address import Address, shown
from deepvis_app.frames.source import SourceError

if TYPE_CHECKING:
    from collections.abc import Callable

    from _typeshed import WriteableBuffer

    from deepvis_app.frames.patience import Patience

# What sockets and `http.client` raise; the last for numbers that no machine has.
FAULTS = (OSError, http.client.HTTPException, ValueError, OverflowError)
_REDIRECTS = (301, 302, 303, 307, 308)
_MOST_REDIRECTS = 5
_SHOWN = 80  # characters of what a server says


class Connection:
    """One request after the other, for a single answer; `patience` limits all of their steps."""

    def __init__(self, patience: Patience) -> None:
        self._patience = patience
        # Not kept alive by this: whoever forgets the answer lets go of the socket.
        self._socket: Callable[[], socket.socket | None] = lambda: None
        self._opener = urllib.request.OpenerDirector()  # no files, no FTP, no redirects by itself
        for handler in (urllib.request.ProxyHandler(), _Handler(self)):
            self._opener.add_handler(handler)

    def get(self, address: Address) -> http.client.HTTPResponse:
        """Ask for `address`, answering questions for user and password with its own.

        Raises `SourceError` that says what the server answered, or that none did.
        """
        try:
            return self._follow(address)
        except FAULTS as error:
            reason = getattr(error, "reason", error)
            raise SourceError(
                f"{address.shown} {failure_text(reason)}",
                "Check the address and that the camera or server is on",
            ) from error

    def _follow(self, address: Address) -> http.client.HTTPResponse:
        url, authorization = address.request, ""
        for _ in range(_MOST_REDIRECTS + 1):
            response = self._send(url, authorization)
            if response.status == 401 and not authorization and _is_its_own(address, url):
                authorization = _authorization(response, url, address)
                if authorization:
                    response.close()
                    response = self._send(url, authorization)
            if 200 <= response.status < 300:
                return response
            response.close()  # its body is not read: it may have no end
            if response.status not in _REDIRECTS:
                raise _refusal(address, url, response)
            url, authorization = _next_url(address, url, response), ""
        raise SourceError(
            f"{address.shown} sends on more than {_MOST_REDIRECTS} times", "Check the address"
        )

    def _send(self, url: str, authorization: str) -> http.client.HTTPResponse:
        request = urllib.request.Request(url, headers={"User-Agent": "deepvis"})
        if authorization:
            request.add_unredirected_header("Authorization", authorization)
        answer = self._opener.open(request, timeout=self._patience.step_s())
        return cast("http.client.HTTPResponse", answer)

    def prepared(self, connection: http.client.HTTPConnection) -> http.client.HTTPConnection:
        """Have the answers of a connection read within the patience."""

        def answer(sock: socket.socket, *args: object, **kwargs: object) -> object:
            self._socket = weakref.ref(sock)
            return http.client.HTTPResponse(_Timed(sock, self._patience), *args, **kwargs)  # type: ignore[arg-type]

        connection.response_class = answer  # type: ignore[assignment]
        return connection

    def interrupt(self) -> None:
        """End a wait for the server from another thread, and all that are to come."""
        self._patience.given_up = True
        if (sock := self._socket()) is not None:
            with suppress(OSError):  # it has gone already
                socket.socket.shutdown(sock, socket.SHUT_RDWR)  # not TLS's own, which is no signal


class _Handler(urllib.request.AbstractHTTPHandler):
    http_request = https_request = urllib.request.AbstractHTTPHandler.do_request_

    def __init__(self, connection: Connection) -> None:
        super().__init__()
        self._connection = connection

    def http_open(self, request: urllib.request.Request) -> http.client.HTTPResponse:
        return self._open(http.client.HTTPConnection, request)

    def https_open(self, request: urllib.request.Request) -> http.client.HTTPResponse:
        return self._open(http.client.HTTPSConnection, request)

    def _open(
        self, kind: Callable[..., http.client.HTTPConnection], request: urllib.request.Request
    ) -> http.client.HTTPResponse:
        def connect(host: str, **options: object) -> http.client.HTTPConnection:
            return self._connection.prepared(kind(host, **options))

        return self.do_open(connect, request)


class _Timed:
    """A socket as `HTTPResponse` takes it; each of its reads has what is left of the patience."""

    def __init__(self, sock: socket.socket, patience: Patience) -> None:
        self._sock, self._patience = sock, patience

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_TimedReader(self._sock, self._patience))


class _TimedReader(io.RawIOBase):
    def __init__(self, sock: socket.socket, patience: Patience) -> None:
        self._sock, self._patience = sock, patience
        self._raw = sock.makefile("rb", buffering=0)  # keeps the socket open for as long as it is

    def readable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._raw.fileno()

    def readinto(self, buffer: WriteableBuffer) -> int | None:
        step_s = self._patience.step_s()
        self._sock.settimeout(step_s)
        try:
            return self._raw.readinto(buffer)
        except TimeoutError:
            if step_s < 0.9 * limits.SILENCE_S:
                self._patience.step_s()  # says that it is the whole time that is over
            raise

    def close(self) -> None:
        self._raw.close()
        super().close()


def _next_url(address: Address, url: str, response: http.client.HTTPResponse) -> str:
    """Return where a redirect leads; raise `SourceError` where that is not followed."""
    location = quote(response.headers.get("Location", "").strip(), safe=string.punctuation)
    try:
        target = urlsplit(urljoin(url, location))
        _ = target.port
    except ValueError:
        target = urlsplit("")
    if target.scheme not in ("http", "https") or not target.hostname:
        where = shown(location) or "nowhere"
        raise SourceError(
            f"{address.shown} sends on to {where[:_SHOWN]}, which is not followed",
            "Only addresses that begin with http:// or https:// are; check the address",
        )
    if urlsplit(url).scheme == "https" and target.scheme == "http" and address.has_secrets:
        raise SourceError(
            f"{address.shown} sends on from https to http, where anybody could read the password",
            "Check the address; it is not followed with a password",
        )
    return target._replace(netloc=target.netloc.rpartition("@")[2]).geturl()


def _is_its_own(address: Address, url: str) -> bool:
    """Whether `url` is of the server that the address names, which may know its password."""
    here, there = urlsplit(address.request), urlsplit(url)
    if here.hostname != there.hostname:
        return False
    same_port = (here.port or here.scheme) == (there.port or there.scheme)
    is_safer = (here.scheme, there.scheme) == ("http", "https") and not (here.port or there.port)
    return is_safer or (same_port and here.scheme == there.scheme)


def _authorization(response: http.client.HTTPResponse, url: str, address: Address) -> str:
    """Answer a server that asks for user and password (RFC 7616, 7617); "" if there are none."""
    if address.login is None:
        return ""
    user, password = address.login
    challenges = response.headers.get_all("WWW-Authenticate", [])
    for challenge in challenges:
        scheme, _, rest = challenge.partition(" ")
        if scheme.lower() == "digest" and (answer := _digest(rest, url, user, password)):
            return f"Digest {answer}"
        if scheme.lower() == "basic":
            return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
    response.close()
    asked = ", ".join(map(str, challenges))[:_SHOWN].strip() or "without saying how"
    raise SourceError(
        f"{address.shown} asks for the password in a way that is not known here ({asked})",
        "Have the camera or server ask with Basic or Digest",
    )


def _digest(challenge: str, url: str, user: str, password: str) -> str | None:
    request = urllib.request.Request(url)
    passwords = urllib.request.HTTPPasswordMgrWithDefaultRealm()
    passwords.add_password(None, url, user, password)
    try:
        fields = urllib.request.parse_keqv_list(urllib.request.parse_http_list(challenge))
        return urllib.request.HTTPDigestAuthHandler(passwords).get_authorization(request, fields)
    except (ValueError, LookupError, TypeError, AttributeError, OSError):
        return None  # whatever it is, RFC 7616 it is not


def _refusal(address: Address, url: str, response: http.client.HTTPResponse) -> SourceError:
    if response.status in (401, 403) and not _is_its_own(address, url):
        return SourceError(
            f"{address.shown} sends on to {urlsplit(url).hostname}, which asks for a user and "
            "password",
            "Give the address there; no password is passed on to another server",
        )
    if response.status in (401, 403) or (address.lacks_password and 400 <= response.status < 500):
        return asks_for_password(address)
    reason = " ".join(response.reason.split())[:_SHOWN]
    return SourceError(f"{address.shown} answers {response.status} {reason}", "Check the address")


def asks_for_password(address: Address) -> SourceError:
    """Say that a server does not let anybody in without a password, or not with this one."""
    if address.lacks_password:
        return SourceError(
            f"{address.host} wants its password again: none is kept from one start to the next",
            f"Open it again with it: {address.with_blank}",
        )
    blank = f"{address.scheme}://user:password@{address.host}/…"
    if address.has_secrets:
        return SourceError(
            f"{address.shown} does not accept this user and password", f"Check them: {blank}"
        )
    return SourceError(
        f"{address.shown} asks for a user and password", f"Put them into the address: {blank}"
    )


def failure_text(reason: object) -> str:
    """Say what a server did that did not answer as it should: "does not answer (…)"."""
    if isinstance(reason, limits.TooSlow):
        return f"did not answer within {reason.within_s:.0f} s"
    if isinstance(reason, http.client.RemoteDisconnected):
        return "closes the connection without an answer"
    if isinstance(reason, http.client.BadStatusLine):
        line = " ".join(str(reason.args[0]).split())[:_SHOWN]
        return f"does not answer in HTTP (“{line}”)"
    if isinstance(reason, http.client.LineTooLong) or "more than 100 headers" in str(reason):
        return f"gives an odd answer ({reason_text(reason)})"
    return f"does not answer ({reason_text(reason)})"


def reason_text(reason: object) -> str:
    """Say briefly what went wrong with a connection."""
    if isinstance(reason, TimeoutError):
        silent = f"nothing within {limits.SILENCE_S:.0f} s"
        return str(reason) if isinstance(reason, limits.TooSlow) else silent
    if isinstance(reason, ConnectionRefusedError):
        return "connection refused"
    if isinstance(reason, socket.gaierror):
        return "unknown host"
    if isinstance(reason, http.client.LineTooLong):
        return "a line of more than 64 KB"
    if isinstance(reason, http.client.IncompleteRead):
        return "it breaks off, or its chunks are garbled"
    if isinstance(reason, OSError) and reason.strerror:
        return reason.strerror.lower()
    return shown(" ".join(str(reason).split()))[:_SHOWN] or type(reason).__name__
