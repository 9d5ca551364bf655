"""Linking (spec LNK): two devices of one person find each other, and one lets the other in.

`public` is what the home node may read: the code, and what each side says of itself. `private` is
how the two grow sure of each other, and what one grants.
"""
