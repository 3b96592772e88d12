"""What a message says: block document → MJML → HTML and text → Liquid slots → bytes, and its signed links.

Pure functions on plain data; nothing here reads the database.
"""
