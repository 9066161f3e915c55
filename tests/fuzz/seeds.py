"""Sound files of every kind, small and made here: what the fuzzers begin with."""

from __future__ import annotations

import io
import json
import tempfile
from functools import cache
from pathlib import Path
from random import Random
from typing import Any
from unittest.mock import patch
from uuid import UUID

import numpy as np
import torch
from PIL import Image
from torch import nn

from deepvis_app import paths
from deepvis_app.corpus import scan
from deepvis_app.engine import Gallery, Purpose, SynthesisRequest
from deepvis_app.engine.jobs import memory
from deepvis_app.engine.jobs.kinds import make_kinds
from deepvis_app.engine.kept.picture_png import PictureNote, picture_png
from deepvis_app.frames.cv import cv2
from deepvis_app.lab.events.files import event_files
from deepvis_app.lab.events.writer import EventWriter
from deepvis_app.lab.log.about import About, ModuleInfo
from deepvis_app.lab.log.bins import bins_of
from deepvis_app.lab.log.run import Counts
from deepvis_app.lab.log.writer import LogWriter, log_files
from deepvis_app.nets import Network, Unit
from deepvis_app.session import Session
from deepvis_app.store import Store
from deepvis_app.synth import PRESETS, Sample

Seeds = dict[str, bytes]  # by a name whose suffix counts

SIZE = (32, 24)


def picture(chance: Random, channels: int = 3) -> np.ndarray:
    """Return a picture, uint8 (H, W, channels), with smooth parts and noise."""
    ramp = np.linspace(0, 255, SIZE[0] * SIZE[1] * channels).reshape(SIZE[1], SIZE[0], channels)
    noise = np.frombuffer(chance.randbytes(ramp.size), np.uint8).reshape(ramp.shape)
    return (ramp * 0.8 + noise * 0.2).astype(np.uint8)


@cache
def pictures() -> Seeds:
    """Every format and many of the ways to write it."""
    chance = Random(0)
    rgb = Image.fromarray(picture(chance))
    rgba = Image.fromarray(picture(chance, 4), "RGBA")
    grey = rgb.convert("L")
    frames = [Image.fromarray(picture(chance)) for _ in range(2)]
    exif = Image.Exif()
    exif[0x0112] = 6
    wide = Image.fromarray(np.arange(768, dtype=np.uint16).reshape(24, 32) * 80)
    made: dict[str, tuple[Image.Image, str, dict[str, Any]]] = {
        "a.jpg": (rgb, "JPEG", {"exif": exif}),
        "progressive.jpg": (rgb, "JPEG", {"progressive": True}),
        "cmyk.jpg": (rgb.convert("CMYK"), "JPEG", {}),
        "a.png": (rgb, "PNG", {}),
        "alpha.png": (rgba, "PNG", {"exif": exif}),
        "palette.png": (rgb.quantize(15), "PNG", {"transparency": 3}),
        "wide.png": (wide, "PNG", {}),
        "moving.png": (frames[0], "PNG", {"save_all": True, "append_images": frames[1:]}),
        "a.gif": (rgb.quantize(16), "GIF", {}),
        "moving.gif": (frames[0], "GIF", {"save_all": True, "append_images": frames[1:]}),
        "a.bmp": (rgb, "BMP", {}),
        "palette.bmp": (rgb.quantize(16), "BMP", {}),
        "a.tif": (rgb, "TIFF", {}),
        "packed.tif": (rgb, "TIFF", {"compression": "tiff_deflate"}),
        "lzw.tif": (grey, "TIFF", {"compression": "tiff_lzw"}),
        "jpeg.tif": (rgb, "TIFF", {"compression": "jpeg"}),
        "fax.tif": (grey.convert("1"), "TIFF", {"compression": "group4"}),
        "a.webp": (rgb, "WEBP", {"lossless": True}),
        "lossy.webp": (rgba, "WEBP", {"exif": exif}),
        "moving.webp": (frames[0], "WEBP", {"save_all": True, "append_images": frames[1:]}),
        "a.avif": (rgb, "AVIF", {}),
        "moving.avif": (frames[0], "AVIF", {"save_all": True, "append_images": frames[1:]}),
        "a.jp2": (rgb, "JPEG2000", {}),
        "a.ppm": (rgb, "PPM", {}),
        "a.pgm": (grey, "PPM", {}),
        "a.ico": (rgba, "ICO", {"sizes": [(16, 16)]}),
        "a.tga": (rgb, "TGA", {}),
        "a.pcx": (rgb, "PCX", {}),
        "a.mpo": (frames[0], "MPO", {"save_all": True, "append_images": frames[1:]}),
        "a.qoi": (rgb, "QOI", {}),
        "a.sgi": (rgb, "SGI", {}),
        "a.dds": (rgba, "DDS", {}),
    }
    return {name: _saved(*how) for name, how in made.items()} | {
        "a.eps": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 32 24\n%%EndComments\nshowpage\n",
        "plain.ppm": b"P3 2 2 255 1 2 3 4 5 6 7 8 9 10 11 12\n",
        "a.hdr": _by_cv(".hdr", picture(chance).astype(np.float32) / 255),
        "a.pfm": _by_cv(".pfm", picture(chance).astype(np.float32) / 255),
        "a.ras": _by_cv(".ras", picture(chance)),
        "a.heic": _heic(rgb),
    }


