"""Jobs: what arrived, what is owed, what is to be purged."""
