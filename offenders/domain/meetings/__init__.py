"""Daily management meetings: the pack frozen at a moment, decisions, and what changed since."""
