"""What the 256 palette indices of a mosaic mean."""

TOP = 254  # the highest shade; shades are 0..TOP
ZERO = 127  # the shade of zero where the scale is signed
BACKGROUND = 255  # gaps, empty tiles and what is not finite