def _saved(image: Image.Image, kind: str, options: dict[str, Any]) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def _by_cv(suffix: str, image: np.ndarray) -> bytes:
    done, data = cv2.imencode(suffix, image)
    return data.tobytes() if done else b"?"


def _heic(image: Image.Image) -> bytes:
    import pillow_heif

    file = io.BytesIO()
    try:
        pillow_heif.from_pillow(image).save(file, quality=50)
    except RuntimeError:  # built without an encoder
        return b"\0\0\0\x1cftypheic\0\0\0\0mif1heic"
    return file.getvalue()


@cache
def science() -> Seeds:
    """Pictures whose pixels are no bytes, and files of many pages."""
    chance = Random(1)
    values = picture(chance).astype(np.uint16) * 200
    floats = Image.fromarray(values[:, :, 0].astype(np.float32) / 7)
    whole = Image.fromarray(values[:, :, 0].astype(np.int32))
    found: Seeds = {
        "float.tif": _saved(floats, "TIFF", {}),
        "whole.tif": _saved(whole, "TIFF", {"compression": "tiff_lzw"}),
        "pages.tif": _saved(floats, "TIFF", {"save_all": True, "append_images": [floats] * 3}),
        "wide.tif": _by_cv(".tiff", values),
        "wide.png": _by_cv(".png", values),
        "double.tif": _by_cv(".tiff", values.astype(np.float64)),
    }
    arrays = {
        "float.npy": values.astype(np.float16), "stack.npy": values.reshape(3, 24, 32),
        "bool.npy": values[:, :, 0] > 900, "many.npy": np.zeros((2, 5, 8, 9), "<f8"),
        "other.npy": values.astype(">i4"), "fortran.npy": np.asfortranarray(values),
    }  # fmt: skip
    return found | {name: _npy(array) for name, array in arrays.items()}


def _npy(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


CLIPS = {
    "a.mp4": ("libx264", "yuv420p"), "a.mkv": ("libx264", "yuv420p"),
    "a.avi": ("mpeg4", "yuv420p"), "a.webm": ("libvpx", "yuv420p"), "a.flv": ("flv1", "yuv420p"),
    "a.ts": ("mpeg2video", "yuv420p"), "a.mpg": ("mpeg1video", "yuv420p"), "a.gif": ("gif", "rgb8"),
    "a.mov": ("mjpeg", "yuvj420p"), "a.wmv": ("wmv2", "yuv420p"),
    "raw.avi": ("rawvideo", "yuv420p"), "a.ogv": ("libtheora", "yuv420p"),
    "a.m2ts": ("libx264", "yuv420p"), "png.mov": ("png", "rgb24"),
}  # fmt: skip


@cache
def videos() -> Seeds:
    """One clip of 12 frames of each container."""
    import av

    found: Seeds = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, (codec, pixels) in CLIPS.items():
            path = Path(folder, name)
            try:
                _write_clip(path, codec, pixels)
            except (av.FFmpegError, ValueError):  # built without this encoder
                continue
            found[name] = path.read_bytes()
    return found


def _write_clip(path: Path, codec: str, pixels: str) -> None:
    import av

    chance = Random(2)
    with av.open(str(path), "w", options={"fflags": "+bitexact"}) as file:
        stream = file.add_stream(codec, rate=25, options={"g": "5"})
        stream.width, stream.height, stream.pix_fmt = 48, 32, pixels
        stream.thread_count = 1
        for _ in range(12):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture(chance)))
            file.mux(stream.encode(frame.reformat(48, 32, format=pixels)))
        file.mux(stream.encode(None))


