"""Learn: a network is trained, and what goes wrong is said."""
