"""Servers of every kind of ill will, each a few bytes on loopback."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from deepvis_app.frames import SourceError, address, open_source, patience
from deepvis_app.frames import stream as stream_module

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

OK = b"HTTP/1.1 200 OK\r\n"
PARTS = OK + b"Content-Type: multipart/x-mixed-replace; boundary=frame\r\n\r\n"
PICTURE = OK + b"Content-Type: image/jpeg\r\n"
LIMIT_S = 0.8

Answer = bytes | list[bytes]


class Server:
    """Answers each request with bytes; of a list over and over, until the client has gone.

    With `gap_s` the bytes come one by one.
    """

    def __init__(self, answer: Callable[[bytes], Answer], gap_s: float = 0.0) -> None:
        self.asked: list[bytes] = []
        self._answer, self._gap_s = answer, gap_s
        self._over = threading.Event()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self.left = threading.Semaphore(0)  # one for each client that has gone
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v"

    def _accept(self) -> None:
        while not self._over.is_set():
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._serve, args=(client,))
            self._threads.append(thread)
            thread.start()

    def _serve(self, client: socket.socket) -> None:
        with client:
            try:
                asked = client.recv(65536)
                self.asked.append(asked)
                self._send(client, self._answer(asked))
            except OSError:
                pass
        self.left.release()

    def _send(self, client: socket.socket, answer: Answer) -> None:
        if isinstance(answer, bytes) and not self._gap_s:
            client.sendall(answer)
            return
        *first, again = answer if isinstance(answer, list) else [b"", answer]
        client.sendall(b"".join(first))
        while not self._over.is_set():
            for piece in (bytes([byte]) for byte in again) if self._gap_s else (again,):
                client.sendall(piece)
                if self._gap_s and self._over.wait(self._gap_s):
                    return

    def close(self) -> None:
        self._over.set()
        with suppress(OSError):  # where nobody is waiting
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        for thread in self._threads:
            thread.join(10)


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Server]]:
    monkeypatch.setenv("no_proxy", "127.0.0.1,localhost")
    monkeypatch.setattr(address, "_passwords", {})
    monkeypatch.setattr(patience, "SILENCE_S", LIMIT_S / 2)
    monkeypatch.setattr(stream_module, "ANSWER_WITHIN_S", LIMIT_S)
    servers: list[Server] = []

    def begin(answer: Answer | Callable[[bytes], Answer], gap_s: float = 0.0) -> Server:
        servers.append(Server(answer if callable(answer) else lambda _: answer, gap_s))
        return servers[-1]

    yield begin
    for server in servers:
        server.close()


def refused(url: str) -> str:
    with pytest.raises(SourceError) as caught:
        open_source(url).open()
    assert caught.value.remedy
    return caught.value.cause


DRIPS = {
    "status line": b"HTTP/1.1 200 OK\r\n" * 1000,
    "headers": b"X-Slow: slow\r\n" * 1000,
    "picture": b"\0" * 1000,
    "parts": b"--frame\r\nX: y\r\n" * 1000,
    "chunk size": b"0" * 1000,
}
BEFORE = {
    "status line": b"",
    "headers": OK,
    "picture": PICTURE + b"Content-Length: 99999999\r\n\r\n",
    "parts": PARTS,
    "chunk size": PICTURE + b"Transfer-Encoding: chunked\r\n\r\n",
}


@pytest.mark.parametrize("what", DRIPS)
def test_what_drips_has_one_limit_in_all(serve, what: str) -> None:
    server = serve(lambda _: [BEFORE[what], DRIPS[what]], gap_s=0.02)
    is_early = what in ("status line", "headers")
    assert ("did not answer within" if is_early else "not all of it within") in refused(server.url)
    assert server.left.acquire(timeout=10)  # the server sees that nobody listens any more


FLOODS = {
    "headers": ([OK, b"X: y\r\n" * 500], "more than 100 headers"),
    "header line": ([OK, b"a" * 4096], "a line of more than 64 KB"),
    "chunk size": (
        [PICTURE + b"Transfer-Encoding: chunked\r\n\r\n", b"1" * 4096],
        "a line of more than 64 KB",
    ),
    "no boundary": ([PARTS, b"\0" * 65536], "no boundary between the pictures"),
    "headers of a part": ([PARTS, b"--frame\r\n", b"X: y\r\n" * 500], "headers have no end"),
    "picture": ([PICTURE + b"\r\n", b"\0" * 65536], "is over 2 MB"),
    "parts that are none": ([PARTS, b"--frame\r\n\r\nx" * 500], "cannot be read as pictures"),
}


@pytest.mark.parametrize("what", FLOODS)
def test_a_flood_is_left(serve, what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("deepvis_app.frames.http_stream._MAX_PICTURE_BYTES", 2_000_000)
    monkeypatch.setattr("deepvis_app.frames.multipart._MAX_PART_BYTES", 1_000_000)
    pieces, message = FLOODS[what]
    server = serve(pieces)
    assert message in refused(server.url)
    assert server.left.acquire(timeout=10)


ODD = [
    (b"SSH-2.0-OpenSSH\r\n", "does not answer in HTTP (“SSH-2.0-OpenSSH”)"),
    (b"", "closes the connection without an answer"),
    (PARTS + b"--frame\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n", "a part of more than"),
    (
        OK + b"Content-Type: multipart/x-mixed-replace\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n",
        "its chunks are garbled",
    ),
    (PICTURE + b"Transfer-Encoding: chunked\r\n\r\n-" + b"F" * 30 + b"\r\n", "breaks off"),
    (PICTURE + b"Content-Length: 100\r\n\r\nabc", "97 bytes are missing"),
    (OK + b"Content-Type: \xff\xfe\r\n\r\n", "neither picture nor video"),
    (b"HTTP/1.1 302 F\r\nLocation: file:///etc/passwd\r\n\r\n", "to file:///etc/passwd, which is"),
    (b"HTTP/1.1 302 F\r\nLocation: ftp://a:b@h/x\r\n\r\n", "sends on to ftp://a:••••@h/x, which"),
    (b"HTTP/1.1 302 F\r\nLocation: gopher://h/\r\n\r\n", "sends on to gopher://h/, which is not"),
    (b"HTTP/1.1 302 F\r\nLocation: data:image/png;base64,AAAA\r\n\r\n", "sends on to data:image"),
    (b"HTTP/1.1 302 F\r\nLocation: http://[::1\r\n\r\n", "sends on to http://[::1, which is not"),
    (b"HTTP/1.1 302 F\r\n\r\n", "sends on more than 5 times"),
    (b"HTTP/1.1 302 F\r\nLocation: /again\r\n\r\n", "sends on more than 5 times"),
    (b"HTTP/1.1 500 Out\tof order\r\n\r\n", "answers 500 Out of order"),
]


@pytest.mark.parametrize(("answer", "message"), ODD)
def test_what_is_odd_is_said(serve, answer: bytes, message: str) -> None:
    assert message in refused(serve(answer).url)


@pytest.mark.parametrize(
    "challenge", [b'Digest "\\"=,,=', b"Digest", b'Digest realm="x", nonce="y", algorithm=ROT13']
)
def test_a_question_that_nobody_understands(serve, challenge: bytes) -> None:
    server = serve(b"HTTP/1.1 401 No\r\nWWW-Authenticate: " + challenge + b"\r\n\r\n")
    cause = refused(f"http://me:geheim@127.0.0.1:{server.port}/v")
    assert "asks for the password in a way that is not known here (Digest" in cause
    assert "geheim" not in cause
    assert all(b"Authorization" not in asked for asked in server.asked)


ASKS = b'HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm="x"\r\nContent-Length: 0\r\n\r\n'


def sends_on(url: str) -> bytes:
    return f"HTTP/1.1 302 F\r\nLocation: {url}\r\nContent-Length: 0\r\n\r\n".encode()


@pytest.mark.parametrize("asks_first", [True, False])
def test_another_server_never_gets_the_password(serve, asks_first: bool) -> None:
    other = serve(ASKS)

    def answer(asked: bytes) -> bytes:
        return ASKS if asks_first and b"Authorization" not in asked else sends_on(other.url)

    server = serve(answer)
    cause = refused(f"http://me:geheim@127.0.0.1:{server.port}/v")
    assert "sends on to 127.0.0.1, which asks for a user and password" in cause
    assert any(b"Authorization" in asked for asked in server.asked) == asks_first
    assert other.asked
    assert all(b"Authorization" not in asked for asked in other.asked)


def test_the_same_server_gets_it_where_it_sends_on(serve, picture: bytes) -> None:
    def answer(asked: bytes) -> bytes:
        if b"GET /inner" not in asked:
            return sends_on("/inner")
        return PICTURE + b"\r\n" + picture if b"Authorization" in asked else ASKS

    server = serve(answer)
    source = open_source(f"http://me:geheim@127.0.0.1:{server.port}/v")
    assert source.open().length == 1
    assert source.spec == f"http://me@127.0.0.1:{server.port}/v"
    source.close()


def test_a_blank_in_an_address_is_asked_for_as_it_should_be(serve) -> None:
    server = serve(b"HTTP/1.1 404 No\r\n\r\n")
    cause = refused(f"http://127.0.0.1:{server.port}/a b?pwd=ge heim")
    assert server.asked[0].startswith(b"GET /a%20b?pwd=ge%20heim HTTP/1.1\r\n")
    assert cause.endswith("/a b?pwd=•••• answers 404 No")


@pytest.fixture
def picture(tmp_path: Path) -> bytes:
    file = tmp_path / "x.jpg"
    Image.fromarray(np.zeros((8, 8, 3), np.uint8)).save(file)
    return file.read_bytes()


def test_the_next_start_says_that_the_password_is_missing(serve, monkeypatch) -> None:
    server = serve(ASKS)
    spec = address.kept(f"http://me:geheim@127.0.0.1:{server.port}/v")
    assert "does not accept this user and password" in refused(spec)
    monkeypatch.setattr(address, "_passwords", {})
    with pytest.raises(SourceError, match=r"127\.0\.0\.1 wants its password again") as caught:
        open_source(spec).open()
    assert caught.value.remedy.endswith(f"http://me:password@127.0.0.1:{server.port}/v")


def test_a_wait_is_ended_from_another_thread(serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "SILENCE_S", 60.0)
    monkeypatch.setattr(stream_module, "ANSWER_WITHIN_S", 60.0)
    asked, hold = threading.Event(), threading.Event()

    def answer(_: bytes) -> bytes:
        asked.set()
        hold.wait(20)
        return b""

    source = open_source(serve(answer).url)
    errors: list[SourceError] = []

    def wait() -> None:
        try:
            source.open()
        except SourceError as error:
            errors.append(error)

    thread = threading.Thread(target=wait)
    thread.start()
    assert asked.wait(10)
    source.interrupt()
    thread.join(10)
    hold.set()
    assert errors
    assert not thread.is_alive()
    source.close()
