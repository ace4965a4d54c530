"""Hand-written SQL that migrations share."""
