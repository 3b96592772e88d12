"""Undoing an import in batches: electors, people, and the values that return."""
