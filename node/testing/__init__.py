"""Fakes, a Town of several nodes in one process, an evil node: for tests only."""
