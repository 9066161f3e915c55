"""Usual names of tags are understood; what only sounds alike is not."""

import pytest

from deepvis_app.lab.events.standard import standard_names

ONE = {
    "loss": "loss", "Loss": "loss", "train/loss": "loss", "loss/train": "loss",
    "Loss/train": "loss",
    "train_loss": "loss", "training_loss": "loss", "trainLoss": "loss", "TrainLoss": "loss",
    "train_loss_step": "loss", "train_loss_epoch": "loss", "Train/Loss": "loss", "cost": "loss",
    "total_loss": "loss", "epoch_loss": "loss", "batch_loss": "loss", "train/epoch_loss": "loss",
    "train/cross_entropy_loss": "loss", "nll_loss": "loss", "metrics/train.loss": "loss",
    "val_loss": "val_loss", "Loss/val": "val_loss", "loss/validation": "val_loss",
    "valid/loss": "val_loss", "valid_loss": "val_loss", "eval/loss": "val_loss",
    "test_loss": "val_loss", "Loss/test": "val_loss", "validation/epoch_loss": "val_loss",
    "val_loss_epoch": "val_loss", "valLoss": "val_loss", "dev/loss": "val_loss",
    "eval/eval_loss": "val_loss", "epoch_val_loss": "val_loss", "validation_loss": "val_loss",
    "acc": "accuracy", "accuracy": "accuracy", "Accuracy/train": "accuracy",
    "train/acc": "accuracy", "train_acc": "accuracy", "TrainAcc": "accuracy",
    "epoch_accuracy": "accuracy", "train/epoch_accuracy": "accuracy", "acc/top1": "accuracy",
    "epoch_sparse_categorical_accuracy": "accuracy", "train_acc_step": "accuracy",
    "accuracy/validation": "val_accuracy", "valid/acc": "val_accuracy", "val_acc": "val_accuracy",
    "validation/epoch_accuracy": "val_accuracy", "eval/accuracy": "val_accuracy",
    "eval_top1": "val_accuracy", "val/acc1": "val_accuracy", "test/accuracy": "val_accuracy",
    "lr": "rate", "learning_rate": "rate", "lr-SGD": "rate", "lr-Adam/pg1": "rate", "LR": "rate",
    "train/learning_rate": "rate", "epoch_learning_rate": "rate", "lr/pg0": "rate",
    "learning rate": "rate", "LearningRate": "rate", "epoch_lr": "rate",
    "lr-SGD-momentum": "momentum", "momentum": "momentum",
    "train/grad_norm": "gradient_norm", "grad_2.0_norm_total": "gradient_norm",
    "gradient_norm": "gradient_norm", "epoch": "epoch", "train/epoch": "epoch",
}  # fmt: skip

NONE = [
    "box_loss", "train/box_loss", "val/cls_loss", "loss_d", "generator/loss", "value_loss",
    "rollout/ep_rew_mean", "lr-SGD-weight_decay", "weight_decay", "aux_accuracy", "glossary",
    "clr", "bracket", "train_val_loss_gap", "grad_norm/layer1", "time/fps", "accuracy_top5", "",
    "loss_scale", "hp_metric", "evaluation_accuracy_drop", "epoch_time",
]  # fmt: skip


@pytest.mark.parametrize(("tag", "name"), ONE.items())
def test_a_usual_tag_is_understood(tag, name):
    assert standard_names([tag]) == {name: tag}


@pytest.mark.parametrize("tag", NONE)
def test_another_tag_is_not(tag):
    assert standard_names([tag]) == {}


@pytest.mark.parametrize(
    ("tags", "name", "chosen"),
    [
        (["train_loss_epoch", "train_loss_step", "train_loss"], "loss", "train_loss_step"),
        (["epoch_loss", "batch_loss"], "loss", "batch_loss"),
        (["loss", "train/loss"], "loss", "train/loss"),
        (["train/train_loss", "train/loss"], "loss", "train/loss"),
        (["val_loss_step", "val_loss_epoch"], "val_loss", "val_loss_epoch"),
        (["validation/evaluation_loss_vs_iterations", "validation/epoch_loss"], "val_loss",
         "validation/epoch_loss"),
        (["test/loss", "val/loss"], "val_loss", "val/loss"),
        (["test/acc", "eval/acc"], "val_accuracy", "eval/acc"),
        (["lr-Adam/pg2", "lr-Adam/pg1"], "rate", "lr-Adam/pg1"),
    ],
)  # fmt: skip
def test_of_several_the_better_one_is_taken_in_any_order(tags, name, chosen):
    assert standard_names(tags)[name] == chosen
    assert standard_names(tags[::-1])[name] == chosen
