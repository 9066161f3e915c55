"""What a unit would like to see: regularised optimisation of a picture, recipes as data."""
