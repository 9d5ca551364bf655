"""The known-answer vectors of the MLS working group, run against this library."""
