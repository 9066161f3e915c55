"""Downloads against a server on this computer: whole, cut, altered, silent."""

from __future__ import annotations

import hashlib
import http.server
import socket
import threading
from typing import TYPE_CHECKING

import pytest

from deepvis_app.errors import UserError
from deepvis_app.nets import download
from deepvis_app.nets.download import fetch

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CONTENT = bytes(range(256)) * 4096  # 1 MiB: several chunks
DIGEST = hashlib.sha256(CONTENT).hexdigest()
GOOD = f"w-{DIGEST[:8]}.pth"


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    ranges: bool = True  # honours Range
    breaks_after: int | None = None  # bytes of each reply
    requests: list[str | None]


class Handler(http.server.BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        wanted = self.headers["Range"]
        self.server.requests.append(wanted)
        if "missing" in self.path:
            self.send_error(404)
            return
        start = 0
        if wanted and self.server.ranges:
            start = int(wanted.removeprefix("bytes=").removesuffix("-"))
        body = CONTENT[start:]
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: self.server.breaks_after])

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("no_proxy", "*")
    with Server(("127.0.0.1", 0), Handler) as server:
        server.requests = []
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def get(server: Server, path: Path, name: str = GOOD, **options: object) -> None:
    url = f"http://127.0.0.1:{server.server_port}/{name}"
    fetch(url, path, what="the weights", remedy="Connect once", **options)


def test_a_whole_file_arrives_with_progress(server: Server, tmp_path: Path) -> None:
    seen: list[tuple[str, int, int]] = []
    path = tmp_path / "new" / "folder" / GOOD
    get(server, path, progress=lambda *news: seen.append(news))
    assert path.read_bytes() == CONTENT
    assert {(what, total) for what, _, total in seen} == {("the weights", len(CONTENT))}
    done = [count for _, count, _ in seen]
    assert done == sorted(done)
    assert done[-1] == len(CONTENT)
    assert len(done) > 2
    assert list(path.parent.iterdir()) == [path]


def test_a_wrong_checksum_keeps_nothing(server: Server, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="checksum is wrong"):
        get(server, tmp_path / "w.pth", "w-00000000.pth")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("ranges", [True, False])
def test_a_broken_transfer_is_continued_or_begun_again(
    server: Server, tmp_path: Path, ranges: bool
) -> None:
    server.ranges, server.breaks_after = ranges, 400_000

    def mend(_what: str, done: int, _total: int) -> None:
        if done == 400_000:
            server.breaks_after = None

    get(server, tmp_path / GOOD, progress=mend)
    assert (tmp_path / GOOD).read_bytes() == CONTENT
    assert server.requests == [None, "bytes=400000-"]


def test_a_transfer_that_keeps_breaking_is_given_up(server: Server, tmp_path: Path) -> None:
    server.breaks_after = 1000
    with pytest.raises(UserError, match="the connection broke off") as error:
        get(server, tmp_path / GOOD)
    assert error.value.remedy == "Connect once"
    assert 1 < len(server.requests) <= 5
    assert list(tmp_path.iterdir()) == []


def test_a_missing_file_tells_the_servers_answer(server: Server, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="the server answers 404"):
        get(server, tmp_path / "w.pth", "missing.pth")
    assert len(server.requests) == 1
    assert list(tmp_path.iterdir()) == []


def test_a_raising_progress_cancels_and_keeps_nothing(server: Server, tmp_path: Path) -> None:
    class Cancelled(Exception):  # noqa: N818
        pass

    def cancel(*_: object) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        get(server, tmp_path / GOOD, progress=cancel)
    assert list(tmp_path.iterdir()) == []


def test_a_silent_server_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.setattr(download, "_TIMEOUT_S", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/w.pth"
        with pytest.raises(UserError, match="the server does not answer"):
            fetch(url, tmp_path / "w.pth", what="the weights", remedy="Connect once")
    assert list(tmp_path.iterdir()) == []


def test_nobody_listening_and_no_such_host_are_told_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("no_proxy", "*")
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(UserError, match="refused"):
        fetch(f"http://127.0.0.1:{port}/w", tmp_path / "w", what="the weights", remedy="r")

    def offline(*_: object, **__: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", offline)
    for scheme in ("http", "https"):
        with pytest.raises(UserError, match="seems to be offline"):
            fetch(f"{scheme}://example.org/w", tmp_path / "w", what="the weights", remedy="r")


def test_a_folder_that_cannot_be_made_is_named(server: Server, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="Cannot store the weights in") as error:
        get(server, tmp_path / "file" / GOOD)
    assert "TORCH_HOME" in error.value.remedy


def test_all_addresses_of_a_host_share_one_time_out(monkeypatch: pytest.MonkeyPatch) -> None:
    allowed: list[float] = []
    addresses = [
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", (f"10.0.0.{i}", 443)) for i in range(9)
    ]

    def never(_address: object, timeout: float, _source: object) -> None:
        allowed.append(timeout)
        raise TimeoutError

    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: addresses)
    monkeypatch.setattr(socket, "create_connection", never)
    with pytest.raises(TimeoutError):
        download.connect(("example.org", 443), 8.0)
    assert max(allowed) <= 4.0
