"""Names of columns as files write them, folded, and the field each one holds."""
