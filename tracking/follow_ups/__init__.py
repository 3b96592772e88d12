"""What members of the team have to do about people: one at a time, or many given to somebody at once."""
