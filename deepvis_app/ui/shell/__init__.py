"""What is around the panels: bars, dialogs, files, session, settings."""
