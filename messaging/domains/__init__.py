"""Senders' domains: what must be published, what is found there, what follows for sending.

`records` says what to publish, `lookup` asks DNS, `checking` compares, `arrival` asks a host for links
whether it leads here. Nothing in this folder reads or writes the database;
`messaging.services.sender_domains` does.
"""
