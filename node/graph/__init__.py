"""Friends: accounts, invites, friendship, following: who knows whom."""