# Networks


def _small() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 36, 3))


@cache
def weights() -> Seeds:
    from safetensors.torch import save

    state = _small().state_dict()
    nested = {
        "epoch": 3, "state_dict": {f"module.{key}": value for key, value in state.items()},
        "best": np.float64(0.5), "names": ["a", "b"], "half": torch.zeros(3, dtype=torch.bfloat16),
        "sparse": torch.eye(4).to_sparse(), "array": np.ones(3), "args": _arguments(),
    }  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        found: Seeds = {}
        for name, content, new in (
            ("a.pth", state, True), ("old.pth", state, False),
            ("nested.pt", nested, True), ("old-nested.bin", nested, False),
        ):  # fmt: skip
            path = Path(folder, name)
            torch.save(content, path, _use_new_zipfile_serialization=new)
            found[name] = path.read_bytes()
    arrays = io.BytesIO()
    np.savez(arrays, **{key: value.numpy() for key, value in state.items()})
    return found | {"a.safetensors": save(state, {"format": "pt"}), "arrays.pth": arrays.getvalue()}


def _arguments() -> object:
    from argparse import Namespace

    return Namespace(lr=0.1, out=Path("runs"))


@cache
def exported() -> Seeds:
    batch = {0: torch.export.Dim("batch", min=1, max=64)}
    found: Seeds = {}
    for name, shapes in (("fixed.pt2", None), ("batch.pt2", (batch,))):
        x = torch.zeros(2 if shapes else 1, 3, 8, 8)
        program = torch.export.export(_small().eval(), (x,), dynamic_shapes=shapes)
        file = io.BytesIO()
        torch.export.save(program, file)
        found[name] = file.getvalue()
    return found


PROFILE = """title = "Small"
factory = "torch.nn:Conv2d"
arguments = { in_channels = 3, out_channels = 4, kernel_size = 3 }
labels = ["a", "b", "c", "d"]
layers = ["0"]
scores = "softmax"

[input]
size = [16, 16]
channels = 3
show = [0, 1, 2]
range = "0..1"
mean = [0.485, 0.456, 0.406]
std = [0.229, 0.224, 0.225]
order = "rgb"
resize = 20
interpolation = "bilinear"
fit = "crop"
"""


@cache
def profiles() -> Seeds:
    bundled = {path.name: path.read_bytes() for path in (paths.CONFIGS / "networks").glob("*.toml")}
    random = {
        name: data.replace(b'"torchvision:squeezenet1_0"', b'"torchvision:squeezenet1_0@none"')
        for name, data in bundled.items()
        if b"alexnet" not in data  # 240 MB
    }
    return dict(sorted(random.items())) | {"small.toml": PROFILE.encode()}


@cache
def model_folders() -> Seeds:
    """The files of a folder as transformers writes it: the small texts, not the weights."""
    config = {
        "architectures": ["ResNetForImageClassification"], "model_type": "resnet",
        "num_channels": 3, "embedding_size": 4, "hidden_sizes": [4, 8], "depths": [1, 1],
        "layer_type": "basic", "hidden_act": "relu", "id2label": {"0": "a", "1": "b"},
        "label2id": {"a": 0, "b": 1}, "image_size": 32,
    }  # fmt: skip
    processor = {
        "do_resize": True, "size": {"shortest_edge": 32}, "crop_size": {"height": 32, "width": 32},
        "do_normalize": True, "image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5],
        "resample": 3, "rescale_factor": 0.00392, "image_processor_type": "ConvNextImageProcessor",
    }  # fmt: skip
    texts = {"config.json": config, "preprocessor_config.json": processor}
    return {name: json.dumps(text, indent=1).encode() for name, text in texts.items()}


# What deepvis itself keeps


