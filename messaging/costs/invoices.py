"""Writing invoices down, with their files."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from campaign_crm.platform import audit
from campaign_crm.platform.models import User
from campaign_crm.platform.rights import Right
from messaging.costs import files
from messaging.costs.counting import CostRefused
from messaging.models import Campaign, Invoice
from messaging.services.rights import ask_right

LONGEST_NAME = 150


@transaction.atomic
def save_invoice(
    *,
    invoice: Invoice | None = None,
    campaigns: Iterable[Campaign] = (),
    content: bytes | None = None,
    file_name: str = "",
    by: User,
    **fields: Any,
) -> Invoice:
    """Write an invoice, new or changed; `content` is its file, None leaves the one it has.

    Raises CostRefused or ValidationError, with a message for people.
    """
    ask_right(by, Right.MANAGE_ACCOUNTS)
    is_new = invoice is None
    invoice = invoice or Invoice(created_by=by)
    changed = sorted(name for name, value in fields.items() if getattr(invoice, name) != value)
    for name, value in fields.items():
        setattr(invoice, name, value)
    if invoice.is_from_company and not invoice.is_free_service:
        invoice.is_from_company = False  # a company that is paid gives nothing
    if content is not None:
        invoice.file_type = files.type_of(content)
        invoice.file_name = file_name[-LONGEST_NAME:]
        changed.append("file_name")
    invoice.full_clean(exclude=["created_by", "created_at", "key"])
    invoice.save()
    invoice.campaigns.set(campaigns)
    if content is not None:
        files.keep(invoice.key, content)
    audit.record(action="invoice.create" if is_new else "invoice.update", on=invoice, by=by, fields=changed)
    return invoice


@transaction.atomic
def delete_invoice(*, invoice: Invoice, reason: str, by: User) -> None:
    """Take an invoice out of the accounts, with its file; the reason stays in the journal."""
    ask_right(by, Right.MANAGE_ACCOUNTS)
    if not reason.strip():
        raise CostRefused(_("Say why: the reason stays in the journal."))
    audit.record(
        action="invoice.delete",
        on=invoice,
        by=by,
        detail={"heading": invoice.heading, "amount": str(invoice.amount)},
        reason=reason.strip(),
    )
    key = invoice.key
    invoice.delete()
    transaction.on_commit(lambda: files.forget(key))
