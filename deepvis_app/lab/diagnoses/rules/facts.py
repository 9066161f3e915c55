"""Mistakes that can be seen before the first step: they are exact and alarm for no other reason."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from deepvis_app.lab.diagnoses.finding import Action, Finding, Kind, Rule, Severity
from deepvis_app.lab.diagnoses.history import CROSS_ENTROPIES, needs_structure
from deepvis_app.lab.diagnoses.words import names_of, number

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from deepvis_app.lab.diagnoses.history import History

LARGE, RMS, SPREAD, OFFSET = 20.0, 5.0, 100.0, 5.0
HIGH, LOW, AT_LEAST = 2.0, 0.5, 0.5
MIXED = 1e-3
FORGOTTEN = 0.02  # share of the elements that no optimiser has


def input_faults(measures: Mapping[str, Any]) -> list[str]:
    """Say in words what is wrong with the scale of an input that was measured; [] if nothing."""
    if measures.get("kind") != "numbers" or measures.get("normalises"):
        return []
    largest, rms = measures.get("largest", 0.0), measures.get("rms", 0.0)
    spread, offset = measures.get("spread", 1.0), measures.get("offset", 0.0)
    said = []
    if largest > LARGE and rms > RMS:
        said.append(f"values up to {number(largest)}, in root mean square {number(rms)}")
    if spread > SPREAD:
        said.append(f"one feature that varies {number(spread)} times as much as the middle one")
    if offset > OFFSET:
        said.append(f"a mean that lies {number(offset)} deviations from 0")
    return said


def _input(history: History) -> Iterator[Finding]:
    said = input_faults(history.structure.get("input", {}))
    if said:
        yield INPUT.finding(
            Severity.ALARM, 0, f"The input has {'; '.join(said)}.",
            action=Action(Kind.RESTART, {"normalise": "standard"}),
        )  # fmt: skip


INPUT = Rule(
    "input_scale",
    "Input not scaled",
    _input,
    needs_structure,
    "largest |x| and root mean square; largest deviation of a feature by the middle one's; middle "
    "|mean| / deviation; all of the probe",
    f"|x| > {LARGE:g} with root mean square > {RMS:g}, or deviations {SPREAD:g} times apart, or "
    f"means {OFFSET:g} deviations from 0",
    "the first layer normalises; class numbers; one-hot",
    "Bring every feature to mean 0 and deviation 1",
    "UMLAUT, DeepDiagnosis; their bound of 1 alarms on standardised inputs",
    explains=(
        "start_loss", "rate_too_high", "nonfinite", "exploding", "dead_units", "saturated",
        "vanishing", "not_learning", "one_class", "rate_too_low",
    ),
)  # fmt: skip


def _start(history: History) -> Iterator[Finding]:
    chance, start = history.chance, history.structure.get("start_loss")
    if chance is None or start is None or history.run.about.pretrained:
        return
    if history.loss_name not in CROSS_ENTROPIES or history.structure.get("probabilities"):
        return
    evidence = f"Loss {number(start)} before the first step; chance is {number(chance)}."
    if start > HIGH * chance and start > chance + AT_LEAST:
        yield START.finding(Severity.WARNING, 0, evidence)
    elif start < LOW * chance:
        yield START.finding(
            Severity.HINT, 0, evidence, title="Loss low at the start",
            remedy="If no weights were loaded, the input gives the labels away: look at it",
        )  # fmt: skip


START = Rule(
    "start_loss",
    "Loss high at the start",
    _start,
    needs_structure,
    "cross-entropy of the probe before the first step, beside the entropy of the classes' shares",
    f"> {HIGH:g} times that entropy and > {AT_LEAST:g} above it; below {LOW:g} times it: a hint",
    "weights were loaded; another loss than cross-entropy",
    "Give the last layer smaller first weights; check the input's scale",
    "Karpathy, A Recipe for Training Neural Networks (2019); TheDeepChecker",
    explains=("not_learning",),
)


def _mixing(history: History) -> Iterator[Finding]:
    mixing = history.structure.get("mixing")
    if mixing is not None and mixing > MIXED:
        yield MIXING.finding(
            Severity.ALARM, 0,
            f"With other examples in the batch an example's output changes by {number(mixing)} "
            "of the largest output, in evaluation mode.",
        )  # fmt: skip


MIXING = Rule(
    "mixing",
    "Examples of a batch mix",
    _mixing,
    needs_structure,
    "change of an example's output when the other half of the probe is replaced, evaluated",
    f"> {MIXED:g} of the largest output",
    "batch norm in training mode: the check is in evaluation mode",
    "Look for a view where a transpose was meant, batch_first, and sums or softmax along axis 0",
    "Karpathy 2019",
    explains=("not_learning", "overfitting", "rate_too_low", "one_class"),
)


def _softmax(history: History) -> Iterator[Finding]:
    structure = history.structure
    if structure.get("probabilities") and structure.get("loss") in {
        "CrossEntropyLoss",
        "cross_entropy",
    }:
        yield SOFTMAX.finding(
            Severity.ALARM, 0,
            "The network's outputs add up to 1 for every example, and its loss, cross-entropy, "
            "makes probabilities of them once more.",
        )  # fmt: skip


SOFTMAX = Rule(
    "softmax_twice",
    "Softmax twice",
    _softmax,
    lambda history: (
        needs_structure(history) or ("" if history.loss_name else "the loss function is not known")
    ),
    "outputs of the probe lie in 0 … 1 and add up to 1, and the loss takes scores",
    "missing 1 by less than 1e-4 for all examples",
    "the loss takes probabilities",
    "Leave the softmax out: the loss wants plain scores",
    "UMLAUT, TheDeepChecker",
    explains=("rate_too_low", "not_learning", "vanishing", "start_loss"),
)


def _activation(history: History) -> Iterator[Finding]:
    pairs = history.structure.get("unactivated") or ()
    if pairs:
        first, second = pairs[0]
        more = f", and {len(pairs) - 1} more" if len(pairs) > 1 else ""
        yield ACTIVATION.finding(
            Severity.WARNING, 0,
            f"Nothing but linear maps lies between {first} and {second}{more}: together they are "
            "one.",
            layer=first,
            action=Action(Kind.SHOW_LAYER, {"layer": first}),
        )  # fmt: skip


ACTIVATION = Rule(
    "no_activation",
    "No activation between layers",
    _activation,
    needs_structure,
    "the tensor that one linear layer gives is what the next takes, but for linear maps between",
    "any such pair",
    "bottlenecks (fewer values between than on both sides), 1 x 1 and separable convolutions",
    "Put a ReLU between them",
    "NeuraLint, UMLAUT; by tensors here, not by names",
    explains=("not_learning",),
)


def _optimised(history: History) -> Iterator[Finding]:
    missing = history.structure.get("unoptimised") or ()
    share = history.structure.get("unoptimised_share", 0.0)
    if missing and share > FORGOTTEN and not history.run.about.pretrained:
        yield OPTIMISED.finding(
            Severity.WARNING, 0,
            f"{share:.0%} of the weights that ask for gradients are in no optimiser: "
            f"{names_of(missing)}.",
            layer=missing[0].rpartition(".")[0],
        )  # fmt: skip


OPTIMISED = Rule(
    "not_optimised",
    "Layers that no optimiser has",
    _optimised,
    needs_structure,
    "parameters with requires_grad that are in no parameter group",
    f"> {FORGOTTEN:.0%} of the elements",
    "weights were loaded; requires_grad is off",
    "Give the optimiser model.parameters(), or set requires_grad_(False) where it is meant",
    "own",
    explains=("rate_too_low", "not_learning", "dead_units"),
)

FACTS = (SOFTMAX, MIXING, INPUT, OPTIMISED, ACTIVATION, START)