@cache
def corpora() -> Seeds:
    """The files of a small corpus, by their paths within it."""
    chance = Random(0)
    with tempfile.TemporaryDirectory() as folder:
        for number in range(6):
            place = Path(folder, "pictures", "ab"[number % 2], f"{number}.png")
            place.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(picture(chance)).save(place)
        out = Path(folder, "corpus")
        scan(Network(_small(), (3, 8, 8)), Path(folder, "pictures"), out=out, batch=2)
        files = sorted(path for path in out.rglob("*") if path.suffix in (".json", ".safetensors"))
        return {path.relative_to(out).as_posix(): path.read_bytes() for path in files}


@cache
def run_logs() -> Seeds:
    """A training's log of ours, and the event file beside it."""
    with tempfile.TemporaryDirectory() as folder:
        own, events = LogWriter(Path(folder)), EventWriter(Path(folder))
        own.about(About(layers=(ModuleInfo(name="fc", kind="Linear"),), classes=("a", "b")))
        values = np.random.default_rng(0).normal(size=(5, 30)).astype(np.float32)
        for step, some in enumerate(values, start=1):
            bins, counts = np.unique(bins_of(some), return_counts=True)
            scalars = {"loss": float(some[0]), "val_accuracy": float(some[1])}
            own.scalars(step, scalars, at=step)
            own.row("weights", step, ["fc"], {"weight": some[:1], "gradient": some[1:2]})
            own.counts("weights", ["fc"], Counts(step, np.array([len(bins)]), bins, counts))
            own.mark(step, "rate 0.1 → 0.01", {"rate": (0.1, 0.01)})
            own.matrix("confusion", step, np.eye(2, dtype=np.int64))
            events.scalars(step, scalars, at=step)
            events.histogram("fc.weight", step, bins, counts, at=step)
            events.image("filters", step, pictures()["a.png"][:400], at=step)
        own.line(5, (0.0, 1.0), (2.0, 1.0))
        own.array("labels/ids", 5, np.arange(9))
        own.state(5, "finished")
        own.close()
        events.close()
        (event_file,) = event_files(Path(folder))
        return {
            "run-000001.dvlog": log_files(Path(folder))[0].read_bytes(),
            "events.out.tfevents.1": event_file.read_bytes(),
        }


def recipes() -> Seeds:
    return {f"{name}.toml": recipe.to_toml().encode() for name, recipe in PRESETS.items()}


def settings() -> Seeds:
    return {"settings.toml": (paths.CONFIGS / "defaults.toml").read_bytes()}


def sessions() -> Seeds:
    session = Session(
        window_geometry="AdnQywADAAAAAAAA", network="torchvision:resnet18", weights="/a/w.pth",
        source="http://host/stream", layer="layer1.0.conv1", panes=("conv1", "fc"), unit=3,
        units={"conv1": 5}, pinned_classes=(1, 207), recent_sources=("demo", "camera:0"),
        inspector_tab="why", panels={"preferred": {"recipe": "yosinski-3", "colours": "true"}},
    )  # fmt: skip
    data = session.model_dump(mode="json")
    data["recent_networks"] = [{"spec": "pocket", "weights": ""}, "timm:resnet18"]
    old = {key: value for key, value in data.items() if key != "panels"}
    old |= {"recipe": "yosinski-3", "makes_pictures": False, "colours": "true"}  # up to 0.5
    return {
        "session.json": json.dumps(data, indent=1).encode(),
        "old.json": json.dumps(old, indent=1).encode(),
    }


def _request(unit: int) -> SynthesisRequest:
    samples = tuple(Sample(Unit("conv1", unit), seed) for seed in range(3))
    return SynthesisRequest(samples, PRESETS["fast-preview"], Purpose.LAYER)


def job_lists() -> Seeds:
    jobs = [
        {
            "uid": f"{number:032x}", "network": ["ab" * 32, "Small", "pocket"],
            "kind": "synthesis", "changed": False,
            "request": make_kinds(None).named("synthesis").to_data(_request(number)),
        }
        for number in range(3)
    ]  # fmt: skip
    return {"jobs.txt": json.dumps(json.loads(memory.list_text(jobs)), indent=0).encode()}


