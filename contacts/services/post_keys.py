"""What an objection to post is about: a name at an address, kept as a keyed hash.

Letters go to a household: the address alone would silence the neighbours, the name alone its namesakes. A
person is looked for by each name they have, their own and their electors', at each of their addresses.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.db import connection

from campaign_crm.platform.crypto import keyed_hash
from contacts.folding import fold
from contacts.models import Contact, ElectoralRegistration, PostalAddress

PURPOSE = "post"


def post_key(name: str, line: str, locality: str, postcode: str, city: str) -> str:
    """`("Léa MARTIN", "3, rue Haute", "", "60000", "Beauvais")` → `"lea martin|3 rue haute|60000"`."""
    words = " ".join(sorted(fold(name).split(" ")))
    return f"{words}|{fold(line) or fold(locality)}|{fold(postcode) or fold(city)}"


def post_hash(name: str, *, line: str = "", locality: str = "", postcode: str = "", city: str = "") -> bytes:
    """What the do-not-contact list keeps of a name at an address."""
    return keyed_hash(PURPOSE, post_key(name, line, locality, postcode, city))


def post_hashes_of(contact: Contact, *, only: PostalAddress | None = None) -> set[bytes]:
    """Each name of a person at each of their addresses, or at one of them."""
    electors = list(ElectoralRegistration.objects.filter(contact=contact))
    own = PostalAddress.objects.filter(contact=contact) if only is None else [only]
    homes = [(home.line1, home.locality, home.postcode, home.city) for home in own]
    homes += [
        (elector.street, elector.locality, elector.postcode, elector.city)
        for elector in electors
        if only is None and (elector.street or elector.locality)
    ]
    return {
        post_hash(name, line=line, locality=locality, postcode=postcode, city=city)
        for name in _names(contact, electors)
        for line, locality, postcode, city in homes
    }


def people_named(name: str) -> list[int]:
    """Who may be meant by a name, to be projected again: all whose names hold each of its words."""
    words = fold(name).split()
    if not words:
        return []
    query = " & ".join(f"'{word}'" for word in words)
    orders = {" ".join(words), " ".join([words[-1], *words[:-1]])}
    patterns = [f"{order}%" for order in sorted(orders)]
    with connection.cursor() as cursor:
        cursor.execute(_NAMED, {"query": query, "patterns": patterns})
        return [row[0] for row in cursor.fetchall()]


def _names(contact: Contact, electors: Iterable[ElectoralRegistration]) -> set[str]:
    names = [(contact.last_name, contact.first_name), (contact.birth_name, contact.first_name)]
    for elector in electors:
        forename = first_forename(elector.first_names)
        names += [(elector.birth_name, forename), (elector.used_name, forename)]
    return {f"{last} {first}" for last, first in names if last}


def first_forename(first_names: str) -> str:
    """A roll gives all the forenames of an elector; letters are written to the first."""
    return next(iter(first_names.replace(",", " ").split()), "")


_NAMED = """
SELECT id FROM contacts_contact
WHERE to_tsvector('simple'::regconfig, COALESCE(search_text, '')) @@ to_tsquery('simple', %(query)s)
UNION SELECT contact_id FROM contacts_electoralregistration
WHERE contact_id IS NOT NULL AND name_folded LIKE ANY (%(patterns)s)
UNION SELECT contact_id FROM contacts_electoralregistration
WHERE contact_id IS NOT NULL AND used_name <> ''
  AND fold(used_name || ' ' || first_names) LIKE ANY (%(patterns)s)
"""
