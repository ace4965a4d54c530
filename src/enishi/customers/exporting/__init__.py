"""Files of customers: which columns, chunk by chunk into a draft, and what becomes of it."""
