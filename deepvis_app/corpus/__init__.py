"""Which pictures excite a unit, and what its weights say of it."""
