"""Imports that come again: places that are looked at on a schedule, and give only what is new."""
