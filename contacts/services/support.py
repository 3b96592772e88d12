"""Support levels: noted only of people of whom the law lets an opinion be kept (rule "support-levels").

RGPD, art. 9, § 2, d: members, former members and those in regular contact; anybody else by their explicit
agreement to opinions being kept in their profile (§ 2, a).
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.db.models.lookups import Exact
from django.utils.translation import gettext as _

from campaign_crm.platform import audit
from campaign_crm.platform.models import User
from campaign_crm.platform.rights import Right
from contacts.enums import ConsentPurpose, Relationship, Support
from contacts.errors import ContactsError
from contacts.models import Consent, Contact, SupportLevel
from contacts.rules import rulebook

logger = logging.getLogger(__name__)
RULE = "support-levels"
CLOSE = (Relationship.MEMBER, Relationship.FORMER, Relationship.REGULAR)


class SupportRefused(ContactsError):
    """An opinion may not be kept of this person, or not by this member of the team."""


def opinion_may_be_kept() -> Q:
    """A filter on Contact: of whom the rule lets an opinion be kept; of everybody where it is not asked."""
    if not rulebook.refuses(RULE):
        return Q()
    said = Consent.objects.filter(contact=OuterRef("pk"), purpose=ConsentPurpose.PROFILE)
    newest = Subquery(said.order_by("-at", "-id").values("given")[:1])
    return Q(relationship__in=CLOSE) | Q(Exact(Coalesce(newest, Value(False)), Value(True)))


def refusal_for(contact: Contact) -> str:
    """Why no opinion may be kept of a person, as the rule says it; empty when it may."""
    if Contact.objects.filter(opinion_may_be_kept(), pk=contact.pk).exists():
        return ""
    rule = rulebook.rule_named(RULE)
    return str(rule.refusal) if rule is not None else ""


def support_of(contact: Contact) -> SupportLevel | None:
    """What was noted last, while it may be kept. Ask first whether who reads may see it."""
    return kept_levels().filter(contact=contact).select_related("recorded_by").first()


def kept_levels() -> QuerySet[SupportLevel]:
    """The levels that the rule lets be kept, the newest of a person first."""
    allowed = Contact.objects.filter(opinion_may_be_kept(), pk=OuterRef("contact_id"))
    return SupportLevel.objects.filter(Exists(allowed)).order_by("-at", "-id")


@transaction.atomic
def record_support(*, contact: Contact, level: Support | None, by: User) -> SupportLevel | None:
    """Note a level in place of the earlier one; None: not known, nothing is kept. Raises SupportRefused."""
    if not by.has_right(Right.SEE_SUPPORT_LEVELS) or not by.has_right(Right.EDIT_PEOPLE):
        raise SupportRefused(_("Your role does not let you note support levels."))
    contact = Contact.objects.select_for_update().get(pk=contact.pk)
    if level is not None:
        refusal = refusal_for(contact)
        if refusal:
            raise SupportRefused(refusal)
    forgotten, _details = SupportLevel.objects.filter(contact=contact).delete()
    if level is None and not forgotten:
        return None
    # The journal tells that it was done, not what was noted.
    audit.record(action="support.record" if level is not None else "support.forget", on=contact, by=by)
    if level is None:
        return None
    return SupportLevel.objects.create(contact=contact, level=level, recorded_by=by)


@transaction.atomic
def forget_unlawful(contact_ids: Sequence[int] | None = None) -> int:
    """Remove levels of people of whom none may be kept any more, of some people or of all; gives how many."""
    noted = SupportLevel.objects.all()
    if contact_ids is not None:
        noted = noted.filter(contact__in=contact_ids)
    if not noted.exists():
        return 0
    removed, _details = noted.exclude(pk__in=kept_levels().order_by().values("pk")).delete()
    if removed:
        logger.info("%s support levels removed: their rule no longer allows them.", removed)
    return removed
