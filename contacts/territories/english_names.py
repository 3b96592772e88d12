"""The English names of French regions and departments that have one; the others keep their French name."""

from __future__ import annotations

# (kind, code) → English name
ENGLISH_NAMES: dict[tuple[str, str], str] = {
    ("region", "03"): "French Guiana",
    ("region", "04"): "Réunion",
    ("region", "28"): "Normandy",
    ("region", "53"): "Brittany",
    ("region", "94"): "Corsica",
    ("department", "973"): "French Guiana",
    ("department", "974"): "Réunion",
    ("department", "984"): "French Southern and Antarctic Lands",
    ("department", "986"): "Wallis and Futuna",
    ("department", "987"): "French Polynesia",
    ("department", "988"): "New Caledonia",
    ("department", "989"): "Clipperton Island",
}

ABROAD_NAME = "French citizens abroad"
