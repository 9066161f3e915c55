"""Streams as cameras send them, cut at every possible place."""

from __future__ import annotations

import pytest

from deepvis_app.frames.multipart import MultipartCutter, boundary_of

PICTURES = [b"\xff\xd8one\r\n\xff\xd9", b"\xff\xd8two--\r\n\r\n\xff\xd9", b"\xff\xd8three\xff\xd9"]


def stream(
    *, boundary: bytes = b"--edge", with_length: bool = True, newline: bytes = b"\r\n"
) -> bytes:
    data = b""
    for picture in PICTURES:
        data += boundary + newline + b"Content-Type: image/jpeg" + newline
        if with_length:
            data += b"Content-length: " + str(len(picture)).encode() + newline
        data += newline + picture + newline
    return data + boundary + newline


@pytest.mark.parametrize("with_length", [True, False])
@pytest.mark.parametrize("chunk", [1, 2, 7, 10_000])
def test_parts_come_out_whole(with_length: bool, chunk: int) -> None:
    data = stream(with_length=with_length)
    cutter = MultipartCutter(b"edge")
    parts = [
        part
        for start in range(0, len(data), chunk)
        for part in cutter.feed(data[start : start + chunk])
    ]
    assert len(parts) == 3
    for part, picture in zip(parts, PICTURES, strict=True):
        assert part.startswith(picture)  # what follows a JPEG's end is not read


@pytest.mark.parametrize(
    ("header", "sent"),
    [
        ("multipart/x-mixed-replace; boundary=edge", b"--edge"),
        ("multipart/x-mixed-replace;boundary=--edge", b"--edge"),
        ('multipart/x-mixed-replace; boundary="edge"', b"--edge"),
        ("multipart/x-mixed-replace; boundary=edge", b"edge"),
        ("multipart/x-mixed-replace", b"--whatever"),
    ],
)
def test_what_cameras_make_of_the_boundary(header: str, sent: bytes) -> None:
    cutter = MultipartCutter(boundary_of(header))
    assert cutter.feed(stream(boundary=sent)) == PICTURES


def test_plain_newlines() -> None:
    cutter = MultipartCutter(b"edge")
    assert cutter.feed(stream(newline=b"\n")) == PICTURES


def test_an_endless_part_is_refused() -> None:
    cutter = MultipartCutter(b"edge")
    cutter.feed(bytes(15_000_000))
    with pytest.raises(ValueError, match="no boundary"):
        cutter.feed(bytes(2_000_000))
