"""A person's own side: keys and plaintext live only here."""
