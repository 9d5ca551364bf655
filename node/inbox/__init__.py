"""What arrives for a person: posts, feeds, notices, the event stream."""
