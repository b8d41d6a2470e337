"""The report on outstanding suspects against a plain recount, the counts and the list."""
