"""Merging many groups of duplicates at once: whom, one after the other, and back again."""
