"""Changing customers in the cells of their list: what a column writes, how a pasted text is read, what a value says."""
