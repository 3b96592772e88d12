"""Address books and brokers' files: rows become people and what hangs on them.

rows      one row cleaned: names, addresses, numbers, what the person said
stage     cleaned rows by COPY, then by SQL: communes, places of birth, one person on several lines
match     which person of the base a row is, by certain rules only
effects   what each row would add to a person: the same SQL counts it in the preview and writes it in the run
write     chunks
"""
