"""Why two records cannot become one, or one two."""

from contacts.errors import ContactsError


class MergeRefused(ContactsError):
    """These records cannot be merged, or this merge cannot be undone, as things are."""
