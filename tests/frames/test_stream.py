"""MJPEG and pictures over HTTP, from a server on loopback that can be pulled away."""

from __future__ import annotations

import hashlib
import io
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from deepvis_app.frames import Policy, SourceError, SourceLost, open_source

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deepvis_app.frames import FrameSource


def encoded(colour: tuple[int, int, int], kind: str = "jpeg") -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (64, 48), colour).save(buffer, kind)
    return buffer.getvalue()


def jpeg(level: int) -> bytes:
    return encoded((level, level, level))


class CameraServer(ThreadingHTTPServer):
    """Sends the picture of level n as its n-th; waits where the test wants it to."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.allowed = 1  # pictures that may be sent to a client
        self.changed = threading.Condition()
        self.sent = 0
        self.is_gone = False
        self.clients: list[socket.socket] = []
        self.thread = threading.Thread(target=self.serve_forever, args=(0.01,))
        self.thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def allow(self, count: int) -> None:
        with self.changed:
            self.allowed = count
            self.changed.notify_all()

    def wait_until_sent(self, count: int) -> None:
        with self.changed:
            assert self.changed.wait_for(lambda: self.sent >= count, 10)

    def pull_away(self) -> None:
        with self.changed:
            self.is_gone = True
            self.changed.notify_all()
        for client in self.clients:
            try:
                client.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue  # gone already
        self.shutdown()
        self.server_close()
        self.thread.join()


class Handler(BaseHTTPRequestHandler):
    server: CameraServer

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        self.server.clients.append(self.connection)
        name = self.path.strip("/")
        if name in ("secret", "digest"):
            self.answer_secret(name)
        elif name == "once":
            part = b"--edge\r\nContent-Length: %d\r\n\r\n" % len(jpeg(60)) + jpeg(60)
            self.answer("multipart/x-mixed-replace; boundary=edge", part)
        elif name in PLAIN:
            kind, body = PLAIN[name]
            self.answer(kind, body)
        elif name in ("live", "nolength", "odd", "broken"):
            try:
                self.stream(name)
            except OSError:
                return
        else:
            self.send_error(404)

    def answer(self, kind: str, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def answer_secret(self, name: str) -> None:
        given = self.headers.get("Authorization", "")
        if name == "secret" and given == "Basic bWU6c2VzYW1lIQ==":  # me:sesame!
            self.answer("image/jpeg", jpeg(77))
            return
        if name == "digest" and f'response="{DIGEST}"' in given:
            self.answer("image/jpeg", jpeg(77))
            return
        scheme = "Basic" if name == "secret" else "Digest"
        self.send_response(401)
        self.send_header("WWW-Authenticate", f'{scheme} realm="camera", nonce="abc"')
        self.send_header("Content-Length", "0")
        self.end_headers()

    def stream(self, name: str) -> None:
        server = self.server
        self.send_response(200)
        self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=--edge")
        self.end_headers()
        number = 0
        while True:
            with server.changed:
                server.changed.wait_for(lambda n=number: server.allowed > n or server.is_gone)
                if server.is_gone:
                    return
            data = b"no picture" if name == "broken" and number % 2 == 0 else jpeg(number)
            length = b"" if name == "nolength" else b"Content-Length: %d\r\n" % len(data)
            self.wfile.write(b"--edge\r\nContent-Type: image/jpeg\r\n%s\r\n%s\r\n" % (length, data))
            if name == "nolength":
                self.wfile.write(b"--edge\r\n\r\n\r\n")  # an empty part ends the one before
            number += 1
            with server.changed:
                server.sent = number
                server.changed.notify_all()


def md5(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()


# RFC 2617, 3.2.2.1, without qop.
DIGEST = md5(f"{md5('me:camera:sesame!')}:abc:{md5('GET:/digest')}")

PLAIN = {
    "picture.jpg": ("image/jpeg", encoded((99, 198, 250))),
    "picture.png": ("image/png", encoded((99, 198, 250), "png")),
    "page": ("text/html; charset=utf-8", b"<h1>Camera</h1>"),
    "bad.jpg": ("image/jpeg", b"garbage"),
    "bad.mp4": ("video/mp4", b"garbage" * 100),
}


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")


@pytest.fixture
def server() -> Iterator[CameraServer]:
    server = CameraServer()
    yield server
    if not server.is_gone:
        server.pull_away()


def level(source: FrameSource) -> int:
    frame = source.read()
    assert frame is not None
    return round(float(frame.image.mean()))


@pytest.mark.parametrize("name", ["live", "nolength"])
def test_frames_come_in_order(server: CameraServer, name: str) -> None:
    source = open_source(f"{server.url}/{name}")
    info = source.open()
    assert (info.title, info.detail) == (f"127.0.0.1 {name}", "64 × 48")
    assert info.length is None
    for number in range(5):
        assert source.due_in_s() == 0
        assert level(source) == pytest.approx(number, abs=1)
        server.allow(number + 2)
    source.close()
    assert source.due_in_s() is None
    assert source.read() is None


def test_newest_wins(server: CameraServer) -> None:
    source = open_source(f"{server.url}/live")
    source.open()
    level(source)
    server.allow(50)
    server.wait_until_sent(50)
    assert level(source) == pytest.approx(49, abs=1)
    server.allow(51)
    assert level(source) == pytest.approx(50, abs=1)
    source.close()


def test_batch_gets_every_picture(server: CameraServer) -> None:
    server.allow(40)
    source = open_source(f"{server.url}/live", policy=Policy.EVERY)
    source.open()
    server.wait_until_sent(40)
    assert [level(source) for _ in range(40)] == pytest.approx(range(40), abs=1)
    source.close()


def test_what_came_before_the_end_is_shown(server: CameraServer) -> None:
    source = open_source(f"{server.url}/once")
    source.open()
    assert level(source) == pytest.approx(60, abs=1)
    with pytest.raises(SourceLost, match="the server closed the stream"):
        source.read()


def test_video_over_http(server: CameraServer, make_video, seen, monkeypatch) -> None:
    body = make_video("clip.mkv", 20).read_bytes()
    monkeypatch.setitem(PLAIN, "clip.mkv", ("video/x-matroska", body))
    source = open_source(f"{server.url}/clip.mkv")
    info = source.open()
    assert (info.width, info.height, info.rate_hz) == (160, 120, 25)
    assert [seen(source.read().image) for _ in range(20)] == list(range(20))
    source.close()


def test_pulled_away_and_brought_back(server: CameraServer) -> None:
    source = open_source(f"{server.url}/live")
    source.open()
    assert level(source) <= 1
    server.pull_away()
    with pytest.raises(SourceLost, match="has stopped sending") as caught:
        source.read()
    assert "tried again" in caught.value.remedy
    for _ in range(2):
        with pytest.raises(SourceError, match=r"does not answer \(connection refused\)"):
            source.open()

    back = CameraServer(server.server_port)
    try:
        source.open()
        assert level(source) <= 1
        back.allow(2)
        assert level(source) == pytest.approx(1, abs=1)
        source.close()
    finally:
        back.pull_away()


def test_a_stream_that_stalls_is_lost(
    server: CameraServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("deepvis_app.frames.patience.SILENCE_S", 0.2)
    source = open_source(f"{server.url}/live")
    source.open()
    level(source)
    with pytest.raises(SourceLost, match="nothing within"):
        source.read()
    source.close()


def test_damaged_pictures_are_passed_over(server: CameraServer) -> None:
    server.allow(2)  # the first is broken, the second not
    source = open_source(f"{server.url}/broken")
    source.open()
    assert level(source) == pytest.approx(1, abs=1)
    server.allow(4)
    assert level(source) == pytest.approx(3, abs=1)
    source.close()


@pytest.mark.parametrize("name", ["picture.jpg", "picture.png"])
def test_single_picture(server: CameraServer, name: str) -> None:
    source = open_source(f"{server.url}/{name}")
    info = source.open()
    assert (info.title, info.length) == (f"127.0.0.1 {name}", 1)
    assert source.due_in_s() == 0
    frame = source.read()
    np.testing.assert_allclose(frame.image[24, 32], (99, 198, 250), atol=3)
    assert source.due_in_s() is None
    batch = open_source(f"{server.url}/{name}", policy=Policy.EVERY)
    batch.open()
    assert batch.read() is not None
    assert batch.due_in_s() == 0
    assert batch.read() is None
    assert batch.due_in_s() is None


@pytest.mark.parametrize("name", ["secret", "digest"])
def test_user_and_password(server: CameraServer, name: str) -> None:
    host = server.url.removeprefix("http://")
    source = open_source(f"http://me:sesame%21@{host}/{name}")
    assert "sesame" not in source.open().title
    assert level(source) == pytest.approx(77, abs=2)
    for wrong, message in (
        (f"http://{host}/{name}", "asks for a user and password"),
        (f"http://me:wrong@{host}/{name}", "does not accept this user and password"),
    ):
        with pytest.raises(SourceError, match=message) as caught:
            open_source(wrong).open()
        assert "wrong" not in str(caught.value)


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("missing", "answers 404"),
        ("page", "gives text/html, which is neither picture nor video"),
        ("bad.jpg", "is not a picture that can be read"),
        ("bad.mp4", "cannot be opened as a video stream"),
    ],
)
def test_wrong_addresses(
    server: CameraServer, path: str, message: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SourceError, match=message) as caught:
        open_source(f"{server.url}/{path}").open()
    assert caught.value.remedy
    assert capfd.readouterr().err == ""


def test_nobody_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    for scheme in ("http", "https", "rtsp", "rtmp"):
        with pytest.raises(SourceError, match=r"does not answer \(connection refused\)"):
            open_source(f"{scheme}://127.0.0.1:{port}/live").open()


def test_a_server_that_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("deepvis_app.frames.patience.SILENCE_S", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/live"
        with pytest.raises(SourceError, match="nothing within"):
            open_source(url).open()


@pytest.mark.parametrize(
    "spec",
    ["http://", "http:///video", "http://host:port/x", "rtsp://h:p/", "http://[1/", "rtsp://"],
)
def test_addresses_that_are_none(spec: str) -> None:
    with pytest.raises(SourceError, match="is no address"):
        open_source(spec)


def playlist(*names: str) -> bytes:
    lines = ["#EXTM3U", "#EXT-X-TARGETDURATION:5"]
    for name in names:
        lines += ["#EXTINF:5,", name]
    return "\n".join([*lines, "#EXT-X-ENDLIST", ""]).encode()


def test_a_playlist_of_a_server_is_played_but_opens_no_file(
    server: CameraServer, make_video, seen, monkeypatch: pytest.MonkeyPatch
) -> None:
    video = make_video("clip.ts", 20)
    kind = "application/vnd.apple.mpegurl"
    monkeypatch.setitem(PLAIN, "clip.ts", ("video/mp2t", video.read_bytes()))
    monkeypatch.setitem(PLAIN, "good", (kind, playlist("clip.ts")))
    monkeypatch.setitem(PLAIN, "bad", (kind, playlist(video.as_uri())))
    source = open_source(f"{server.url}/good")
    source.open()
    assert seen(source.read().image) == 0
    source.close()
    with pytest.raises(SourceError, match="cannot be opened as a video stream"):
        open_source(f"{server.url}/bad").open()
