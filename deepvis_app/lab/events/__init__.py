"""TensorBoard event files: written, read and followed."""
