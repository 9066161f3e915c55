"""The pages of the window, each with its own view, presenter and widgets."""
