"""One inbox for everything that people write to the organisation, whatever the way it came."""
