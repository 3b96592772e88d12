"""The words of the journal and of background tasks: codes as they are written, sentences as people read them.

An act without its words here fails a test; one of an earlier version is shown by its code.
"""

from __future__ import annotations

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Model
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

Words = dict[str, str | Promise]

ACTS: Words = {
    "account.create": _("Way out added"),
    "account.check": _("Way out checked"),
    "account.returns": _("What comes back by a way out changed"),
    "account.update": _("Way out changed"),
    "accounts.export": _("Campaign accounts exported"),
    "api_key.create": _("API key made"),
    "api_key.revoke": _("API key revoked"),
    "campaign.approve": _("Mailing approved"),
    "campaign.approve_alone": _("Mailing approved without a second person"),
    "campaign.ask_approval": _("Approval of a mailing asked for"),
    "campaign.cancel": _("Mailing cancelled"),
    "campaign.create": _("Mailing begun"),
    "campaign.decline": _("Mailing not approved"),
    "campaign.duplicate": _("Mailing copied"),
    "campaign.follow_up": _("Follow-up of a mailing begun"),
    "campaign.pace": _("Speed of a mailing changed"),
    "campaign.pause": _("Mailing paused"),
    "campaign.pause_family": _("Family of mailboxes paused"),
    "campaign.release_family": _("Family of mailboxes goes on"),
    "campaign.resume": _("Mailing resumed"),
    "campaign.schedule": _("Mailing planned"),
    "campaign.send": _("Mailing sent off"),
    "campaign.set_audience": _("Recipients of a mailing chosen"),
    "campaign.settle": _("Uncertain messages settled"),
    "campaign.test": _("Test sent"),
    "campaign.unfreeze": _("Mailing taken back to be changed"),
    "campaign.update": _("Mailing changed"),
    "consent.give": _("Consent recorded"),
    "consent.withdraw": _("Withdrawal of consent recorded"),
    "contact.add_emailaddress": _("E-mail address added"),
    "contact.add_phonenumber": _("Phone number added"),
    "contact.add_postaladdress": _("Postal address added"),
    "contact.add_source": _("Source added to a person"),
    "contact.add_tag": _("Tag put on a person"),
    "contact.confirm_point": _("Address or number confirmed"),
    "contact.create": _("Person added"),
    "contact.erase": _("Person hidden, to be erased"),
    "contact.erased": _("Person erased"),
    "contact.merge": _("Two records merged into one"),
    "contact.remove_point": _("Address or number removed"),
    "contact.remove_tag": _("Tag taken off a person"),
    "contact.set_primary": _("Main address or number chosen"),
    "contact.unmerge": _("A merge undone"),
    "contact.update": _("Person changed"),
    "cost.override": _("Real cost of a mailing written"),
    "cost.set_unit": _("Cost of a message set"),
    "demo.seed": _("Demonstration people made"),
    "domain.create": _("Sender domain added"),
    "domain.retire_keys": _("Old keys of a domain taken out of use"),
    "domain.rotate_keys": _("New keys of a domain made"),
    "domain.update": _("Sender domain changed"),
    "duplicate.ask_again": _("Possible duplicate to be reviewed again"),
    "duplicate.refuse": _("Two records said to be two people"),
    "electors.export": _("Addresses of electors taken"),
    "election.create": _("Election written down"),
    "election.delete": _("Election forgotten"),
    "election.update": _("Election changed"),
    "rule.change": _("Rule changed"),
    "form.create": _("Form made"),
    "form.update": _("Form changed"),
    "frequency.cap": _("Cap on how often people are written to changed"),
    "grant.end": _("Role in a territory taken away"),
    "grant.give": _("Role in a territory given"),
    "household.compute": _("Household to be computed again"),
    "household.join": _("Put into a household by hand"),
    "household.leave": _("Taken out of a household by hand"),
    "image.upload": _("Image added"),
    "import.discard": _("Import put aside"),
    "import.download_rejects": _("Rejected rows downloaded"),
    "import.lists": _("Lists of a file made"),
    "import.pause": _("Import paused"),
    "import.resume": _("Import goes on"),
    "import.run": _("Import started"),
    "import.stop": _("Import stopped"),
    "import.undo": _("Import undone"),
    "import.upload": _("File to import received"),
    "list.add": _("People put on a fixed list"),
    "list.create": _("Fixed list made"),
    "list.remove": _("People taken off a fixed list"),
    "mailbox.remove": _("Mailbox of returns or answers removed"),
    "mailbox.set": _("Mailbox of returns or answers set"),
    "mapping.change": _("Saved mapping changed"),
    "mapping.delete": _("Saved mapping deleted"),
    "mapping.replace": _("Saved mapping replaced"),
    "mapping.save": _("Mapping saved"),
    "invoice.create": _("Invoice written down"),
    "invoice.delete": _("Invoice removed"),
    "invoice.update": _("Invoice changed"),
    "newsletter.create": _("Newsletter made"),
    "newsletter.update": _("Newsletter changed"),
    "note.add": _("Note written"),
    "opt_outs.none": _("Said that there is no opt-out file"),
    "opt_outs.file": _("Said whose opt-out file it is"),
    "organisation.logo": _("Logo changed"),
    "organisation.sending_off": _("Sending switched off"),
    "organisation.sending_on": _("Sending switched on"),
    "organisation.update": _("Organisation changed"),
    "recurring.change": _("Recurring import changed"),
    "recurring.confirm_key": _("Server of a recurring import confirmed"),
    "recurring.create": _("Recurring import made"),
    "recurring.delete": _("Recurring import deleted"),
    "recurring.look": _("Recurring import looked at by hand"),
    "recurring.pause": _("Recurring import paused"),
    "recurring.resume": _("Recurring import goes on"),
    "registration_match.linked": _("Person and elector linked"),
    "registration_match.refused": _("Person and elector kept apart"),
    "registration_match.undone": _("Link of a person and an elector undone"),
    "mailboxes.limit": _("Limit of receiving mailboxes changed"),
    "request.answer": _("Request answered"),
    "request.ask_identity": _("Link sent to check who asks"),
    "request.choose_person": _("Said whose request it is"),
    "request.confirm_identity": _("Identity confirmed by the link"),
    "request.download": _("File of an answer read"),
    "request.extend": _("More time taken for a request"),
    "request.make_files": _("Files of an answer asked for"),
    "request.note_identity": _("Identity checked by the team"),
    "request.open": _("Request written down"),
    "request.refuse": _("Request refused"),
    "request.rectify": _("Data corrected as asked"),
    "request.set_kind": _("Kind of a request changed"),
    "request.take": _("Request taken in hand"),
    "retention.announce": _("Data that goes announced"),
    "retention.change_rule": _("How long data stays changed"),
    "retention.count": _("Data that goes counted again"),
    "retention.purge": _("Data erased at its end, with its certificate"),
    "retention.remove_exception": _("Exception to how long data stays removed"),
    "retention.set_aside": _("Announced erasure set aside: its rule has changed"),
    "segment.create": _("Segment made"),
    "segment.delete": _("Segment deleted"),
    "segment.update": _("Segment changed"),
    "sender.create": _("Sender added"),
    "sender.set_routes": _("Other ways out of a sender changed"),
    "sender.update": _("Sender changed"),
    "sending.rule": _("Rules before sending changed"),
    "source.create": _("Source made"),
    "source.update": _("Source changed"),
    "subscription.end": _("Subscription ended"),
    "subscription.end_all": _("All subscriptions ended"),
    "subscription.start": _("Subscription started"),
    "suppression.add": _("Put on the do-not-contact list"),
    "suppression.export": _("Do-not-contact list exported"),
    "suppression.lift": _("Came back by their own act"),
    "tag.add": _("Tag put on people"),
    "team.change_role": _("Role changed"),
    "team.deactivate": _("Account closed"),
    "team.first_administrator": _("First administrator’s account opened"),
    "team.invite": _("Somebody invited"),
    "team.password_link": _("Password link made"),
    "team.reactivate": _("Account opened again"),
    "team.remove_second_step": _("Second step removed"),
    "team.second_step_set_up": _("Second step set up"),
    "team.second_step_taken_away": _("Second step taken away by its owner"),
    "team.sign_out": _("Signed out of other sessions"),
    "team.single_sign_on": _("Account linked to single sign-on"),
    "team.single_sign_on_unlinked": _("Account no longer linked to single sign-on"),
    "kit.share": _("Template shared with territories"),
    "kit.take_back": _("Template no longer shared with territories"),
    "kit.use": _("Local mailing begun"),
    "version.remove": _("Version of a territory taken away"),
    "version.save": _("Version of a territory written"),
    "test.add_version": _("Version added to an A/B test"),
    "test.choose": _("Version of an A/B test chosen by somebody"),
    "test.look": _("Result of an A/B test looked at"),
    "test.remove": _("A/B test taken away"),
    "test.remove_version": _("Version of an A/B test taken away"),
    "test.save_version": _("Version of an A/B test written"),
    "test.set": _("A/B test set up"),
    "test.too_late": _("A/B test ended: the mailing may no longer be sent"),
    "template.create": _("Template made"),
    "template.delete": _("Template deleted"),
    "template.update": _("Template changed"),
    "wording.publish": _("Consent wording published"),
}

