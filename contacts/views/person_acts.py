"""Small acts on a person, each a POST that returns to their page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views import View

from campaign_crm.platform.rights import Right
from campaign_crm.platform.staff import StaffView
from campaign_crm.platform.typed import line_of, number_of
from contacts.enums import Channel, UnreachableReason
from contacts.models import (
    Contact,
    EmailAddress,
    List,
    Newsletter,
    PhoneNumber,
    PostalAddress,
    Reach,
    Source,
    Tag,
)
from contacts.scoped import own_within
from contacts.services.addresses import InvalidAddress
from contacts.services.consents import ConsentRefused, current_wording, record_consent
from contacts.services.contact_points import (
    add_email,
    add_phone,
    add_postal_address,
    remove_point,
    set_primary,
)
from contacts.services.lists import add_to_list
from contacts.services.memberships import MembershipRefused, record_joined, record_left
from contacts.services.objections import record_objection
from contacts.services.people import add_note, add_tag, remove_tag, tag_named
from contacts.services.sources import hand_source
from contacts.services.subscriptions import end_subscription, subscribe
from contacts.services.support import SupportRefused, record_support
from contacts.views.person_act_forms import (
    ConsentForm,
    MembershipForm,
    ObjectionForm,
    PointForm,
    SupportForm,
)

NOTE_CHARACTERS = 10_000
POINTS: dict[str, type[EmailAddress] | type[PhoneNumber] | type[PostalAddress]] = {
    "email": EmailAddress,
    "phone": PhoneNumber,
    "postal": PostalAddress,
}
Act = Callable[[HttpRequest, Contact], None]


class PersonAct(StaffView, View):
    """What staff write down about a person; what the person said to them asks for the right to record it."""

    right_required = Right.EDIT_PEOPLE
    in_territory = True

    def right_for(self, request: HttpRequest) -> str | None:
        return _OWN_RIGHTS.get(self.kwargs["act"]) or super().right_for(request)

    def post(self, request: HttpRequest, pk: int, act: str) -> HttpResponse:
        contact = get_object_or_404(Contact.objects.visible(), pk=pk)
        if act not in ACTS:
            return HttpResponse(status=404)
        ACTS[act](request, contact)
        return redirect("contacts:person", pk=pk)


def _note(request: HttpRequest, contact: Contact) -> None:
    body = line_of(request.POST.get("body", ""), at_most=NOTE_CHARACTERS)
    if body:
        add_note(contact=contact, body=body, by=request.user)


def _tag(request: HttpRequest, contact: Contact) -> None:
    name = line_of(request.POST.get("name", ""), at_most=60)
    if name:
        add_tag(contact=contact, tag=tag_named(name), by=request.user)


def _untag(request: HttpRequest, contact: Contact) -> None:
    tag = Tag.objects.filter(pk=number_of(request.POST.get("tag", ""))).first()
    if tag is not None:
        remove_tag(contact=contact, tag=tag, by=request.user)


def _list(request: HttpRequest, contact: Contact) -> None:
    chosen = (
        own_within(List.objects.picked(), request.user)
        .filter(pk=number_of(request.POST.get("list", "")))
        .first()
    )
    if chosen is not None:
        add_to_list(to=chosen, contacts=[contact], by=request.user)
        messages.success(request, _("Added to “%(name)s”.") % {"name": chosen.name})


def _point(request: HttpRequest, contact: Contact) -> None:
    form = PointForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Write the e-mail, phone or address."))
        return
    try:
        _add_point(request, contact, form.cleaned_data, hand_source())
    except InvalidAddress as error:
        messages.error(request, str(error))


def _add_point(request: HttpRequest, contact: Contact, data: dict[str, str], source: Source) -> None:
    if data["kind"] == "email":
        add_email(contact=contact, address=data["value"], source=source, by=request.user)
    elif data["kind"] == "phone":
        add_phone(contact=contact, number=data["value"], source=source, by=request.user)
    else:
        add_postal_address(
            contact=contact,
            line1=data["value"],
            postcode=data["postcode"],
            city=data["city"],
            source=source,
            by=request.user,
        )


def _point_of(request: HttpRequest, contact: Contact) -> EmailAddress | PhoneNumber | PostalAddress | None:
    """The address or number of this person that a button stands for; gone when somebody removed it."""
    model = POINTS.get(request.POST.get("kind", ""))
    if model is None:
        return None
    points = model._default_manager.filter(contact=contact)
    return points.filter(pk=number_of(request.POST.get("point", ""))).first()


def _main_point(request: HttpRequest, contact: Contact) -> None:
    point = _point_of(request, contact)
    if point is not None:
        set_primary(point=point, by=request.user)
        messages.success(request, _("“%(point)s” is the main one now.") % {"point": point})


def _remove_point(request: HttpRequest, contact: Contact) -> None:
    point = _point_of(request, contact)
    if point is not None:
        text = str(point)
        remove_point(point=point, by=request.user)
        messages.success(request, _("Removed: %(point)s.") % {"point": text})


def _newsletter(request: HttpRequest, contact: Contact) -> None:
    """Put on the newsletters that are ticked and take off the others, among those that the page showed."""
    shown = Newsletter.objects.filter(pk__in=_numbers(request, "shown"))
    wanted = set(_numbers(request, "newsletter"))
    for newsletter in shown.order_by("name"):
        if newsletter.pk in wanted:
            subscribe(contact=contact, newsletter=newsletter, source=hand_source(), by=request.user)
        else:
            end_subscription(contact=contact, newsletter=newsletter, by=request.user)
    messages.success(request, _("Saved."))


def _numbers(request: HttpRequest, name: str) -> list[int]:
    found = (number_of(text) for text in request.POST.getlist(name))
    return [number for number in found if number is not None]


def _consent(request: HttpRequest, contact: Contact) -> None:
    form = ConsentForm(request.POST)
    if not form.is_valid():
        _tell_errors(request, form)
        return
    said = form.cleaned_data
    wording = (
        current_wording(said["channel"], said["purpose"], contact.language) if said["as_worded"] else None
    )
    try:
        record_consent(
            contact=contact,
            channel=said["channel"],
            purpose=said["purpose"],
            given=said["given"],
            source=hand_source(),
            wording=wording,
            proof=form.proof(),
            at=form.moment(),
            by=request.user,
        )
    except ConsentRefused as error:
        messages.error(request, str(error))
        return
    if said["given"] and _is_objected(contact, said["channel"]):
        text = _(
            "Written down. The address stays on the do-not-contact list until the person asks by themselves."
        )
        messages.warning(request, text)
    else:
        messages.success(request, _("Written down, with its proof."))


def _object(request: HttpRequest, contact: Contact) -> None:
    form = ObjectionForm(request.POST)
    if not form.is_valid():
        _tell_errors(request, form)
        return
    record_objection(
        contact=contact,
        channels=form.cleaned_data["channels"],
        source=hand_source(),
        proof=form.proof(),
        by=request.user,
    )
    messages.success(request, _("They will receive no more political messages this way."))


def _joined(request: HttpRequest, contact: Contact) -> None:
    _membership(request, contact, record_joined)


def _left(request: HttpRequest, contact: Contact) -> None:
    _membership(request, contact, record_left)


def _membership(request: HttpRequest, contact: Contact, record: Callable[..., Any]) -> None:
    form = MembershipForm(request.POST)
    if not form.is_valid():
        _tell_errors(request, form)
        return
    try:
        record(contact=contact, on=form.cleaned_data["day"], proof=form.proof(), by=request.user)
    except MembershipRefused as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("Written down, with its proof."))


def _support(request: HttpRequest, contact: Contact) -> None:
    form = SupportForm(request.POST)
    if not form.is_valid():
        _tell_errors(request, form)
        return
    try:
        record_support(contact=contact, level=form.cleaned_data["level"], by=request.user)
    except SupportRefused as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("Saved."))


def _tell_errors(request: HttpRequest, form: Form) -> None:
    for name, errors in form.errors.items():
        label = form.fields[name].label if name in form.fields else ""
        messages.error(request, f"{label} – {errors[0]}" if label else errors[0])


def _is_objected(contact: Contact, channel: Channel) -> bool:
    suppressed = UnreachableReason.SUPPRESSED
    return Reach.objects.filter(contact=contact, channel=channel, reason=suppressed).exists()


ACTS: dict[str, Act] = {
    "note": _note,
    "tag": _tag,
    "untag": _untag,
    "list": _list,
    "point": _point,
    "main-point": _main_point,
    "remove-point": _remove_point,
    "newsletters": _newsletter,
    "consent": _consent,
    "object": _object,
    "joined": _joined,
    "left": _left,
    "support": _support,
}
# What the person said to them, and what they think, ask for a right of their own.
_OWN_RIGHTS = {
    "consent": Right.EDIT_COMPLIANCE,
    "object": Right.EDIT_COMPLIANCE,
    "support": Right.SEE_SUPPORT_LEVELS,
}