def _note(seed: int) -> PictureNote:
    return PictureNote(
        Unit("conv1", 3), PRESETS["fast-preview"], seed, 1.5, "ab" * 32, "Small", "pocket", (1, 2)
    )


@cache
def notes() -> Seeds:
    small = picture(Random(3))[:8, :8]
    return {"a.png": picture_png(small, _note(0)), "b.png": picture_png(small, _note(7))}


@cache
def store() -> Seeds:
    """Every file of a small store, by its path in it; the same bytes each time."""
    chance = Random(4)
    with (
        tempfile.TemporaryDirectory() as folder,
        patch("uuid.uuid4", lambda: UUID(bytes=chance.randbytes(16))),
        patch("time.time", lambda: 1.7e9),
    ):
        kept = Store(Path(folder))
        gallery = Gallery(kept)
        for number in range(3):
            about = {"unit": number, "layer": "conv1", "network": "ab" * 32, "score": 0.5 * number}
            kept.put(f"key {number}", "tensors", {"t.bin": chance.randbytes(40)}, about)
        for seed, (name, data) in enumerate(notes().items()):
            kept.put(f"picture {seed}", "picture", {name: data}, {"title": "conv1"})
        assert gallery.get("picture 0") is None  # it has no trace
        kept.keep("jobs", job_lists()["jobs.txt"].decode())
        kept.close()
        files = sorted(path for path in Path(folder).rglob("*") if path.is_file())
        return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


# Addresses and lists


def lists() -> Seeds:
    text = b"# pictures\na.png\tfirst\n sub/b.jpg , second\n../c.tif\nd.png\n"
    return {"list.txt": text, "list.csv": text.replace(b"\t", b","), "wide.tsv": text * 9}


def specs() -> Seeds:
    texts = (
        "demo", "camera:0", "camera:HD Webcam@1280x720", "screen:2", "screen:10,20,300,200",
        "list:pictures.txt", "http://user:word@127.0.0.1:9/stream?a=b#c", "https://[::1]:1/a.jpg",
        "rtsp://u:p%40@localhost:1/live", "rtmp://127.0.0.1:1/a", "file:///tmp/a%20b.png",
        "~/a.png", "/tmp/a.png\n/tmp/b.png", "text:a.py", "0", "~nobody/x", "C:\\a\\b.png",
    )  # fmt: skip
    return {f"{number}.txt": text.encode() for number, text in enumerate(texts)}


# HTTP: whole answers of a server


def http_parts() -> Seeds:
    """Pictures that come as a stream's parts: what OpenCV or Pillow decode."""
    return {name: data for name, data in pictures().items() if not name.endswith(".eps")}


def multipart(bodies: list[bytes], boundary: bytes = b"frame", lengths: bool = True) -> bytes:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=%s\r\n\r\n"
    parts = [
        b"--%s\r\nContent-Type: image/jpeg\r\n" % boundary
        + (b"Content-Length: %d\r\n" % len(body) if lengths else b"")
        + b"\r\n"
        + body
        + b"\r\n"
        for body in bodies
    ]
    return head % boundary + b"".join(parts) + b"--%s--\r\n" % boundary


@cache
def answers() -> Seeds:
    jpeg, png = pictures()["a.jpg"], pictures()["a.png"]
    head = b"HTTP/1.1 200 OK\r\nServer: x\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n"
    chunked = b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(png[i : i + 99]), png[i : i + 99]) for i in (0, 99))
    moved = b"HTTP/1.1 302 Found\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n"
    return {
        "stream": multipart([jpeg, png, jpeg]),
        "stream-dashes": multipart([jpeg] * 3, b"--myboundary", lengths=False),
        "picture": head % (b"image/jpeg", len(jpeg)) + jpeg,
        "chunked": chunked + chunks + b"0\r\n\r\n",
        "words": head % (b"text/html; charset=utf-8", 20) + b"<html>no</html>     ",
        "moved": moved % b"/other",
        "moved-far": moved % b"ftp://127.0.0.1/x",
        "asks": b'HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Digest realm="a", nonce="b", '
        b'qop="auth", algorithm=MD5\r\nWWW-Authenticate: Basic realm="c"\r\n\r\n',
        "gone": b"HTTP/1.0 404 Not Found\r\n\r\n",
    }
