"""Which tables hold rows about a person. Apps above register theirs as `registry.belongings`.

A model with a relation to Contact that stands in no list fails a test (tests/consistency).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Belonging:
    """Rows of one table that belong to a person.

    `key`: columns that name a row beside its owner. `same`: SQL over `own` and `held`, true when the other
    record has an equal row already, which then stays in the snapshot of the merge. `has_main`: one row a
    person is the main one (`is_primary`). `append_only`: rows cannot be updated, they are written anew under
    their own id. `stays`: a row that cannot move stays as it is, under the old number.
    `movable`: SQL over `own`; other rows stay.
    """

    table: str
    key: tuple[str, ...] = ("id",)
    same: str = ""
    person: str = "contact_id"
    has_main: bool = False
    append_only: bool = False
    stays: bool = False
    movable: str = "true"


OWN: tuple[Belonging, ...] = (
    Belonging("contacts_emailaddress", same="held.normalised = own.normalised", has_main=True),
    Belonging("contacts_phonenumber", same="held.e164 = own.e164", has_main=True),
    Belonging("contacts_postaladdress", same="held.folded = own.folded", has_main=True),
    Belonging("contacts_consent", append_only=True),
    Belonging(
        "contacts_subscription",
        same="held.newsletter_id = own.newsletter_id AND held.ended_at IS NULL AND own.ended_at IS NULL",
    ),
    # Both records' choices stand, and the longest wait holds.
    Belonging("contacts_chosenfrequency", same="held.channel = own.channel AND held.days = own.days"),
    Belonging("contacts_contactsource", ("source_id",), same="held.source_id = own.source_id"),
    Belonging("contacts_sourcerow", ("source_id", "digest")),
    Belonging(
        "contacts_importconfirmation",
        ("source_id", "said"),
        same="held.source_id = own.source_id AND held.said = own.said",
    ),
    Belonging("contacts_contacttag", ("tag_id",), same="held.tag_id = own.tag_id"),
    Belonging("contacts_listmembership", ("list_id",), same="held.list_id = own.list_id"),
    Belonging("contacts_note"),
    Belonging("contacts_membership", same="held.left_on IS NULL AND own.left_on IS NULL"),
    Belonging("contacts_supportlevel"),  # of two, the newest holds
    Belonging("contacts_personrequest"),
    Belonging("contacts_electoralregistration"),
    Belonging("contacts_registrationmatch", same="held.registration_id = own.registration_id"),
    Belonging("contacts_merge", person="kept_id"),
    Belonging("contacts_householdmember", ("household_id",), same="true"),
)
# Computed from the others: written anew, never moved.
PROJECTED = ("contacts_reach",)
# Moved by `pairs`, because a pair has two people.
PAIRS = ("contacts_duplicatepair",)
