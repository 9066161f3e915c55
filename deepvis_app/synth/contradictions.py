"""Settings of a recipe that cannot go together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_CLIPS = (
    "small_val_percentile",
    "small_norm_percentile",
    "contribution_percentile",
    "contribution_abs_percentile",
)


def contradiction(recipe: Mapping[str, Any]) -> tuple[str, str] | None:
    """Return cause and remedy of the first contradiction in a recipe's values, None where none."""
    return _of_image(recipe) or _of_step(recipe) or _of_crops(recipe)


def _of_image(recipe: Mapping[str, Any]) -> tuple[str, str] | None:
    image, regularise = recipe["image"], recipe["regularise"]
    form = image["parameterisation"]
    if form == "pixel":
        return None
    refused = (*_CLIPS, "decay", "blur_radius") if form == "phase" else _CLIPS
    for name in refused:
        if regularise[name]:
            return (
                f"regularise.{name} does not go with image.parameterisation = {form!r}",
                f"Set regularise.{name} = 0, or image.parameterisation = 'pixel'",
            )
    if form == "phase" and image["start"] != "mean_plus_rand":
        return (
            f"image.start = {image['start']!r} does not go with image.parameterisation = 'phase'",
            "Set image.start = 'mean_plus_rand': phases start at random",
        )
    return None


def _of_step(recipe: Mapping[str, Any]) -> tuple[str, str] | None:
    policy = recipe["step"]["policy"]
    quantity, normalise = recipe["objective"]["quantity"], recipe["gradient"]["normalise"]
    if policy == "progress01" and quantity != "probability":
        return (
            "step.policy = 'progress01' needs a probability",
            "Set objective.quantity = 'probability', or step.policy = 'progress'",
        )
    if (policy == "lbfgs" or policy.startswith("progress")) and normalise != "none":
        return (
            f"step.policy = {policy!r} does not go with gradient.normalise = {normalise!r}",
            "Set gradient.normalise = 'none': this policy reads the gradient's length",
        )
    return _of_lbfgs(recipe) if policy == "lbfgs" else None


def _of_lbfgs(recipe: Mapping[str, Any]) -> tuple[str, str] | None:
    """Its curvature is read off changes of the gradient: every step must see the same objective."""
    moves = ("jitter_px", "scale", "rotate_deg", "crops", "noise")
    if any(recipe["transforms"][name] for name in moves):
        return (
            "step.policy = 'lbfgs' does not go with a picture that is moved at every step",
            "Set the transforms to 0, or step.policy = 'adam'",
        )
    return None


def _of_crops(recipe: Mapping[str, Any]) -> tuple[str, str] | None:
    transforms = recipe["transforms"]
    if transforms["crops"] and transforms["crop_to"] > transforms["crop_from"]:
        return (
            "transforms.crop_to is larger than transforms.crop_from",
            "Let the crops become smaller, or keep their size",
        )
    return None
