"""Tests of versions: who gets which, what came back of each, and what the others get."""
