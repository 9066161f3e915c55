"""Why a unit fires on this picture: gradients, deconvnet, guided, Grad-CAM, occlusion."""
