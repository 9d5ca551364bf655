"""Blobs, and the bounded child processes that probe and transcode."""
