"""重複: which records may be one person or one company, how sure that is, and why. See README, 「Twins」."""
