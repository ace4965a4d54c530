"""Fields that a company adds to its customers: what they hold, who knows them, where they stand on the form."""
