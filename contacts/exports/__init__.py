"""The one way by which people's data leaves as a file.

scopes.py    what was chosen → which people
columns.py   what a line says of a person
marking.py   how a file says whose it is: its number on each line, one invented line
making.py    the sealed file
"""
