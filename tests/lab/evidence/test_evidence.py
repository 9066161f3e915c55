from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from deepvis_app.lab.evidence import Evidence, Margins, agreement, witness
from tests.alone import run_alone

X, Y = torch.randn(32, 6, generator=torch.Generator().manual_seed(0)), torch.arange(32) % 3


def gather(
    net: nn.Module,
    *,
    steps: int = 60,
    training: bool = True,
    judge_in_training: bool | None = None,
    optimised: nn.Module | None = None,
) -> list[tuple[str, dict[str, Any]]]:
    optimizer = torch.optim.SGD((optimised or net).parameters(), lr=0.1)
    evidence = Evidence(net, [optimizer], X, Y, nn.CrossEntropyLoss())
    events = []
    for step in range(1, steps + 1):
        net.train(training)
        optimizer.zero_grad()
        functional.cross_entropy(net(X), Y).backward()
        optimizer.step()
        if judge_in_training is not None:
            net.train(judge_in_training)
            with torch.no_grad():
                net(X)
        events += evidence.take(step).events
    events += evidence.close().events
    return events


def of(events: list[tuple[str, dict[str, Any]]], what: str) -> list[dict[str, Any]]:
    return [data for kind, data in events if kind == what]


def dropping() -> nn.Sequential:
    return nn.Sequential(nn.Linear(6, 8), nn.Tanh(), nn.Dropout(0.5), nn.Linear(8, 3))


def test_a_sound_training_gives_its_structure_and_modes() -> None:
    events = gather(dropping(), judge_in_training=False)
    assert len(of(events, "structure")) == 1
    assert of(events, "modes")[-1] == {
        "learning": 60, "learning_in_evaluation": 0, "judging": 60, "judging_in_training": 0,
        "layers": ["2"],
    }  # fmt: skip
    assert not of(events, "twins")
    assert not of(events, "unused")


def test_modes_are_counted() -> None:
    assert of(gather(dropping(), training=False), "modes")[-1]["learning_in_evaluation"] == 60
    wrong = of(gather(dropping(), judge_in_training=True), "modes")[-1]
    assert (wrong["judging"], wrong["judging_in_training"]) == (0, 60)
    plain = nn.Sequential(nn.Linear(6, 3))
    assert not of(gather(plain, training=False), "modes")  # it makes no difference to it


def test_modes_are_told_again_as_they_grow() -> None:
    counts = [each["judging_in_training"] for each in of(
        gather(dropping(), judge_in_training=True), "modes")]  # fmt: skip
    assert counts == sorted(counts)
    assert {1, 3, 7} <= set(counts)


def test_passes_that_are_not_the_users_do_not_count() -> None:
    net, own = dropping(), [True]
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    evidence = Evidence(net, [optimizer], X, Y, nn.CrossEntropyLoss(), lambda: own[0])
    net(X)
    own[0] = False
    functional.cross_entropy(net(X), Y).backward()
    optimizer.step()  # looks at the probe itself, too
    assert "agreement" in evidence.take(1).scalars
    counts = of(list(evidence.close().events), "modes")[-1]
    assert (counts["learning"], counts["learning_in_evaluation"], counts["judging"]) == (1, 0, 0)


@pytest.mark.parametrize(("sign", "agrees"), [(1, True), (-1, False)])
def test_a_loss_that_is_climbed_is_told_whatever_is_logged(sign: int, agrees: bool) -> None:
    torch.manual_seed(0)
    net = dropping()
    optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
    evidence = Evidence(net, [optimizer], X, Y, nn.CrossEntropyLoss())
    for _ in range(70):
        optimizer.zero_grad()
        (sign * functional.cross_entropy(net(X), Y)).backward()
        optimizer.step()
    found = evidence.take(70).scalars["agreement"]
    assert abs(found) > 0.3
    assert (found > 0) is agrees
    assert net.training
    evidence.close()


def test_twins_that_stay_and_twins_that_part() -> None:
    constant = nn.Sequential(nn.Linear(6, 8), nn.Tanh(), nn.Linear(8, 3))
    for each in constant.parameters():
        nn.init.constant_(each, 0.1)
    assert of(gather(constant), "twins") == [{"layers": {"0": 1.0}}] * 2  # steps 20 and 40
    parting = nn.Sequential(nn.Linear(6, 8), nn.Tanh(), nn.Linear(8, 3))
    nn.init.zeros_(parting[2].weight)
    assert of(gather(parting), "twins") == [{"layers": {}}]


def test_a_layer_that_nothing_reaches() -> None:
    net = dropping()
    both = nn.ModuleDict({"net": net, "spare": nn.Linear(2, 2)})
    both.forward = lambda x: both["net"](x)  # type: ignore[assignment]
    assert of(gather(both), "unused") == [
        {"parameters": ["spare.weight", "spare.bias"], "steps": 20}
    ]


def test_margins_against_a_loop() -> None:
    margins = Margins(4)
    rng = np.random.default_rng(0)
    sums, times = np.zeros(4), np.zeros(4)
    for _ in range(3):
        ids = rng.permutation(4)[:3]
        scores, labels = rng.normal(size=(3, 5)).astype(np.float32), rng.integers(0, 5, 3)
        for row, each in enumerate(ids):
            rest = np.delete(scores[row], labels[row])
            sums[each] += scores[row, labels[row]] - rest.max()
            times[each] += 1
        margins.add(torch.from_numpy(ids), torch.from_numpy(scores), torch.from_numpy(labels))
    assert margins.epochs == times.min()
    np.testing.assert_allclose(margins.mean(), sums / times, rtol=1e-5)
    assert np.isnan(Margins(1).mean()).all()


def test_nothing_stays_on_a_network() -> None:
    net = dropping()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    Evidence(net, [optimizer], X).close()
    assert not net._forward_pre_hooks
    assert not any(module._forward_hooks for module in net.modules())
    assert not optimizer._optimizer_step_pre_hooks


@pytest.mark.parametrize("optimizers", [0, 2])
def test_any_number_of_optimisers(optimizers: int) -> None:
    net = dropping()
    made = [torch.optim.SGD(net[i].parameters(), lr=0.1) for i in (0, 3)[:optimizers]]
    evidence = Evidence(net, made, X)
    functional.cross_entropy(net(X), Y).backward()
    for each in made:
        each.step()
    assert ("descent" in evidence.take(1).scalars) is bool(optimizers)
    evidence.close()


def test_a_fault_of_its_own_never_reaches_the_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError

    net = dropping()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    evidence = Evidence(net, [optimizer], X, Y, nn.CrossEntropyLoss())
    for owner, name in ((witness.Witness, "_descent"), (agreement.Agreement, "_cosine")):
        monkeypatch.setattr(owner, name, fail)
    for _ in range(3):
        functional.cross_entropy(net(X), Y).backward()
        optimizer.step()
    assert evidence.take(3).scalars == {}
    evidence.close()


@pytest.mark.parametrize("room", ["evidence", "monitor", "trainer", "diagnoses", "log"])
def test_any_part_of_the_lab_may_be_imported_first(room: str) -> None:
    assert run_alone("-c", f"import deepvis_app.lab.{room}").returncode == 0
