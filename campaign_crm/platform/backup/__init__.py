"""Backup and restore of an installation: its database, uploads and keys in one archive.

    archive.py   the file: contents, checksums, checks before anything is touched
    database.py  the database, by PostgreSQL's own pg_dump and pg_restore
    service.py   make a backup, restore one

The archive holds the keys of the installation: keep it like a password.
"""
