"""What makes the must-refuse corpus: groups, a member who lies, and tables of lies."""
