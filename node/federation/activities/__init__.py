"""What peers say to each other: a closed set of activities, one page per family of verbs.

`parse(document)` and `render(activity)` are the two ways through this door. What does not parse
is refused with its clause; what parses is exactly one of the types named in `Activity`.
"""
