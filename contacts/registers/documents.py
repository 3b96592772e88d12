"""The register of processing and the impact assessment, filled in from what the installation really does."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.conf import settings
from django.db.models import Count
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from campaign_crm.platform.models import ApiKey, Organisation, User
from campaign_crm.platform.rights import Role
from contacts.enums import Channel, ConsentPurpose, LawfulBasis, RetentionRuleName, SourceKind
from contacts.models import (
    Consent,
    Contact,
    CustomField,
    ElectoralRegistration,
    PersonRequest,
    RegisterNote,
    Source,
    Suppression,
)
from contacts.registry import registry
from contacts.retention.rules import days_after, exceptions
from contacts.retention.words import how_long, whom

REGISTER, ASSESSMENT = "register", "assessment"
DOCUMENTS = (REGISTER, ASSESSMENT)


@dataclass(frozen=True)
class Part:
    """One heading of a document: what the program knows, and what the organisation adds (`note`)."""

    key: str
    title: str
    facts: list[str] = field(default_factory=list)
    question: str = ""
    note: str = ""


def title_of(document: str) -> str:
    return _("Register of processing") if document == REGISTER else _("Impact assessment")


def parts_of(document: str) -> list[Part]:
    """The document as of now, with the notes of the organisation."""
    notes = dict(RegisterNote.objects.filter(document=document).values_list("key", "text"))
    parts = _register() if document == REGISTER else _assessment()
    return [Part(one.key, one.title, one.facts, one.question, notes.get(one.key, "")) for one in parts]


def keys_of(document: str) -> set[str]:
    return {part.key for part in parts_of(document)}


def _register() -> list[Part]:
    return [
        Part("controller", _("Who is responsible"), _controller(), _("Name your data-protection officer.")),
        Part("purposes", _("Purposes"), _purposes(), _("Anything else that you use the data for?")),
        Part("people", _("Whose data"), _people(), _("Other people, such as donors or employees?")),
        Part("data", _("Which data"), _data(), _("Data that you keep elsewhere, on paper for instance?")),
        Part("basis", _("Where it comes from, and what allows it"), _sources(), ""),
        Part("recipients", _("Who receives the data"), _recipients(), _("Printers, call centres, others?")),
        Part("transfers", _("Outside the European Union"), _transfers(), _("What covers these transfers?")),
        Part("retention", _("How long it stays"), _retention(), ""),
        Part("security", _("How it is protected"), _security(), _("Locks, papers, training: what else?")),
        Part("rights", _("How people use their rights"), _rights(), ""),
    ]


def _assessment() -> list[Part]:
    return [
        Part("description", _("What is done"), [*_purposes(), *_people(), *_data()]),
        Part(
            "need",
            _("Is it needed, and is it in proportion?"),
            [*_sources(), *_retention()],
            _("Why less data, or a shorter time, would not do."),
        ),
        Part(
            "sensitive",
            _("Political opinions"),
            [
                _("Being in this base may tell a political opinion (Article 9): a leak would harm people."),
                _("Birthplace, nationality and the sound of names are never offered to choose people by."),
                *_consents(),
            ],
            _("Which exception of Article 9 do you rely on, for whom?"),
        ),
        Part("rights", _("People’s rights"), _rights(), ""),
        Part(
            "leak",
            _("Risk: data is seen by others"),
            [*_security(), *_team()],
            _("How likely, how grave, and what you add against it."),
        ),
        Part(
            "change",
            _("Risk: data is changed or used for something else"),
            [
                _("Every fact keeps its source; each change and each send stands in the journal."),
                _("Nobody is written to without a basis; an objection is never lifted by the team."),
                _("Targeted messages reach only those who agreed to them (Regulation (EU) 2024/900)."),
            ],
            _("How likely, how grave, and what you add against it."),
        ),
        Part(
            "loss",
            _("Risk: data is lost"),
            [
                _("A backup holds the database, uploads and keys; a restored one sends nothing by itself."),
                _("Erasures are done again on a restored backup."),
            ],
            _("Where are the backups, who tries to restore one, and when?"),
        ),
        Part(
            "opinion",
            _("Opinion of the data-protection officer, and of people"),
            [],
            _("Who was asked, when?"),
        ),
        Part("decision", _("Decision"), [], _("Accepted by whom, on which day; to be looked at again when?")),
    ]


def _controller() -> list[str]:
    organisation = Organisation.current()
    contact = organisation.dpo_contact or organisation.contact_email
    lines = [organisation.legal_name or organisation.name, organisation.postal_address]
    lines.append(_("Contact for data protection: %(contact)s") % {"contact": contact or "–"})
    return [line for line in lines if line]


def _purposes() -> list[str]:
    channels = ", ".join(str(channel.label) for channel in Channel)
    lines = [
        _("Political communication with electors, members and supporters (%(channels)s).")
        % {"channels": channels},
        _("Answering sign-ups, requests and questions by service messages."),
        _("Measuring what messages reach; individually only with each person’s agreement."),
    ]
    return lines


def _people() -> list[str]:
    people, electors = Contact.objects.visible().count(), ElectoralRegistration.objects.count()
    told = {"people": _number(people), "electors": _number(electors)}
    return [
        ngettext("%(people)s person", "%(people)s people", people) % told,
        ngettext("%(electors)s elector of a roll", "%(electors)s electors of rolls", electors) % told,
    ]


def _data() -> list[str]:
    extra = list(CustomField.objects.order_by("label").values_list("label", flat=True))
    lines = [
        _("Identity, age, sex, commune; addresses, e-mail and phone; what they agreed to and chose."),
        _("Messages received, answers, sign-ups, calls; notes and tags of the team."),
    ]
    return [*lines, _("Extra fields: %(fields)s") % {"fields": ", ".join(extra)}] if extra else lines


def _basis_of(source: Source) -> str:
    """What allows the data of a source to be used: its own basis, else what each person said."""
    if source.kind == SourceKind.OPT_OUT:
        return _("nothing: it only stops messages")
    if source.lawful_basis == LawfulBasis.NONE:
        return _("only what the person agreed to")
    return str(source.get_lawful_basis_display())


def _sources() -> list[str]:
    kinds = dict(SourceKind.choices)
    found = Source.objects.annotate(people=Count("contact_links")).order_by("name")
    lines = []
    for source in found:
        told = {
            "name": source,
            "kind": kinds.get(source.kind, source.kind),
            "basis": _basis_of(source),
            "people": ngettext("%(people)s person", "%(people)s people", source.people)
            % {"people": _number(source.people)},
        }
        if source.kind == SourceKind.ROLL:  # its electors are counted above
            lines.append(_("%(name)s (%(kind)s): %(basis)s") % told)
        else:
            lines.append(_("%(name)s (%(kind)s): %(basis)s, %(people)s") % told)
    return lines or [_("No source yet.")]


def _consents() -> list[str]:
    purposes = dict(ConsentPurpose.choices)
    counted = (
        Consent.objects.filter(given=True)
        .values_list("purpose")
        .annotate(people=Count("contact", distinct=True))
    )
    return [
        _("Agreed: %(purpose)s – %(n)s people")
        % {"purpose": purposes.get(purpose, purpose), "n": _number(people)}
        for purpose, people in counted.order_by("purpose")
    ]


def _recipients() -> list[str]:
    lines = [line for told in registry.processors.values() for line in told()]
    suppliers = (
        Source.objects.exclude(supplier="").values_list("supplier", flat=True).distinct().order_by("supplier")
    )
    lines += [_("Supplier of a file: %(name)s") % {"name": name} for name in suppliers]
    return lines or [_("Nobody outside the organisation: messages leave by its own server.")]


def _transfers() -> list[str]:
    lines = [line for told in registry.transfers.values() for line in told()]
    return lines or [_("None known to the program.")]


def _retention() -> list[str]:
    roll, rental = RetentionRuleName.ROLL, RetentionRuleName.RENTAL
    terms = [
        (str(SourceKind.ROLL.label), how_long(roll, days_after(roll))),
        (str(SourceKind.BROKER_RENTAL.label), how_long(rental, days_after(rental))),
        *((whom(term), how_long(RetentionRuleName.LAST_SIGN, term.months)) for term in exceptions()),
    ]
    lines = [_("%(whom)s: %(time)s") % {"whom": who, "time": time} for who, time in terms]
    erased = _("Whoever asks is erased at once; a keyed hash of the address stops later imports too.")
    return [*lines, erased]


def _security() -> list[str]:
    lines = [
        _("Each page asks for a right; rights are given by role, in a territory, until a day."),
        _("Notes, requests, keys and second steps stand sealed in the database."),
        _("What the team does is journaled; addresses never stand in logs."),
    ]
    if settings.SECOND_STEP_REQUIRED:
        lines.insert(
            1, _("A second step at sign-in is required of those who run it, export or answer for data.")
        )
    return lines


def _team() -> list[str]:
    roles = dict(Role.choices)
    counted = User.objects.filter(is_active=True).values_list("role").annotate(Count("pk")).order_by("role")
    lines = [
        _("%(role)s: %(n)s") % {"role": roles.get(role, _("In territories only")), "n": _number(number)}
        for role, number in counted
    ]
    keys = ApiKey.objects.filter(revoked_at=None).count()
    return [*lines, _("API keys in use: %(n)s") % {"n": _number(keys)}]


def _rights() -> list[str]:
    requests = PersonRequest.objects
    told = {
        "open": _number(requests.unanswered().count()),
        "overdue": _number(requests.overdue().count()),
        "all": _number(requests.count()),
        "stopped": _number(Suppression.objects.in_force().count()),
    }
    return [
        _("A public page in French and English; a link proves who asks; one month, with reminders."),
        _("Requests: %(all)s so far, %(open)s open, %(overdue)s overdue.") % told,
        _("Do-not-contact list: %(stopped)s entries, kept as keyed hashes.") % told,
        _("A way out in every message, in one click."),
    ]


def _number(value: int) -> str:
    return number_format(value, force_grouping=True)
