"""Videos: uploads, renditions, publishing."""