WORK: Words = {
    "contacts.erase_people": _("Erased people’s data being removed"),
    "contacts.fill_communes": _("Communes recognised from addresses"),
    "contacts.import_preview": _("Preview of an import"),
    "contacts.import_run": _("Import"),
    "contacts.import_undo": _("Import being undone"),
    "contacts.refresh_households": _("Households being found"),
    "contacts.compare_people": _("Possible duplicates being looked for"),
    "contacts.make_answer": _("Answer to a request being made"),
    "contacts.recurring_look": _("Look at the place of a recurring import"),
    "contacts.look_at_retention": _("Data at its end being counted"),
    "contacts.purge": _("Data at its end being erased"),
    "messaging.count_costs": _("Costs of mailings being counted"),
    "contacts.refresh_source": _("Reach of a source’s people worked out"),
    "contacts.type_extra_values": _("Extra fields read as what they are"),
}

DETAILS: Words = {
    "addresses": _("addresses"),
    "after": _("after"),
    "age_from": _("from age"),
    "age_to": _("to age"),
    "account": _("way out"),
    "amount": _("amount"),
    "audience": _("recipients"),
    "before": _("before"),
    "bytes": _("bytes"),
    "came_by": _("came by"),
    "campaign": _("mailing"),
    "channel": _("channel"),
    "class": _("class"),
    "code": _("code"),
    "consent": _("consent"),
    "contact": _("person"),
    "decision": _("decision"),
    "electors": _("electors"),
    "ended": _("ended"),
    "expires_at": _("expires"),
    "form": _("form"),
    "gender": _("sex"),
    "frozen": _("electors in anonymous figures"),
    "heading": _("heading"),
    "kind": _("kind"),
    "member": _("member"),
    "name": _("name"),
    "election": _("election"),
    "rulechange": _("rule"),
    "newsletter": _("newsletter"),
    "note": _("note"),
    "of": pgettext_lazy("journal", "copy of"),
    "opt_outs": _("refusals kept"),
    "people": _("people"),
    "place": _("place"),
    "point": _("address or number"),
    "points": _("addresses and numbers"),
    "purpose": _("purpose"),
    "reason": _("reason"),
    "recipients": _("recipients"),
    "registration": _("elector"),
    "request": _("request"),
    "relationship": _("relationship"),
    "role": _("role"),
    "rule": _("rule"),
    "rows": _("rows"),
    "scope": _("scope"),
    "scopes": _("rights"),
    "seed": _("seed"),
    "since": _("since"),
    "source": _("source"),
    "stay": _("people who stay"),
    "station": _("polling station"),
    "tag": _("tag"),
    "territory": _("territory"),
    "today": _("today"),
    "until": _("until"),
    "version": _("version"),
}


def act_words(action: str) -> str:
    return str(ACTS.get(action, action))


def work_words(kind: str) -> str:
    return str(WORK.get(kind, kind))


def thing_words(object_type: str, object_id: str) -> str:
    """`("contacts.contact", "12")` → "Person 12"."""
    model = _model(object_type)
    name = capfirst(str(model._meta.verbose_name)) if model else object_type
    return f"{name} {object_id}"


def field_words(object_type: str, name: str) -> str:
    """What a form calls a field of that kind of thing."""
    model = _model(object_type)
    try:
        return str(model._meta.get_field(name).verbose_name) if model else name
    except (FieldDoesNotExist, AttributeError):  # gone since, a part of the thing, or a relation
        return name


def detail_words(key: str, value: object) -> str:
    shown = ", ".join(map(str, value)) if isinstance(value, list) else "–" if value is None else str(value)
    return gettext("%(name)s: %(value)s") % {"name": DETAILS.get(key, key), "value": shown}


def _model(object_type: str) -> type[Model] | None:
    try:
        return apps.get_model(object_type)
    except (LookupError, ValueError):  # of an earlier version
        return None
