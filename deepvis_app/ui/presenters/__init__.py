"""Between the engine and the views: state and snapshots in, setters called."""
