"""Telling whoever started an import how it ended: they closed the page long ago."""

from __future__ import annotations

from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from campaign_crm.platform.models import Notification, User
from contacts.imports.partway import partway_words
from contacts.models import Import

LONGEST = 300  # characters of Notification.message


def tell_the_end(run: Import, *, to: User | None = None) -> None:
    """Write a notification of an import, or of its undo, that ended; in the language of the moment.

    Whoever started the import is told, unless `to` says who waits.
    """
    told_to = to.pk if to is not None else run.created_by_id
    if told_to is None:
        return
    told = {"file": run.file_name, "reason": run.error}
    if run.state == Import.State.UNDOING:
        message = _("Undoing “%(file)s” was interrupted; it can be gone on with: %(reason)s") % told
    elif run.state == Import.State.UNDONE:
        message = _("“%(file)s” is undone: what it did and what stays is on its page.") % told
    elif run.state == Import.State.FAILED and run.has_begun:
        message = _("“%(file)s” was imported in part, which can be undone: %(reason)s") % told
        message = " ".join(filter(None, [message, partway_words(run)]))
    elif run.state == Import.State.FAILED:
        message = _("“%(file)s” was not imported: %(reason)s") % told
    else:
        counts = {name: _number(run.counts.get(name, 0)) for name in ("new", "updated", "rejected")}
        message = _("“%(file)s” is imported: %(new)s new, %(updated)s updated, %(rejected)s rejected.") % {
            "file": run.file_name,
            **counts,
        }
    Notification.objects.create(
        user_id=told_to,
        kind=f"import.{run.state}",
        message=message[:LONGEST],
        url=reverse("contacts:import", args=[run.pk]),
    )


def _number(value: int) -> str:
    return number_format(value, force_grouping=True)
