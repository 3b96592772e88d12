"""Files that become people and electors.

A file goes through the same steps, whatever it holds:

formats    anything but delimited text → one table, in a child process with limits
reading    bytes → text → rows, in bounded memory; what cannot be read stops here, with one clear message
layouts    which of the known files it is; `guessing` reads names and values of the columns of any other
staging    rows, cleaned one by one, stream by COPY into unlogged tables of the schema `staging`
preview    set-based SQL says what would happen; nothing outside `staging` is written
run        chunks, each in a transaction of its own with its resume marker; then links, statistics, counts
undo       what the import alone created goes, what it changed returns

`rolls/` fills ElectoralRegistration and Territory, never Contact. `people/` fills Contact and what hangs on
it. `service.py` is the door for screens and commands, `jobs.py` runs the steps in the background.
"""
