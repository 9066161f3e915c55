"""Plans of trainings: what they hold, what they refuse, and in which words."""

from __future__ import annotations

import pytest

from deepvis_app.errors import UserError
from deepvis_app.fields import form_fields
from deepvis_app.lab.trainer import TrainPlan
from deepvis_app.lab.trainer.plan import LEARNERS, LIVE
from deepvis_app.nets import learners


def test_a_plan_comes_back_from_json() -> None:
    plan = TrainPlan(
        data="spiral", hidden=(8, 4), activation="tanh", optimizer="adam", rate=0.01,
        label_noise=0.2, train_size=100, keep_at=(3, 7), seed=5,
    )  # fmt: skip
    assert TrainPlan.from_json(plan.to_json()) == plan
    assert TrainPlan.from_json("{}") == TrainPlan()


@pytest.mark.parametrize(
    ("field", "value", "remedy"),
    [
        ("rate", 0, "greater than 0"),
        ("rate", float("nan"), "finite"),
        ("rate", "fast", "valid number"),
        ("batch", 0, "greater than or equal to 1"),
        ("batch", 2.5, "integer"),
        ("dropout", 1, "less than 1"),
        ("label_noise", 1.1, "less than or equal to 1"),
        ("hidden", (0,), "greater than or equal to 1"),
        ("channels", (), "at least 1"),
        ("optimizer", "sgdm", "'sgd', 'adam', 'adamw' or 'rmsprop'"),
        ("cost", "hinge", "'cross-entropy' or 'quadratic'"),
        ("seed", -1, "greater than or equal to 0"),
        ("data", "", "at least 1"),
        ("device", "tpu", "cuda"),
        ("epochs", None, "integer"),
    ],
)
def test_a_wrong_value_names_its_field(field: str, value: object, remedy: str) -> None:
    with pytest.raises(UserError, match=f"^{field} = ") as caught:
        TrainPlan(**{field: value})
    assert remedy in caught.value.remedy
    with pytest.raises(UserError, match=f"^{field} = "):
        TrainPlan().changed(**{field: value})


def test_a_field_that_does_not_exist_is_told_with_the_nearest() -> None:
    with pytest.raises(UserError, match=r"no field 'bach'[.] Did you mean batch"):
        TrainPlan.model_validate({"bach": 3})
    with pytest.raises(UserError, match="Did you mean momentum"):
        TrainPlan.from_json('{"momentun": 0.9}')


def test_what_contradicts_itself_is_refused() -> None:
    with pytest.raises(UserError, match="nesterov"):
        TrainPlan(nesterov=True)
    with pytest.raises(UserError, match="nesterov"):
        TrainPlan(nesterov=True, momentum=0.9, optimizer="adam")
    with pytest.raises(UserError, match="weights = own"):
        TrainPlan(weights="own")
    assert TrainPlan(nesterov=True, momentum=0.9).nesterov


@pytest.mark.parametrize("text", ["[]", "3", "{", '{"rate": {}}', '{"rate": 1e999}', "null"])
def test_a_damaged_plan_is_one_line(text: str) -> None:
    with pytest.raises(UserError) as caught:
        TrainPlan.from_json(text)
    assert "\n" not in str(caught.value)


def test_every_field_can_stand_in_a_form() -> None:
    shown = {field.path: field for field in form_fields(TrainPlan)}
    assert set(shown) == set(TrainPlan.model_fields)
    numbers = {path for path, field in shown.items() if field.kind == "numbers"}
    assert numbers == {"hidden", "channels", "keep_at"}
    assert all(field.tip and field.title for field in shown.values())
    assert set(LIVE) <= set(shown)


def test_every_small_network_can_be_named() -> None:
    assert {name.replace("-", "_") for name in LEARNERS} == set(learners.LEARNERS)
