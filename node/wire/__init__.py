"""Bytes ⇄ values: pure, shared by server and device."""
