"""deepvis: watch a neural network think."""

import os

# Read once, when torch is imported. Its threads wait for each other by spinning, which takes the
# processor from the very thread that they wait for as soon as anything else runs here, too.
os.environ.setdefault("GOMP_SPINCOUNT", "5000")

__version__ = "0.1.0"
