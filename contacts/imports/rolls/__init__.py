"""Electoral rolls: rows become ElectoralRegistration; stations, cantons and constituencies become Territory.

load      the file's bytes go to PostgreSQL as they are, in a table of text columns
lookups   what repeats (places, lists, days, birthplaces) is worked out once, on distinct values
prepare   set-based cleaning, identity of each row, rows that cannot be taken
homonyms  who of several electors of one name, day and place of birth is who
said      of which columns of an elector a roll says something
compare   what is known already, what changed: the preview
recognise electors of whom one roll gives no place of birth
places    polling stations, cantons and constituencies
cantons   one canton whether a roll gives its number, its name or both
write     chunks
"""
