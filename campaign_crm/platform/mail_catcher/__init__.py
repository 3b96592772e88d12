"""A real SMTP server on loopback that keeps what it receives, for development and one-machine trials."""
