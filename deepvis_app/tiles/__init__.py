"""How numbers become pictures: mosaics, contrast, colour maps, hit-testing."""
