"""What the picked unit would like to see."""
