"""Imports on screen: the list, the way from a file to its report, and what can be done afterwards."""
