"""All layers as a strip of thumbnails."""
