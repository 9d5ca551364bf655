"""The public half of MLS: structures, their codecs, and all that needs no secret to be verified.

Servers import this and nothing of `private`.
"""
