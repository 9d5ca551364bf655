"""Files of conversations, as a device seals and opens them: no page of a node reaches this."""
