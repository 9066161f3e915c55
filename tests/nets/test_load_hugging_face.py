"""Models of transformers from a folder, against transformers' own model and image processor."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from PIL import Image

from deepvis_app.errors import UserError
from deepvis_app.nets import Fit, Network, Unit, load_network

if TYPE_CHECKING:
    from pathlib import Path

transformers = pytest.importorskip("transformers", reason="the extra transformers is not installed")

transformers.logging.disable_progress_bar()  # saving shows one, too

LABELS = {0: "cat", 1: "dog", 2: "owl"}
SMALL: dict[str, tuple[str, dict[str, Any]]] = {
    "vit": ("ViTForImageClassification", {
        "hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2,
        "intermediate_size": 16, "image_size": 32, "patch_size": 8}),
    "registers": ("Dinov2WithRegistersForImageClassification", {
        "hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "image_size": 32,
        "patch_size": 8, "num_register_tokens": 4}),
    "resnet": ("ResNetForImageClassification", {
        "embedding_size": 8, "hidden_sizes": [8, 16], "depths": [1, 1]}),
    "convnext": ("ConvNextForImageClassification", {
        "hidden_sizes": [8, 16], "depths": [1, 1], "num_stages": 2}),
    "swin": ("SwinForImageClassification", {
        "embed_dim": 8, "depths": [2, 1], "num_heads": [1, 2], "window_size": 2,
        "image_size": 32, "patch_size": 4}),
}  # fmt: skip
PROCESSOR = {
    "do_resize": True, "size": {"height": 32, "width": 32}, "resample": 2, "do_rescale": True,
    "rescale_factor": 1 / 255, "do_normalize": True, "image_mean": [0.5, 0.4, 0.3],
    "image_std": [0.5, 0.6, 0.7], "image_processor_type": "ViTImageProcessor",
}  # fmt: skip


def saved(folder: Path, architecture: str, options: dict[str, Any]) -> Any:
    torch.manual_seed(0)
    kind = getattr(transformers, architecture)
    model = kind(kind.config_class(**options, id2label=LABELS)).eval()
    model.save_pretrained(folder)
    (folder / "preprocessor_config.json").write_text(json.dumps(PROCESSOR))
    return model


def test_nothing_is_printed(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    saved(tmp_path, *SMALL["vit"])
    transformers.logging.enable_progress_bar()
    try:
        load_network(tmp_path)
        assert transformers.logging.is_progress_bar_enabled()
    finally:
        transformers.logging.disable_progress_bar()
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("name", SMALL)
def test_a_folder_is_the_network_with_its_labels(tmp_path: Path, name: str) -> None:
    model = saved(tmp_path, *SMALL[name])
    net = load_network(tmp_path)
    assert net.labels == ("cat", "dog", "owl")
    assert net.input_shape == (3, 32, 32)
    x = torch.rand(2, 3, 32, 32)
    with torch.no_grad():
        logits = net.forward(x).logits
        assert logits is not None
        torch.testing.assert_close(logits, model(x).logits)
    assert net.output_layer is not None
    assert net.unit_label(Unit(net.output_layer, 1)) == "dog"


def test_registers_stand_apart_from_the_patches(tmp_path: Path) -> None:
    saved(tmp_path, *SMALL["registers"])
    net = load_network(f"hf:{tmp_path}")
    last = next(info for info in net.layers if info.name.endswith("layernorm"))
    assert last.map_size == (4, 4)
    assert net.layer(f"{last.name}/class").shape == (16, 1, 5)


def test_a_picture_is_prepared_as_the_folders_processor_does(tmp_path: Path) -> None:
    saved(tmp_path, *SMALL["resnet"])
    net = load_network(tmp_path)
    assert net.preprocessing.fit is Fit.STRETCH
    picture = np.random.default_rng(0).integers(0, 256, (32, 32, 3), np.uint8)
    values = picture.transpose(2, 0, 1) / 255
    mean, std = (np.array(PROCESSOR[k]).reshape(3, 1, 1) for k in ("image_mean", "image_std"))
    np.testing.assert_allclose(net.prepare(picture), (values - mean) / std, atol=1e-5)


def test_crops_are_those_of_transformers(tmp_path: Path) -> None:
    saved(tmp_path, *SMALL["resnet"])
    given = PROCESSOR | {
        "size": {"shortest_edge": 40}, "do_center_crop": True, "resample": 3,
        "crop_size": {"height": 32, "width": 32}, "image_processor_type": "CLIPImageProcessor",
    }  # fmt: skip
    (tmp_path / "preprocessor_config.json").write_text(json.dumps(given))
    net = load_network(tmp_path)
    smooth = np.linspace(0, 255, 64 * 48 * 3).reshape(64, 48, 3).astype(np.uint8)
    processor = transformers.CLIPImageProcessor.from_pretrained(tmp_path)
    wanted = processor(Image.fromarray(smooth), return_tensors="pt")["pixel_values"][0]
    np.testing.assert_allclose(net.prepare(smooth), wanted, atol=0.02)


@pytest.mark.parametrize("value", [None, [], 5, ["x"], [[1]], "mean"])
def test_a_processor_that_makes_no_sense_is_told(tmp_path: Path, value: object) -> None:
    saved(tmp_path, *SMALL["resnet"])
    given = json.dumps(PROCESSOR | {"image_std": value})
    (tmp_path / "preprocessor_config.json").write_text(given)
    with pytest.raises(UserError, match=r"makes no sense|std"):
        load_network(tmp_path)


def test_a_profile_may_name_the_folder_and_other_weights(tmp_path: Path) -> None:
    model = saved(tmp_path / "model", *SMALL["resnet"])
    torch.save({k: v * 0.5 for k, v in model.state_dict().items()}, tmp_path / "w.pth")
    (tmp_path / "p.toml").write_text('factory = "hf:model"\nweights = "w.pth"\ntitle = "Mine"\n')
    net = load_network(tmp_path / "p.toml")
    assert (net.name, net.labels) == ("Mine", ("cat", "dog", "owl"))
    name = "classifier.1.weight"
    assert torch.equal(net.module.state_dict()[name], model.state_dict()[name] * 0.5)


def test_detectors_and_segmenters(tmp_path: Path) -> None:
    yolos = {
        "hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2,
        "intermediate_size": 16, "image_size": [32, 32], "patch_size": 8, "num_detection_tokens": 5,
    }  # fmt: skip
    saved(tmp_path / "yolos", "YolosForObjectDetection", yolos)
    net: Network = load_network(tmp_path / "yolos")
    assert net.layer("vit.layernorm").map_size == (4, 4)
    assert net.scale is None
    segformer = {
        "hidden_sizes": [8, 8], "num_encoder_blocks": 2, "depths": [1, 1], "sr_ratios": [2, 1],
        "num_attention_heads": [1, 1], "patch_sizes": [7, 3], "strides": [4, 2],
        "mlp_ratios": [1, 1], "decoder_hidden_size": 8,
    }  # fmt: skip
    saved(tmp_path / "seg", "SegformerForSemanticSegmentation", segformer)
    net = load_network(tmp_path / "seg")
    assert net.maps_layer is not None
    assert net.unit_label(Unit(net.maps_layer, 2)) == "owl"


def test_what_is_no_model_is_said(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="holds no model of transformers"):
        load_network(f"hf:{tmp_path}")
    (tmp_path / "config.json").write_text('{"architectures": ["MyOwn"]}')
    with pytest.raises(UserError, match="names MyOwn"):
        load_network(tmp_path)
    saved(tmp_path, *SMALL["resnet"])
    (tmp_path / "model.safetensors").write_bytes(b"damaged")
    with pytest.raises(UserError, match="cannot be loaded"):
        load_network(tmp_path)


@pytest.mark.parametrize("with_weights", [False, True])
@pytest.mark.parametrize("architecture", ["AutoModel", "ViTModel", "ViTConfig", "Mine"])
def test_code_in_the_folder_does_not_run(
    architecture: str, with_weights: bool, tmp_path: Path
) -> None:
    folder, mark = tmp_path / "model", tmp_path / "ran"
    saved(folder, *SMALL["vit"])
    (folder / "mine.py").write_text(
        f"import pathlib\npathlib.Path({str(mark)!r}).touch()\n"
        "from transformers import ViTConfig, ViTModel\n"
        "class C(ViTConfig): model_type = 'mine'\n"
        "class M(ViTModel): config_class = C\n"
    )
    config = json.loads((folder / "config.json").read_text())
    config |= {"architectures": [architecture], "model_type": "mine"}
    config["auto_map"] = {"AutoConfig": "mine.C", "AutoModel": "mine.M"}
    (folder / "config.json").write_text(json.dumps(config))
    torch.save({"a": torch.zeros(1)}, tmp_path / "w.pth")
    with suppress(UserError):  # also: nobody is asked on the command line
        load_network(folder, tmp_path / "w.pth" if with_weights else None)
    assert not mark.exists()
    transformers.AutoConfig.from_pretrained(folder, trust_remote_code=True)  # it is code that runs
    assert mark.exists()


@pytest.mark.parametrize(
    "asked",
    [
        {"attn_implementation": "someone/kernels"},
        {"text_config": {"experts_implementation": "someone/kernels:best"}},
        {"quantization_config": {"quant_method": "fp8"}},
    ],
)
def test_code_is_not_fetched_from_the_hub(asked: dict[str, Any], tmp_path: Path) -> None:
    saved(tmp_path, *SMALL["vit"])
    config = json.loads((tmp_path / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps(config | {"attn_implementation": "eager"}))
    load_network(tmp_path)
    (tmp_path / "config.json").write_text(json.dumps(config | asked))
    with pytest.raises(UserError, match="code from the hub"):
        load_network(tmp_path)


@pytest.mark.parametrize(
    "asked",
    [
        {"backbone": "someone/model"},
        {"backbone": "hf-hub:someone/model"},
        {"backbone_config": {"model_type": "timm_backbone", "backbone": "local-dir:/tmp"}},
        {"architecture": "hf-hub:someone/model"},
        {"model_args": {"checkpoint_path": "/tmp/w.pth"}},
        {"backbone_kwargs": {"pretrained_cfg_overlay": {"file": "/tmp/w.pth"}}},
    ],
)
def test_no_other_model_is_asked_for(asked: dict[str, Any], tmp_path: Path) -> None:
    saved(tmp_path, *SMALL["vit"])
    config = json.loads((tmp_path / "config.json").read_text())
    harmless = {"backbone": "resnet18", "model_args": {"depth": 3, "pretrained": False}}
    (tmp_path / "config.json").write_text(json.dumps(config | harmless))
    load_network(tmp_path)
    (tmp_path / "config.json").write_text(json.dumps(config | asked))
    with pytest.raises(UserError, match=r"asks for (another model|weights from elsewhere)"):
        load_network(tmp_path)


@pytest.mark.parametrize("digits", ["1" + "0" * 10, "1" + "0" * 300, "1" * 5000])
def test_no_network_is_built_that_is_larger_than_any(digits: str, tmp_path: Path) -> None:
    saved(tmp_path, *SMALL["vit"])
    config = json.loads((tmp_path / "config.json").read_text())
    text = json.dumps(config | {"odd": [1, {"depth": "DEPTH"}]})
    (tmp_path / "config.json").write_text(text.replace('"DEPTH"', digits))
    with pytest.raises(UserError, match=r"holds .*, which no network has"):
        load_network(str(tmp_path))


def test_the_hub_is_not_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hub = pytest.importorskip("huggingface_hub")

    def asking(*_: object, **__: object) -> object:
        return hub.hf_hub_download("someone/model", "config.json", cache_dir=tmp_path / "cache")

    saved(tmp_path / "model", *SMALL["vit"])
    monkeypatch.setattr(transformers.ViTForImageClassification, "from_pretrained", asking)
    monkeypatch.setattr(hub.constants, "HF_HUB_OFFLINE", False)
    with pytest.raises(UserError, match="cannot be loaded") as refusal:
        load_network(tmp_path / "model")
    assert "offline" in repr(refusal.value.__cause__.__cause__)
    assert hub.constants.HF_HUB_OFFLINE is False


@pytest.mark.parametrize(
    "odd",
    [
        {"image_mean": 5},
        {"image_mean": [[1], [2], [3]]},
        {"image_std": None},
        {"image_std": ["a", "b", "c"]},
        {"rescale_factor": "x"},
        {"rescale_factor": float("inf")},
        {"size": {"shortest_edge": 32}, "crop_pct": "a"},
        {"size": {"shortest_edge": 32}, "crop_pct": 1e-300},
        {"size": {"shortest_edge": "x"}, "do_center_crop": True},
        {"size": {"shortest_edge": 10**9}, "do_center_crop": True, "crop_size": 32},
    ],
)
def test_odd_preprocessing_is_one_line(odd: dict[str, Any], tmp_path: Path) -> None:
    saved(tmp_path, *SMALL["vit"])
    (tmp_path / "preprocessor_config.json").write_text(json.dumps(PROCESSOR | odd))
    with pytest.raises(UserError, match=r"makes no sense|Preprocessing"):
        load_network(tmp_path)
