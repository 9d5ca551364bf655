"""The code that is read out, the link around it, and what each side says of itself."""
