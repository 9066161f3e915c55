"""The settings: their dialog, how they are kept, what they put in force."""
