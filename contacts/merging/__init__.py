"""Making two records of one person one, and two again at any later time.

belongings  which tables hold rows about a person, and which of them one person has only once
rows        moving those rows to another record, and back
fields      what the record that stays takes from the other one
service     merge and unmerge, in one transaction each
pairs       the review queue: which pair comes next, "not the same", everyone who may be one person
redirects   who a record that was absorbed is now: old links and old messages name it
"""
