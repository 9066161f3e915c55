"""Why a unit fires on this picture: gradients, deconvnet, guided, Grad-CAM, occlusion.

Plain science: torch in, values out. No Qt, no threads, no settings. Long work is a generator of
steps.
"""

from deepvis_app.explain.attribution import METHODS, OCCLUSION, attribute, steps_of, usual_seed
from deepvis_app.explain.catalogue import (
    CATALOGUE,
    CatalogueMethod,
    CatalogueProgress,
    CatalogueResult,
)
from deepvis_app.explain.cuts import cut_reason, require_way_back
from deepvis_app.explain.definition import caveat, defined
from deepvis_app.explain.faithfulness import Curves, CurvesProgress, deletion_insertion_steps
from deepvis_app.explain.fills import Fill, filling, occlude
from deepvis_app.explain.gradcam import gradcam_layer
from deepvis_app.explain.methods import Method, RuleReport, rule
from deepvis_app.explain.no_numbers import holds_numbers
from deepvis_app.explain.occlusion import (
    OcclusionProgress,
    OcclusionResult,
    Rise,
    occlusion_steps,
)
from deepvis_app.explain.passes import Explanation, explain_pass, needed_layers, rgb_map
from deepvis_app.explain.renderings import Rendering, map_peak, render_map, smoothed
from deepvis_app.explain.seeds import Seed, SeedKind, check_unit, seed_sentence

__all__ = [
    "CATALOGUE",
    "METHODS",
    "OCCLUSION",
    "CatalogueMethod",
    "CatalogueProgress",
    "CatalogueResult",
    "Curves",
    "CurvesProgress",
    "Explanation",
    "Fill",
    "Method",
    "OcclusionProgress",
    "OcclusionResult",
    "Rendering",
    "Rise",
    "RuleReport",
    "Seed",
    "SeedKind",
    "attribute",
    "caveat",
    "check_unit",
    "cut_reason",
    "defined",
    "deletion_insertion_steps",
    "explain_pass",
    "filling",
    "gradcam_layer",
    "holds_numbers",
    "map_peak",
    "needed_layers",
    "occlude",
    "occlusion_steps",
    "render_map",
    "require_way_back",
    "rgb_map",
    "rule",
    "seed_sentence",
    "smoothed",
    "steps_of",
    "usual_seed",
]
