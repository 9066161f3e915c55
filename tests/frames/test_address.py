from __future__ import annotations

import pytest

from deepvis_app.frames import SourceError, address, open_source, spec_of
from deepvis_app.frames.address import HIDDEN, Address, kept, shown


@pytest.fixture(autouse=True)
def nothing_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(address, "_passwords", {})


WRITTEN = [  # as written, as kept, in full, user and password
    ("rtsp://me:geheim@cam:554/a?b=1", "rtsp://me@cam:554/a?b=1", None, ("me", "geheim")),
    ("rtsp://me:ge@heim@cam/x", "rtsp://me@cam/x", "rtsp://me:ge%40heim@cam/x", ("me", "ge@heim")),
    ("http://me:ge/heim@cam/x", "http://me@cam/x", "http://me:ge%2Fheim@cam/x", ("me", "ge/heim")),
    ("http://me:ge%23h@cam/x", "http://me@cam/x", None, ("me", "ge#h")),
    ("http://me:ge#h@cam/x", "http://me@cam/x", "http://me:ge%23h@cam/x", ("me", "ge#h")),
    ("http://m%40e:geheim@[::1]:81/", "http://m%40e@[::1]:81/", None, ("m@e", "geheim")),
    ("HTTP://me:geheim@Cam/", "http://me@Cam/", "http://me:geheim@Cam/", ("me", "geheim")),
    ("http://:geheim@cam/", "http://@cam/", None, ("", "geheim")),
    ("http://cam/x?user=me&pwd=geheim&n=1#f", "http://cam/x?user=me&pwd=&n=1#f",
     "http://cam/x?user=me&pwd=geheim&n=1", None),
]  # fmt: skip


@pytest.mark.parametrize(("written", "text", "full", "login"), WRITTEN)
def test_a_password_is_kept_apart(written: str, text: str, full: str | None, login) -> None:
    assert kept(written) == text
    again = Address.of(text)  # as it stands in a session
    assert (again.login, again.full) == (login, full or written)
    assert again.text == text
    for told in (again.shown, shown(written), repr(again)):
        assert "heim" not in told
    assert HIDDEN in again.shown
    assert again.shown.replace(f":{HIDDEN}", "").replace(HIDDEN, "") == text


@pytest.mark.parametrize("field", ["pwd", "PASS", "accessToken", "auth_token", "api-key", "apiKey",
                                   "X-Amz-Signature", "stream.key", "sig"])  # fmt: skip
def test_a_field_is_secret_by_its_name(field: str) -> None:
    written = f"http://cam/x?a=1;{field}=ge;heim&n=2"
    assert kept(written) == f"http://cam/x?a=1;{field}=&n=2"
    assert shown(written) == f"http://cam/x?a=1;{field}={HIDDEN}&n=2"
    assert Address.of(kept(written)).request == written


@pytest.mark.parametrize("field", ["passive", "compass", "keyframe", "monkey", "author", "design"])
def test_other_fields_are_kept(field: str) -> None:
    assert kept(f"http://cam/x?{field}=1") == f"http://cam/x?{field}=1"


def test_it_is_of_one_user_at_one_server() -> None:
    kept("rtsp://me:geheim@cam/x")
    assert Address.of("rtsp://me@cam:554/other").login == ("me", "geheim")
    for other in ("rtsp://you@cam/x", "rtsp://me@cam:8554/x", "http://me@cam/x", "rtsp://me@c/x"):
        assert Address.of(other).login is None
        assert Address.of(other).lacks_password
    assert not Address.of("rtsp://cam/x").lacks_password
    assert Address.of("rtsp://cam/x?token=").lacks_password


@pytest.mark.parametrize("text", ["demo", "/a/b@c.mp4", "camera:0", "http://cam:80/a@b", "a:b@c"])
def test_what_has_none_is_as_it_was(text: str) -> None:
    assert kept(text) == shown(text) == text


@pytest.mark.parametrize(
    "text", ["ftp://me:geheim@cam/x", "http://me:geheim@[1/", "look at rtsp://me:geheim@cam/x"]
)
def test_it_is_hidden_in_what_is_no_address_too(text: str) -> None:
    assert "geheim" not in shown(text)
    with pytest.raises(SourceError) as caught:
        open_source(text).open()
    assert "geheim" not in str(caught.value)


def test_a_source_and_what_was_dropped_carry_none() -> None:
    assert spec_of("rtsp://me:geheim@cam/x") == "rtsp://me@cam/x"
    source = open_source("rtsp://me:geheim@cam/x")
    assert source.spec == "rtsp://me@cam/x"
    assert "geheim" not in repr(source)
