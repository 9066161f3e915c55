"""Reusable pieces that know no network."""
