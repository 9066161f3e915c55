"""Directions made of what a layer gives on scanned pictures: the card that asks for them."""
