"""French territories: the reference file, its loading, the grammar of place names, finding a commune."""
