"""Making two records of one person one, and two again at any later time.

belongings  which tables hold rows about a person, and which of them one person has only once
happened    what tells that something happened to a person since an import: an undo leaves them
rows        moving those rows to another record, and back
records     the record itself: as it was, and what an undo gives it back
fields      what the record that stays takes from the other one
refusals    where two records disagree, the refusal holds
since       what was said to the merged record, when it is two again
undone_imports  what an undone import wrote on records that were merged since
electors    whether two records may be one person by their electors
service     merge and unmerge, in one transaction each
answers     what is said of pairs of the review queue, each once
pairs       "not the same", and what becomes of pairs when records merge
redirects   who a record that was absorbed is now: old links and old messages name it
"""
