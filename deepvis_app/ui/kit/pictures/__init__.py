"""Pictures large and small: what lies over them, and how one looks closer."""
