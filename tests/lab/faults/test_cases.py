"""The cases of the table: enough of them, each the same whenever it is made."""

from __future__ import annotations

import pytest
import torch

from deepvis_app.lab.diagnoses import RULES
from deepvis_app.lab.faults.healthy import OPTIMISERS, healthy
from deepvis_app.lab.faults.kinds import FAULTS, faulty
from deepvis_app.lab.faults.networks import LEARNERS
from deepvis_app.lab.faults.sets import examples
from deepvis_app.lab.faults.table import HEALTHY_SEEDS, SEEDS, TUNED, cases


def test_there_are_enough() -> None:
    assert len(FAULTS) >= 20
    assert len(SEEDS) >= 3
    for fault in FAULTS:
        assert len({learner for learner, _ in fault.varieties}) >= 3, fault.name
    assert sum(len(healthy(seed)) for seed in HEALTHY_SEEDS) >= 100
    names = [case.name for case in cases()]
    assert len(names) == len(set(names))


def test_sound_ones_span_the_range_of_health() -> None:
    found = healthy(HEALTHY_SEEDS[0])
    said = " ".join(case.variety for case in found)
    for word in (*OPTIMISERS, "full batch", "tiny batch", "pretrained", "finished", "augmented"):
        assert word in said
    assert {case.learner for case in found} == set(LEARNERS)


def test_bounds_were_chosen_on_other_seeds() -> None:
    assert not set(TUNED) & {*SEEDS, *HEALTHY_SEEDS}
    assert 1 not in HEALTHY_SEEDS  # its sound trainings were looked at


def test_every_rule_has_its_fault() -> None:
    rules = {rule.name for rule in RULES}
    named = {name for fault in FAULTS for name in fault.names}
    assert named == rules - {"preflight"}  # no part of a training


def test_the_short_form_has_every_fault_once() -> None:
    short = cases(short=True)
    assert sorted(case.fault for case in short if case.fault) == sorted(f.name for f in FAULTS)
    assert sum(not case.fault for case in short) >= 15


@pytest.mark.parametrize("case", faulty(7) + healthy(7)[::5], ids=lambda case: case.name)
def test_a_case_is_the_same_whenever_it_is_made(case) -> None:
    if any(word in case.name for word in ("pretrained", "fine-tuned")):
        pytest.skip("it is trained first")
    before = {name: examples(name).x.clone() for name in ("digits", "wine", "cancer", "circle")}
    first, second = case.make(), case.make()
    for a, b in zip(first.net.state_dict().values(), second.net.state_dict().values(), strict=True):
        assert torch.equal(a, b)
    assert torch.equal(first.data.x.nan_to_num(), second.data.x.nan_to_num())
    assert torch.equal(first.data.y, second.data.y)
    assert len(first.data.x) == len(first.data.y)
    for name, x in before.items():
        assert torch.equal(examples(name).x, x)  # shared by all runs: none may write into it


@pytest.mark.parametrize("name", sorted({made.examples for made in LEARNERS.values()}))
def test_examples_are_split_and_standardised(name: str) -> None:
    found = examples(name)
    assert found.classes == int(found.y.max()) + 1
    assert sum(found.shares) == pytest.approx(1)
    assert set(found.val_y.tolist()) == set(range(found.classes))
    if found.x.is_floating_point():
        assert float(found.x.mean()) == pytest.approx(0, abs=1e-5)
        assert float(found.x.std()) == pytest.approx(1, abs=0.01)
