"""Planted sparse autoencoders: activations by a formula written by hand, files by their names."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import torch
from safetensors.torch import save_file

from deepvis_app.errors import UserError
from deepvis_app.nets import Directions, load_network
from deepvis_app.nets.direction_figures import direction_figures, explained_by
from deepvis_app.nets.directions_file import (
    AboutDirections,
    is_directions_file,
    read_about,
    read_directions,
    write_directions,
)
from deepvis_app.nets.sae import read_sae

if TYPE_CHECKING:
    from pathlib import Path

    from torch import Tensor

WIDTH, COUNT, LAYER = 40, 96, "relu3b"


def planted(width: int = WIDTH, count: int = COUNT) -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(0)
    return {
        "W_enc": torch.randn(width, count, generator=generator),
        "W_dec": torch.randn(count, width, generator=generator),
        "b_enc": torch.randn(count, generator=generator),
        "b_dec": torch.randn(width, generator=generator),
    }


def codes(count: int = 50, width: int = WIDTH) -> Tensor:
    return torch.randn(count, width, generator=torch.Generator().manual_seed(1))


def kept(tmp_path: Path, tensors: dict[str, Tensor], config: object = None) -> Path:
    path = tmp_path / "sae_weights.safetensors"
    save_file({name: value.contiguous() for name, value in tensors.items()}, path)
    if config is not None:
        (tmp_path / "cfg.json").write_text(json.dumps(config))
    return path


@pytest.mark.parametrize("is_shifted", [True, False])
def test_saelens_standard(tmp_path: Path, is_shifted: bool):
    own = planted()
    config = {"architecture": "standard", "d_in": WIDTH, "apply_b_dec_to_input": is_shifted}
    path = kept(tmp_path, own, config)
    x = codes()
    seen = x - own["b_dec"] if is_shifted else x
    wanted = (seen @ own["W_enc"] + own["b_enc"]).clamp_min(0)
    for given in (path, tmp_path):
        found = read_sae(given).directions
        torch.testing.assert_close(found.on_codes(x), wanted, rtol=1e-4, atol=1e-4)
    back = wanted @ own["W_dec"] + own["b_dec"]
    torch.testing.assert_close(found.reconstruction(wanted), back, rtol=1e-4, atol=1e-3)


@pytest.mark.parametrize(
    "config",
    [
        {"architecture": "topk", "k": 7},
        {"architecture": "standard", "activation_fn_str": "topk", "activation_fn_kwargs": {"k": 7}},
    ],
)
def test_saelens_top_k(tmp_path: Path, config: dict[str, object]):
    own = planted()
    found = read_sae(kept(tmp_path, own, config)).directions.on_codes(codes())
    sums = (codes() - own["b_dec"]) @ own["W_enc"] + own["b_enc"]
    for row, values in zip(found, sums, strict=True):
        best = values.argsort(descending=True)[:7]
        wanted = torch.zeros(COUNT)
        wanted[best] = values[best].clamp_min(0)
        torch.testing.assert_close(row, wanted, rtol=1e-4, atol=1e-4)


def test_saelens_jump_relu(tmp_path: Path):
    own = planted() | {"threshold": torch.linspace(0.1, 6, COUNT)}
    found = read_sae(kept(tmp_path, own, {"architecture": "jumprelu"})).directions.on_codes(codes())
    sums = (codes() - own["b_dec"]) @ own["W_enc"] + own["b_enc"]
    wanted = torch.where(sums > own["threshold"], sums, 0)
    torch.testing.assert_close(found, wanted, rtol=1e-4, atol=1e-4)


def test_two_linear_layers(tmp_path: Path):
    encoder, decoder = torch.nn.Linear(WIDTH, COUNT), torch.nn.Linear(COUNT, WIDTH)
    own = {
        **{f"sae.encoder.{k}": v.detach() for k, v in encoder.named_parameters()},
        **{f"sae.decoder.{k}": v.detach() for k, v in decoder.named_parameters()},
    }
    found = read_sae(kept(tmp_path, own)).directions
    wanted = encoder(codes()).relu().detach()
    torch.testing.assert_close(found.on_codes(codes()), wanted)
    torch.testing.assert_close(found.reconstruction(wanted), decoder(wanted).detach())


def test_on_a_layer_of_the_bundled_network(tmp_path: Path):
    network = load_network("pocket")
    width = network.layer(LAYER).unit_count
    own = planted(width, 70)
    directions = read_sae(kept(tmp_path, own, {"architecture": "topk", "k": 3})).directions
    twin = network.with_directions(LAYER, directions, name="sae")
    x = torch.randn(1, *network.input_shape, generator=torch.Generator().manual_seed(2))
    found = twin.activations(x, [LAYER, f"{LAYER}~sae"])
    at = found[LAYER][0, :, 2, 5]
    sums = (at - own["b_dec"]) @ own["W_enc"] + own["b_enc"]
    best = sums.argsort(descending=True)[:3]
    wanted = torch.zeros(70)
    wanted[best] = sums[best].clamp_min(0)
    torch.testing.assert_close(found[f"{LAYER}~sae"][0, :, 2, 5], wanted, rtol=1e-3, atol=1e-3)
    assert int((found[f"{LAYER}~sae"] != 0).sum(1).max()) <= 3


WRONG = [
    ({"a.weight": torch.ones(2, 2)}, None, "no sparse autoencoder"),
    (planted() | {"W_enc": torch.ones(3)}, None, "not that of a matrix"),
    (planted() | {"W_dec": torch.ones(3, 3)}, None, "does not fit its encoder"),
    (planted() | {"b_enc": torch.ones(3)}, None, "has 3 numbers"),
    (planted() | {"W_enc": torch.full((WIDTH, COUNT), torch.nan)}, None, "NaN"),
    (planted() | {"r_mag": torch.ones(COUNT)}, None, "gated"),
    (planted(), {"architecture": "transcoder"}, "transcoder"),
    (planted(), {"architecture": "topk"}, "its k is not known"),
    (planted(), {"architecture": "jumprelu"}, "no threshold"),
    (planted(), {"d_in": 768}, "says .768"),
    (planted(), {"activation_fn": "tanh-relu"}, "tanh-relu"),
    (planted(), {"normalize_activations": "layer_norm"}, "normalised"),
    (planted(), ["relu"], "cfg.json holds no table"),
    (planted(), {"architecture": "wide" * 99}, "of the kind wide.{1,60}…"),
]


@pytest.mark.parametrize(("tensors", "config", "words"), WRONG)
def test_what_will_not_do_is_said_in_a_line(
    tmp_path: Path, tensors: dict[str, Tensor], config: object, words: str
):
    with pytest.raises(UserError, match=words) as told:
        read_sae(kept(tmp_path, tensors, config))
    assert "\n" not in str(told.value)
    assert told.value.remedy


def test_one_of_the_wrong_width_is_said_in_a_line(tmp_path: Path):
    directions = read_sae(kept(tmp_path, planted())).directions
    with pytest.raises(UserError, match=f"of {WIDTH} units, and {LAYER} has"):
        load_network("pocket").with_directions(LAYER, directions)


@pytest.mark.parametrize("content", [b"", b"not a file of tensors", b"\x00" * 64])
def test_spoilt_files_are_said_in_a_line(tmp_path: Path, content: bytes):
    path = tmp_path / "sae.safetensors"
    path.write_bytes(content)
    for read in (read_sae, read_directions):
        with pytest.raises(UserError) as told:
            read(path)
        assert "\n" not in str(told.value)


# A file of one's own


def test_what_is_written_comes_back(tmp_path: Path):
    sae = read_sae(kept(tmp_path, planted(), {"architecture": "topk", "k": 7}))
    names = tuple(f"n{k}" for k in range(COUNT))
    directions = Directions(
        sae.directions.weight, sae.directions.bias, names=names,
        activation=sae.directions.activation, decoder=sae.directions.decoder,
        decoder_bias=sae.directions.decoder_bias,
    )  # fmt: skip
    about = AboutDirections(LAYER, "sae", "f" * 64, "Pocket", sae.made, {"together": 0.5})
    path = tmp_path / "deep" / "own.safetensors"
    write_directions(path, directions, about)
    assert is_directions_file(path)
    assert not is_directions_file(tmp_path / "sae_weights.safetensors")
    found, told = read_directions(path)
    assert read_about(path) == told == about
    assert (found.digest, found.names) == (directions.digest, names)
    assert torch.equal(found.on_codes(codes()), directions.on_codes(codes()))
    assert found.decoder is not None
    assert directions.decoder is not None
    assert torch.equal(found.decoder, directions.decoder)
    with pytest.raises(UserError, match="no directions of deepvis"):
        read_directions(tmp_path / "sae_weights.safetensors")


def test_thresholds_come_back(tmp_path: Path):
    own = planted() | {"threshold": torch.linspace(0.1, 6, COUNT)}
    directions = read_sae(kept(tmp_path, own)).directions
    path = tmp_path / "own.safetensors"
    write_directions(path, directions, AboutDirections(LAYER, "sae"))
    found, _ = read_directions(path)
    assert found.digest == directions.digest


# Figures


def test_principal_components_explain_their_eigenvalues_share():
    x = codes(400, 12) @ torch.randn(12, 12, generator=torch.Generator().manual_seed(3))
    covariance = torch.cov(x.double().T)
    values, vectors = torch.linalg.eigh(covariance)
    shares = (values / values.sum()).float()
    found = explained_by(vectors.T, covariance)
    torch.testing.assert_close(torch.from_numpy(found), shares, rtol=1e-4, atol=1e-6)
    figures = direction_figures(Directions(vectors.T), x)
    torch.testing.assert_close(torch.from_numpy(figures.explained), shares, rtol=1e-3, atol=1e-5)
    assert figures.together == pytest.approx(1, abs=1e-5)
    half = direction_figures(Directions(vectors.T[6:]), x)
    assert half.together == pytest.approx(float(shares[6:].sum()), abs=1e-4)


def test_a_unit_vector_is_its_nearest_unit():
    figures = direction_figures(Directions(torch.eye(12)[[3, 8]] * torch.tensor([[2.0], [-1]])),
                                codes(200, 12))  # fmt: skip
    assert figures.nearest.tolist() == [3, 8]
    assert figures.cosine.tolist() == [1, -1]
    assert figures.correlation == pytest.approx([1, -1], abs=1e-5)
    mixed = direction_figures(Directions([[3.0, 4.0, 0.0]]), codes(200, 3))
    assert (mixed.nearest[0], mixed.cosine[0]) == (1, pytest.approx(0.8))


def test_a_direction_that_never_fires_explains_nothing():
    dead = direction_figures(
        Directions(torch.eye(3), -100 * torch.ones(3), relu=True), codes(20, 3)
    )
    assert dead.explained.tolist() == [0, 0, 0]
    assert (dead.fires.tolist(), dead.active) == ([0, 0, 0], 0)


def test_codes_that_will_not_do_are_said_in_a_line():
    rows = Directions(torch.eye(3))
    for wrong in (codes(5, 4), codes(1, 3), torch.full((5, 3), torch.nan)):
        with pytest.raises(UserError):
            direction_figures(rows, wrong)


def test_a_direction_says_what_it_explains_and_which_unit_is_nearest(tmp_path: Path):
    rows = torch.tensor([[3.0, -4.0, 0.0], [0.0, 0.0, 1.0]])
    figures = direction_figures(Directions(rows), codes(200, 3))
    own = Directions(rows, figures=figures.by_name())
    path = tmp_path / "own.safetensors"
    write_directions(path, own, AboutDirections("block", "own"))
    found, _ = read_directions(path)
    share = f"{float(figures.explained[0]):.1%}"
    assert found.words(0) == f"{share} of variance · near unit 1: cos -0.80"
    assert Directions(rows).words(1) == "near unit 2: cos 1.00"
    with pytest.raises(UserError, match="1 figures"):
        Directions(rows, figures={"explained": [0.5]})
