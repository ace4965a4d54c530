"""Changing many customers at once: to whom, what, chunk by chunk, and back again."""
