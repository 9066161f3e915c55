"""RTSP from a small server of the test's own: an MPEG transport stream as RTP within TCP."""

from __future__ import annotations

import socket
import struct
import threading
from typing import TYPE_CHECKING

import pytest

from deepvis_app.frames import SourceError, SourceLost, open_source

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deepvis_app.frames import FrameSource

SDP = (
    "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=test\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\n"
    "m=video 0 RTP/AVP 33\r\na=control:track0\r\n"  # payload type 33: MPEG-2 TS (RFC 3551)
)
HEADERS = {
    "DESCRIBE": f"Content-Type: application/sdp\r\nContent-Length: {len(SDP)}\r\n",
    "SETUP": "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\nSession: 1\r\n",
    "OPTIONS": "Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN\r\n",
}


class RtspServer:
    def __init__(self, transport_stream: bytes, port: int = 0) -> None:
        self.data = transport_stream
        self.listening = socket.create_server(("127.0.0.1", port))
        self.port = self.listening.getsockname()[1]
        self.client: socket.socket | None = None
        self.is_gone = threading.Event()
        self.thread = threading.Thread(target=self.serve)
        self.thread.start()

    def serve(self) -> None:
        while not self.is_gone.is_set():
            try:
                self.client, _ = self.listening.accept()
                with self.client, self.client.makefile("rb") as lines:
                    self.talk(self.client, lines)
            except OSError:
                continue

    def talk(self, client: socket.socket, lines) -> None:
        method = ""
        while method != "PLAY":
            request = lines.readline().decode()
            if not request:
                return
            method = request.split()[0]
            headers = {}
            while line := lines.readline().decode().strip():
                name, _, value = line.partition(":")
                headers[name.lower()] = value.strip()
            answer = f"RTSP/1.0 200 OK\r\nCSeq: {headers['cseq']}\r\n"
            answer += HEADERS.get(method, "Session: 1\r\n") + "\r\n"
            client.sendall((answer + (SDP if method == "DESCRIBE" else "")).encode())
        sequence = 0
        while True:
            for start in range(0, len(self.data), 7 * 188):
                header = struct.pack(">BBHII", 0x80, 33, sequence & 0xFFFF, sequence * 300, 1)
                packet = header + self.data[start : start + 7 * 188]
                client.sendall(b"$\0" + struct.pack(">H", len(packet)) + packet)
                sequence += 1
                if self.is_gone.wait(0.002):
                    return

    def pull_away(self) -> None:
        self.is_gone.set()
        for end in (self.client, self.listening):
            try:
                if end is not None:
                    end.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue  # closed already
        self.listening.close()
        self.thread.join()


@pytest.fixture
def transport_stream(make_video) -> bytes:
    return make_video("clip.ts", 60).read_bytes()


@pytest.fixture
def server(transport_stream: bytes) -> Iterator[RtspServer]:
    server = RtspServer(transport_stream)
    yield server
    if not server.is_gone.is_set():
        server.pull_away()


def test_read_pulled_away_and_brought_back(
    server: RtspServer, transport_stream: bytes, seen
) -> None:
    source = open_source(f"rtsp://127.0.0.1:{server.port}/live")
    info = source.open()
    assert (info.width, info.height, info.rate_hz) == (160, 120, 25)
    indices = []
    for _ in range(10):
        frame = source.read()
        assert frame is not None
        indices.append(seen(frame.image))
    assert indices == list(range(indices[0], indices[0] + 10))

    server.pull_away()
    with pytest.raises(SourceLost, match="has stopped sending"):
        read_on(source)
    with pytest.raises(SourceError, match="connection refused"):
        source.open()

    back = RtspServer(transport_stream, server.port)
    try:
        source.open()
        assert source.read() is not None
        source.close()
    finally:
        back.pull_away()


def read_on(source: FrameSource) -> None:
    for _ in range(10_000):  # what is on its way still comes
        source.read()


def test_what_answers_but_is_no_camera(capfd: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def answer() -> None:
            listening.accept()[0].close()  # the look whether anybody is there
            client, _ = listening.accept()
            with client:
                client.recv(1000)
                client.sendall(b"HTTP/1.0 400 Bad Request\r\n\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        url = f"rtsp://me:secret@127.0.0.1:{listening.getsockname()[1]}/live"
        with pytest.raises(SourceError, match="cannot be opened as a video stream") as caught:
            open_source(url).open()
        thread.join()
    assert "secret" not in str(caught.value)
    assert capfd.readouterr().err == ""


def answers(statuses: list[bytes], asked: list[bytes]) -> tuple[socket.socket, threading.Thread]:
    """Answer each connection's RTSP requests with `statuses`, then leave it."""
    listening = socket.create_server(("127.0.0.1", 0))

    def talk() -> None:
        while True:
            try:
                client, _ = listening.accept()
            except OSError:
                return
            with client:
                for status in statuses:
                    request = client.recv(4000)
                    if not request:
                        break
                    asked.append(request)
                    number = request.split(b"CSeq: ")[1].split(b"\r\n")[0]
                    client.sendall(b"RTSP/1.0 %s\r\nCSeq: %s\r\n\r\n" % (status, number))

    thread = threading.Thread(target=talk)
    thread.start()
    return listening, thread


def test_a_camera_that_sends_on_gives_no_password_away() -> None:
    basic = b'401 No\r\nWWW-Authenticate: Basic realm="x"'
    theirs: list[bytes] = []
    other, other_thread = answers([basic] * 4, theirs)
    port = other.getsockname()[1]
    on = b"302 Moved\r\nLocation: rtsp://127.0.0.1:%d/x" % port
    camera, thread = answers([b"200 OK\r\nPublic: DESCRIBE, SETUP, PLAY", on], [])
    host = f"127.0.0.1:{camera.getsockname()[1]}"
    try:
        with pytest.raises(SourceError):
            open_source(f"rtsp://me:geheim@{host}/live").open()
        assert theirs == []
        with pytest.raises(SourceError, match="asks for a user and password"):
            open_source(f"rtsp://{host}/live").open()
        assert theirs  # without a password it is followed
    finally:
        for listening, talking in ((camera, thread), (other, other_thread)):
            listening.shutdown(socket.SHUT_RDWR)
            listening.close()
            talking.join(10)


@pytest.mark.parametrize("scheme", ["rtsp", "rtsps", "rtmp"])
def test_a_camera_that_says_nothing(scheme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("deepvis_app.frames.stream.ANSWER_WITHIN_S", 0.6)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"{scheme}://127.0.0.1:{silent.getsockname()[1]}/live"
        with pytest.raises(SourceError, match="did not answer within"):
            open_source(url).open()
