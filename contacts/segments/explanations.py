"""What each targeting class means, said to people (Regulation (EU) 2024/900)."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from contacts.enums import TargetingClass, UnreachableReason

WHAT_A_CLASS_MEANS: Mapping[TargetingClass, str | Promise] = {
    TargetingClass.SUBSCRIPTION: _(
        "People chose this themselves: what allows you to write to them is enough."
    ),
    TargetingClass.TECHNICAL: _("Says nothing about who people are: it costs nothing."),
    TargetingClass.REGISTRANT: _("For service messages to people who take part, and nothing else."),
    TargetingClass.CRITERION: _(
        "Chooses people by who they are or what they did: by e-mail and SMS, only those who agreed to"
        " messages chosen for them are written to."
    ),
    TargetingClass.FORBIDDEN: _("Not allowed for e-mail and SMS. Letters and calls may use it."),
}

WHAT_TO_DO: Mapping[UnreachableReason, str | Promise] = {
    UnreachableReason.SUPPRESSED: _("They asked not to be written to."),
    UnreachableReason.WITHDRAWN: _("Only they can change their mind."),
    UnreachableReason.NO_ADDRESS: _("Ask for an address or number at the next meeting."),
    UnreachableReason.BOUNCED: _("Ask them for another address."),
    UnreachableReason.ROLL_ONLY: _("A roll allows letters and door-to-door only."),
    UnreachableReason.LICENCE_ENDED: _("The data of that file may not be used any more."),
    UnreachableReason.BROKER_ONLY: _("Choose their whole source as the audience."),
    UnreachableReason.NO_BASIS: _("Ask for their agreement, by a form or in person."),
    UnreachableReason.NO_TARGETING_CONSENT: _("Write to everyone, or to a newsletter."),
    UnreachableReason.UNDER_AGE: _("The law forbids choosing them."),
}
