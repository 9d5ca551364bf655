"""What other servers ask: inboxes, actors, objects, collections, and how we are found."""
