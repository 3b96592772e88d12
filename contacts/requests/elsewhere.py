"""Tables of contacts that tell about people without a relation to them."""

from __future__ import annotations

from contacts.registry import RowsElsewhere

ROWS = (
    RowsElsewhere(
        "contacts_answerfile",
        "what a person was given of their data",
        "own.request_id IN (SELECT id FROM contacts_personrequest WHERE contact_id = ANY(%(ids)s))",
    ),
    RowsElsewhere(
        "contacts_importchange",
        "values that a file replaced",
        """(own."table" = 'contact' AND own.row_id = ANY(%(ids)s))
        OR (own."table" = 'email' AND own.row_id IN (
            SELECT id FROM contacts_emailaddress WHERE contact_id = ANY(%(ids)s)))
        OR (own."table" = 'phone' AND own.row_id IN (
            SELECT id FROM contacts_phonenumber WHERE contact_id = ANY(%(ids)s)))
        OR (own."table" = 'postal' AND own.row_id IN (
            SELECT id FROM contacts_postaladdress WHERE contact_id = ANY(%(ids)s)))""",
    ),
    RowsElsewhere(
        "contacts_importreject", "sealed: the erasure's job opens each row and forgets theirs (`traces`)"
    ),
    RowsElsewhere("contacts_recurringfile", "names of files, not of people"),
    RowsElsewhere(
        "platform_historykey", "the step “history keys” destroys them, and a trigger of people does"
    ),
    RowsElsewhere(
        "platform_historyvalue", "sealed under a key that goes: nothing opens them, nothing deletes them"
    ),
    RowsElsewhere("platform_user", "members of the team, who are not erased as people of the base"),
)
