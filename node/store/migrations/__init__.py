"""Numbered migrations (Alembic, package data). `NNNN_pre_…` is safe under the old program;
`NNNN_post_…` only once the old program is gone. `serve` runs the first kind, `kith migrate` all.
"""
