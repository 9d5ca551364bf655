"""Pages for people, drawn here and without script."""
