"""How the bundled network is made."""
