"""What of the present picture makes a unit fire."""
