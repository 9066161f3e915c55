"""What the picked unit does on the present picture."""
