"""Files that are no delimited text, turned into one table of our own that the engines read like any other.

`forms.py`       what a file is, by its first bytes
`opening.py`     the door: a first look at any file, and the whole table when the preview needs it
`sandbox.py`     the parent's side: a child process with limits, stopped when it takes too long
`__main__.py`    the child: no database, no keys, no network; one request in, one answer out
`spreadsheets.py`, `vcards.py`, `roll_xml.py`, `delimited.py`   one reader a form, each giving a `Table`
`archives.py`, `first_lines.py`, `union.py`   many files in one: what may be in them, one table of them all
`tables.py`      what a reader gives, and the file it is written to

A person's file may be made to harm: whatever reads its insides runs in the child, and the modules it imports
know no model. How to add a form: `docs/how-to/add-a-file-format.md`.
"""
