"""What is known of customers, for rules."""
