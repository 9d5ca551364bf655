"""The private half of MLS: keys, ratchets and groups. Devices only."""
