"""Network addresses: what may be shown and kept of them, with the passwords apart."""

from __future__ import annotations

import re
import string
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, quote, unquote, urlsplit, urlunsplit

if TYPE_CHECKING:
    from collections.abc import Callable

SCHEMES = ("http", "https", "rtsp", "rtsps", "rtmp")
HIDDEN = "••••"
DEFAULT_PORTS = {"http": 80, "https": 443, "rtsp": 554, "rtsps": 322, "rtmp": 1935}
# Fields of a query by how their names end, the shorter words only as a word of its own.
_SECRET = (
    r"[\w.-]{0,100}(?:password|passwd|passphrase|passcode|token|secret|signature|credential|api[-_.]?key)"
    r"|(?:[\w.-]{0,100}[-_.])?(?:pass|passw|loginpas|pwd|psw|pw|key|sig|auth|jwt)"
)
_BEFORE_HOST = re.compile(r"(?<=:/)(/?[^\s/:@]{0,500}):(\S{0,500})@")
_FIELD = re.compile(rf"(?i)(?<=[?&;])({_SECRET})=([^&#\n]*)")

_Key = tuple[str, ...]
_passwords: dict[_Key, str] = {}  # of this run of the program, in memory only


@dataclass(frozen=True, slots=True)
class Address:
    """A network address without its passwords: of `user:password@`, and of fields of its query.

    Those that were ever in an address of the same scheme, user, host and port are remembered, in
    the memory of this process alone, and so come back with an address that lacks them.
    """

    text: str  # "rtsp://user@host:554/path?pwd=": may be kept, and opens the same again

    @classmethod
    def of(cls, written: str) -> Address:
        """Take an address apart; raise `ValueError` where it is none."""
        parts = _split(written.strip())
        key = _key(parts)
        userinfo, at, host = parts.netloc.rpartition("@")
        user, colon, password = userinfo.partition(":")
        if colon:
            _passwords["login", *key, unquote(user)] = unquote(password)
        for name, secret in _FIELD.findall(parts.query and f"?{parts.query}"):
            if secret:
                secret = quote(secret, safe=string.punctuation)
                _passwords["field", *key, parts.path, name.lower()] = secret
        parts = parts._replace(scheme=parts.scheme.lower(), netloc=f"{user}{at}{host}")
        return cls(_with_fields(urlunsplit(parts), lambda _: ""))

    @property
    def parts(self) -> SplitResult:
        return urlsplit(self.text)

    @property
    def scheme(self) -> str:
        return self.parts.scheme

    @property
    def host(self) -> str:
        """Without the brackets of an IPv6 address."""
        return self.parts.hostname or ""

    @property
    def port(self) -> int:
        return self.parts.port or DEFAULT_PORTS[self.scheme]

    @property
    def login(self) -> tuple[str, str] | None:
        """User and password; None where the address has no user, or its password is not known."""
        user = self.parts.username
        if user is None:
            return None
        password = _passwords.get(("login", *_key(self.parts), unquote(user)))
        return None if password is None else (unquote(user), password)

    @property
    def lacks_password(self) -> bool:
        """Whether it had one when it was opened in an earlier run, which is not kept."""
        fields = [name.lower() for name, _ in _FIELD.findall(self.text)]
        lacks_field = not all(self._field(name) for name in fields)
        return (self.parts.username is not None and self.login is None) or lacks_field

    def _field(self, name: str) -> str:
        return _passwords.get(("field", *_key(self.parts), self.parts.path, name), "")

    @property
    def shown(self) -> str:
        """For people: with dots in place of what is secret."""
        user = self.parts.username
        netloc = self.parts.netloc
        if user is not None and self.login is not None:
            netloc = f"{user}:{HIDDEN}@{netloc.rpartition('@')[2]}"
        text = urlunsplit(self.parts._replace(netloc=netloc))
        return _with_fields(text, lambda name: HIDDEN if self._field(name) else "")

    @property
    def has_secrets(self) -> bool:
        return HIDDEN in self.shown

    @property
    def with_blank(self) -> str:
        """For people: with the word password where one is missing."""
        user, at, host = self.parts.netloc.rpartition("@")
        netloc = f"{user}:password@{host}" if at else host
        return _with_fields(urlunsplit(self.parts._replace(netloc=netloc)), lambda _: "password")

    @property
    def request(self) -> str:
        """What is asked for in HTTP: without user, with the secret fields. Not to be shown."""
        parts = self.parts
        path, query = (quote(text, safe=string.punctuation) for text in (parts.path, parts.query))
        host = parts.netloc.rpartition("@")[2]
        whole = parts._replace(netloc=host, path=path, query=query, fragment="")
        return _with_fields(urlunsplit(whole), self._field)

    @property
    def full(self) -> str:
        """With everything. Not to be shown, kept or told in an error."""
        if self.login is None:
            return self.request
        user, password = (quote(part, safe="") for part in self.login)
        parts = urlsplit(self.request)
        return urlunsplit(parts._replace(netloc=f"{user}:{password}@{parts.netloc}"))


def is_address(spec: str) -> bool:
    """Whether a spec names something on the network."""
    scheme, colon, _ = spec.strip().partition("://")
    return bool(colon) and scheme.lower() in SCHEMES


def kept(spec: str) -> str:
    """Return a spec as it may be written down: an address without passwords, others as they are.

    They are remembered in memory: what is returned opens the same for as long as the program runs.
    """
    if not is_address(spec):
        return spec
    try:
        return Address.of(spec).text
    except ValueError:
        return _masked(spec)


def shown(text: str) -> str:
    """Return any text that a person wrote, dots in place of the passwords of addresses in it."""
    if is_address(text):
        try:
            return Address.of(text).shown
        except ValueError:
            return _masked(text)
    return _masked(text)


def _masked(text: str) -> str:
    text = _BEFORE_HOST.sub(rf"\1:{HIDDEN}@", text)
    return _FIELD.sub(rf"\1={HIDDEN}", text)


def _split(written: str) -> SplitResult:
    """Split an address, also one whose password has a / ? or # as it is."""
    try:
        parts = urlsplit(written)
        _key(parts)
    except ValueError:
        quoted = _BEFORE_HOST.sub(lambda found: f"{found[1]}:{quote(found[2], safe='%')}@", written)
        return urlsplit(quoted)
    return parts


def _key(parts: SplitResult) -> _Key:
    """Return what a password belongs to; raise `ValueError` without a host or with an odd port."""
    scheme = parts.scheme.lower()
    if scheme not in SCHEMES or not parts.hostname:
        raise ValueError("it names no host")
    return scheme, parts.hostname.lower(), str(parts.port or DEFAULT_PORTS[scheme])


def _with_fields(text: str, value_of: Callable[[str], str]) -> str:
    return _FIELD.sub(lambda found: f"{found[1]}={value_of(found[1].lower())}", text)
