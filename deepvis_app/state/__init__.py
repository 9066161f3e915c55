"""What the user wants: selection and view options, evented, without Qt."""
