"""Programs for those who work on Kith: the demo, the figures, generated pages."""
