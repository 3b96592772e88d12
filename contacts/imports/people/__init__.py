"""Address books and brokers' files: rows that become Contacts, with their addresses, sources and consents."""
