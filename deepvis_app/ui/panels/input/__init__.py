"""The picture that comes in, and what the network says it is."""
