"""What stands between checkov and the engine: the table of rules, and the way to a verdict."""
