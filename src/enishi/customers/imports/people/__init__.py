"""The target "customers": who a row is, what it adds, what is written."""
