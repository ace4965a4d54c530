"""統合: what becomes of the fields of customers who are one, and which tables point to them. Shared by actions and queries."""
