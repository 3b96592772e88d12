"""The name under which a provider carries a delivery's key, and gives it back in its events."""

KEY_NAME = "mid"
