"""Moving in: exports of other programs are recognised, and who left there is never written to here."""

from datetime import UTC, datetime

import pytest

from campaign_crm.platform.crypto import keyed_hash
from campaign_crm.platform.jobs import run_job
from contacts.imports.layouts import Format, recognise
from contacts.imports.reasons import sentence
from contacts.imports.samples import preview_samples
from contacts.imports.service import undo_import
from contacts.models import (
    Consent,
    Contact,
    Import,
    ImportReject,
    List,
    ListMembership,
    PostalAddress,
    Reach,
    Suppression,
    Tag,
)
from contacts.services.projections import refresh_all
from contacts.views.import_samples import sample_groups
from tests.support.imports import fingerprint, import_file, preview, write_rows

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _places(places):
    """Every test of this module has the places."""


@pytest.fixture
def move(tmp_path, book):
    """Import a table of another program; values by the names of the columns."""

    def run(header: list[str], *people: dict[str, str], name: str = "export.csv") -> Import:
        rows = [header, *([person.get(column, "") for column in header] for person in people)]
        done = import_file(write_rows(tmp_path / name, rows, delimiter=","), kind="address-book", source=book)
        assert done.state == Import.State.DONE, done.error
        return done

    return run


def stopped(address: str) -> set[tuple[str, str, str]]:
    """What the do-not-contact list says of an address or number."""
    purpose = "email" if "@" in address else "phone"
    entries = Suppression.objects.in_force().filter(address_hash=keyed_hash(purpose, address))
    return set(entries.values_list("channel", "scope", "reason"))


def why(name: str, channel: str = "email") -> str:
    return Reach.objects.get(contact__first_name=name, channel=channel).reason


MAILCHIMP = (
    "Email Address,First Name,Last Name,Address,Phone Number,Birthday,MEMBER_RATING,OPTIN_TIME,OPTIN_IP,"
    "CONFIRM_TIME,CONFIRM_IP,LATITUDE,LONGITUDE,GMTOFF,DSTOFF,TIMEZONE,CC,REGION,{own}LAST_CHANGED,LEID,EUID,"
    "NOTES,TAGS"
)
LEFT = "UNSUB_TIME,UNSUB_CAMPAIGN_TITLE,UNSUB_CAMPAIGN_ID,UNSUB_REASON,UNSUB_REASON_OTHER,"
CLEANED = "CLEAN_TIME,CLEAN_CAMPAIGN_TITLE,CLEAN_CAMPAIGN_ID,"
PERSON = {"LEID": "1", "EUID": "ab", "MEMBER_RATING": "2"}


def test_mailchimp_subscribers_come_with_their_moment_and_proof(move) -> None:
    run = move(
        MAILCHIMP.format(own="").split(","),
        PERSON
        | {
            "Email Address": "lea@example.org",
            "First Name": "Léa",
            "Last Name": "Martin",
            "Address": "12 rue des Lilas  Beauvais  Oise  60000  FR",
            "Birthday": "05/17",
            "OPTIN_TIME": "2023-05-06 07:08:09",
            "OPTIN_IP": "192.0.2.7",
            "TAGS": '"Bénévole","Oise"',
        },
    )
    assert run.layout["format"] == Format.MAILCHIMP
    consent = Consent.objects.get(channel="email")
    assert (consent.given, consent.at.date().isoformat()) == (True, "2023-05-06")
    assert consent.proof == {"import": run.pk, "line": 2, "said": "192.0.2.7"}
    assert why("Léa") == ""
    assert set(Tag.objects.values_list("name", flat=True)) == {"Bénévole", "Oise"}
    assert PostalAddress.objects.get().commune.name == "Beauvais"
    assert Contact.objects.get().birth_date is None  # a birthday without its year
    assert not Suppression.objects.exists()


def test_mailchimp_unsubscribed_and_cleaned_are_stopped(move) -> None:
    gone = {"Email Address": "gone@example.org", "First Name": "Gone", "UNSUB_TIME": "2024-02-03 04:05:06"}
    spam = {"Email Address": "spam@example.org", "First Name": "Spam", "UNSUB_REASON": "SPAM"}
    late = {"UNSUB_TIME": "2024-02-03 04:05:06", "OPTIN_TIME": "2020-01-01 00:00:00"}
    move(
        MAILCHIMP.format(own=LEFT).split(","),
        PERSON | gone | late,
        PERSON | spam | late,
        name="unsubscribed.csv",
    )
    bad = {"Email Address": "bad@example.org", "First Name": "Bad", "CLEAN_TIME": "2024-05-06 07:08:09"}
    move(MAILCHIMP.format(own=CLEANED).split(","), PERSON | bad, name="cleaned.csv")
    assert stopped("gone@example.org") == {("email", "political", "unsubscribe")}
    assert stopped("spam@example.org") == {("email", "everything", "complaint")}
    assert stopped("bad@example.org") == {("email", "everything", "hard_bounce")}
    assert (why("Gone"), why("Spam"), why("Bad")) == ("suppressed", "suppressed", "bounced")
    left = Consent.objects.get(contact__first_name="Gone", channel="email")
    assert (left.given, left.at) == (False, datetime(2024, 2, 3, 4, 5, 6, tzinfo=UTC))


def test_nationbuilder_people_come_with_who_must_not_be_reached(move) -> None:
    header = (
        "nationbuilder_id,prefix,first_name,middle_name,last_name,email,email1,email1_is_bad,email2,email2_is_bad,"
        "email3,email3_is_bad,email4,email4_is_bad,phone_number,mobile_number,work_phone_number,email_opt_in,"
        "mobile_opt_in,do_not_call,do_not_contact,unsubscribed_at,born_at,sex,tag_list,primary_address1,"
        "primary_city,primary_zip,primary_country"
    ).split(",")
    yes = {"email_opt_in": "true", "mobile_opt_in": "true"}
    run = move(
        header,
        yes
        | {
            "nationbuilder_id": "1",
            "first_name": "Léa",
            "last_name": "Martin",
            "email": "lea2@example.org",
            "email1": "lea@example.org",
            "email1_is_bad": "true",
            "email2": "lea2@example.org",
            "email2_is_bad": "false",
            "mobile_number": "06 39 98 12 34",
            "do_not_call": "true",
            "sex": "F",
            "born_at": "1980-05-17",
            "tag_list": "volunteer, donor",
            "primary_address1": "12 rue des Lilas",
            "primary_city": "Beauvais",
            "primary_zip": "60000",
        },
        yes
        | {
            "first_name": "Jean",
            "email1": "jean@example.org",
            "unsubscribed_at": "2022-01-02T03:04:05Z",
        },
        yes | {"first_name": "Zoé", "email1": "zoe@example.org", "do_not_contact": "true"},
    )
    assert run.layout["format"] == Format.NATIONBUILDER
    lea = Contact.objects.get(first_name="Léa")
    assert (lea.gender, str(lea.birth_date), lea.commune.name) == ("F", "1980-05-17", "Beauvais")
    assert set(lea.tag_links.values_list("tag__name", flat=True)) == {"volunteer", "donor"}
    assert stopped("lea@example.org") == {("email", "everything", "hard_bounce")}
    assert stopped("lea2@example.org") == set()
    assert stopped("+33639981234") == {("call", "political", "objection")}
    assert (why("Léa"), why("Léa", "sms"), why("Léa", "call")) == ("", "", "suppressed")
    assert stopped("jean@example.org") == {("email", "political", "unsubscribe")}
    assert stopped("zoe@example.org") == {("email", "political", "objection")}
    assert {why("Zoé", channel) for channel in ("email", "sms", "call", "post")} <= {
        "suppressed",
        "withdrawn",
    } | {"no_address"}
    withdrawn = Consent.objects.filter(contact__first_name="Zoé", given=False)
    assert set(withdrawn.values_list("channel", flat=True)) == {"email", "sms", "call", "post"}


@pytest.mark.parametrize(
    ("header", "gone"),
    [
        (
            "CONTACT ID,EMAIL,NOM,PRENOM,SMS,EMAIL_BLACKLISTED,SMS_BLACKLISTED,ADDED_TIME,MODIFIED_TIME",
            "true",
        ),
        ("EMAIL,NOM,PRENOM,SMS,email_marketing,sms_marketing,ADDED_TIME,MODIFIED_TIME", "unsubscribed"),
    ],
)
def test_brevo_blacklists_and_states_are_kept(move, header, gone) -> None:
    columns = header.split(",")
    email, sms = (columns[-4], columns[-3])
    run = move(
        columns,
        {"EMAIL": "lea@example.org", "PRENOM": "Léa", "NOM": "Martin", "SMS": "33639981234", email: gone},
        {"EMAIL": "jean@example.org", "PRENOM": "Jean", "NOM": "Petit", "SMS": "33639980001", sms: gone},
    )
    assert run.layout["format"] == Format.BREVO
    assert {scope for _channel, scope, _reason in stopped("lea@example.org")} == {"political"}
    assert {channel for channel, _scope, _reason in stopped("+33639980001")} == {"sms"}
    assert (why("Léa"), why("Léa", "sms"), why("Jean"), why("Jean", "sms")) == (
        "suppressed",
        "",
        "",
        "suppressed",
    )


@pytest.mark.parametrize(
    ("state", "reason", "entries"),
    [
        ("subscribed", "", set()),
        ("unsubscribed", "suppressed", {("email", "political", "unsubscribe")}),
        ("bouncing", "bounced", {("email", "everything", "hard_bounce")}),
        ("previous spam complaint", "suppressed", {("email", "everything", "complaint")}),
        ("never subscribed", "withdrawn", set()),
    ],
)
def test_action_network_states_are_read(move, state, reason, entries) -> None:
    run = move(
        "uuid,email,first_name,last_name,can2_phone,can2_user_address,can2_user_city,zip_code,can2_user_tags,"
        "can2_subscription_date,can2_subscription_status,can2_sms_status".split(","),
        {
            "email": "lea@example.org",
            "first_name": "Léa",
            "last_name": "Martin",
            "can2_phone": "+33639981234",
            "can2_user_city": "Beauvais",
            "zip_code": "60000",
            "can2_user_tags": "Organizing, Phone_Bank",
            "can2_subscription_date": "2021-03-04",
            "can2_subscription_status": state,
        },
    )
    assert run.layout["format"] == Format.ACTION_NETWORK
    assert why("Léa") == reason
    assert stopped("lea@example.org") == entries
    assert Tag.objects.count() == 2


def test_civicrm_privacy_options_and_holds_are_kept(move) -> None:
    header = (
        "Contact ID;Contact Type;Do Not Email;Do Not Phone;Do Not Mail;Do Not Sms;Do Not Trade;"
        "No Bulk Emails (User Opt Out);First Name;Last Name;Individual Prefix;Birth Date;Gender;"
        "Street Address;"
        "City;Postal Code;Country;Phone;Email;On Hold;Group(s);Tag(s)"
    ).split(";")
    home = {"Street Address": "12 rue des Lilas", "City": "Beauvais", "Postal Code": "60000"}
    run = move(
        header,
        home
        | {
            "First Name": "Léa",
            "Last Name": "Martin",
            "Email": "lea@example.org",
            "Phone": "0639981234",
            "No Bulk Emails (User Opt Out)": "1",
            "Do Not Mail": "1",
            "Do Not Sms": "0",
            "On Hold": "No",
            "Group(s)": "Lettre,Oise",
            "Tag(s)": "Bénévole",
        },
        {
            "First Name": "Jean",
            "Last Name": "Petit",
            "Email": "jean@example.org",
            "On Hold": "On Hold Bounce",
        },
        {"First Name": "Zoé", "Last Name": "Roy", "Email": "zoe@example.org", "On Hold": "On Hold Opt Out"},
    )
    assert run.layout["format"] == Format.CIVICRM
    assert stopped("lea@example.org") == {("email", "political", "objection")}
    assert (why("Léa", "sms"), why("Léa", "post")) == ("", "withdrawn")
    assert stopped("jean@example.org") == {("email", "everything", "hard_bounce")}
    assert stopped("zoe@example.org") == {("email", "political", "unsubscribe")}
    assert set(Tag.objects.values_list("name", flat=True)) == {"Bénévole"}
    lists = List.objects.filter(memberships__contact__first_name="Léa")
    assert set(lists.values_list("name", "targeting_class")) == {
        ("Lettre", "criterion"),
        ("Oise", "criterion"),
    }


@pytest.mark.parametrize(
    ("column", "kind"),
    [
        ("Contact Type", "Organization"),
        ("Contact Type", "Household"),
        ("Type de contact", "Organisation"),
        ("Type de contact", "Ménage"),
    ],
)
def test_organisations_and_households_of_civicrm_become_nobody_and_are_given_back(move, column, kind) -> None:
    run = move(
        ["Contact ID", column, "Do Not Email", "First Name", "Last Name", "Email"],
        {column: kind, "Last Name": "ACME", "Email": "acme@example.org", "Do Not Email": "1"},
        {column: "Individual", "First Name": "Léa", "Last Name": "Martin", "Email": "lea@example.org"},
    )
    assert (run.counts["new"], run.counts["rejected"]) == (1, 1)
    assert Contact.objects.get().first_name == "Léa"
    assert stopped("acme@example.org") == {("email", "political", "objection")}  # whoever comes with it later
    [refused] = ImportReject.objects.filter(import_run=run)
    assert [sentence(kept) for kept in refused.reasons] == [f"it says “{kind}”: this is no person"]


LISTED = ["Prénom", "Nom", "Email", "Listes"]
LEA = {"Prénom": "Léa", "Nom": "Martin", "Email": "lea@example.org", "Listes": "Lettre; Bénévoles Oise"}
JEAN = {"Prénom": "Jean", "Nom": "Petit", "Email": "jean@example.org", "Listes": "LETTRE"}


def on_lists() -> set[tuple[str, str]]:
    return set(ListMembership.objects.values_list("list__name", "contact__first_name"))


def test_lists_of_a_file_become_fixed_lists_and_go_with_its_undo(move) -> None:
    known = List.objects.create(name="bénévoles oise")
    run = move(LISTED, LEA, JEAN)
    on_letter = next(name for name, _first in on_lists() if name.lower() == "lettre")
    assert on_lists() == {(on_letter, "Léa"), (on_letter, "Jean"), (known.name, "Léa")}
    again = move(LISTED, LEA, JEAN, name="again.csv")
    assert (List.objects.count(), ListMembership.objects.count()) == (2, 3)
    for done in (again, run):
        run_job(undo_import(run=done, by=None).pk)
    assert on_lists() == set()


def test_a_file_puts_nobody_on_a_list_that_people_join_themselves(move) -> None:
    joined = List.objects.create(name="Lettre", targeting_class="subscription")
    run = move(LISTED, LEA | {"Listes": "Lettre"})
    assert not joined.memberships.exists()
    assert on_lists() == {(f"Lettre (import {run.pk})", "Léa")}


@pytest.mark.parametrize(
    ("first", "middle", "taken"),
    [("Léa", "Anne", "Léa"), ("L.", "Anne", "L. Anne"), ("", "Anne", "Anne")],
)
def test_a_second_forename_is_taken_where_the_first_says_little(move, first, middle, taken) -> None:
    move(
        ["First Name", "Middle Name", "Last Name", "Email"],
        {"First Name": first, "Middle Name": middle, "Last Name": "Martin", "Email": "lea@example.org"},
    )
    assert Contact.objects.get().first_name == taken


def test_a_second_column_of_a_name_does_not_win_over_the_first(move) -> None:
    run = move(["Nom", "Prénom", "Email"], {"Nom": "Martin", "Prénom": "Léa", "Email": "lea@example.org"})
    assert run.mapping == {"0": "last_name", "1": "first_name", "2": "email"}
    assert recognise(["Nom", "Prénom", "Nom", "Email"]).mapping == {
        0: "last_name",
        1: "first_name",
        3: "email",
    }


HEADER = ["Prénom", "Nom", "Email", "Statut de l'abonnement"]
LEFT_ROW = {
    "Prénom": "Léa",
    "Nom": "Martin",
    "Email": "lea@example.org",
    "Statut de l'abonnement": "Désabonné",
}


def test_whoever_is_known_and_left_elsewhere_is_stopped_here_at_once(move, tmp_path, book) -> None:
    move(HEADER[:3], LEFT_ROW, name="before.csv")
    assert why("Léa") == ""
    move(HEADER, LEFT_ROW)
    assert why("Léa") == "suppressed"
    but = ("contacts_suppression", "contacts_importconfirmation")  # which file said it last is kept
    before = fingerprint(*but)
    move(HEADER, LEFT_ROW)
    assert fingerprint(*but) == before
    refresh_all()
    assert why("Léa") == "suppressed"


def test_undoing_the_file_leaves_the_objection_unless_it_was_wrong(move) -> None:
    first = move(HEADER, LEFT_ROW)
    run_job(undo_import(run=first, by=None).pk)
    assert not Contact.objects.exists()
    assert stopped("lea@example.org") == {("email", "political", "unsubscribe")}
    second = move(HEADER, LEFT_ROW | {"Email": "other@example.org"})
    run_job(undo_import(run=second, by=None, objections_too=True).pk)
    assert stopped("other@example.org") == set()
    assert stopped("lea@example.org") == {("email", "political", "unsubscribe")}


def test_words_of_the_agreement_are_kept_beside_it(move) -> None:
    header = ["Email", "Date de consentement", "Texte du consentement"]
    words = "J'accepte de recevoir la lettre."
    run = move(header, {"Email": "lea@example.org", header[1]: "03/02/2024", header[2]: words})
    consent = Consent.objects.get(channel="email")
    assert consent.proof == {"import": run.pk, "line": 2, "words": words}
    assert consent.at.date().isoformat() == "2024-02-03"


@pytest.mark.parametrize(
    ("column", "said", "entries"),
    [
        ("Désinscrit", "12/03/2023", {("email", "political", "objection")}),
        ("Désinscrit", "Désinscrite", {("email", "political", "objection")}),
        ("Opt-out", "optout", {("email", "political", "objection")}),
        ("Unsubscribed at", "Mar 3, 2023 4:05 PM", {("email", "political", "unsubscribe")}),
        ("Unsubscribed at", "3/3/23 4:05", {("email", "political", "unsubscribe")}),
        ("Unsubscribed at", "a while ago", {("email", "political", "unsubscribe")}),
        ("Statut de l'abonnement", "Blocklisté", {("email", "political", "unsubscribe")}),
        ("Statut de l'abonnement", "Blocklisted", {("email", "political", "unsubscribe")}),
        ("Statut de l'abonnement", "Blacklistée", {("email", "political", "unsubscribe")}),
        ("Statut de l'abonnement", "Désabonné(e)", {("email", "political", "unsubscribe")}),
        ("Statut de l'abonnement", "désinscrit·e·s", {("email", "political", "unsubscribe")}),
        ("Statut de l'abonnement", "Supprimé", {("email", "political", "unsubscribe")}),
        ("Statut de l'abonnement", "abuse complaint", {("email", "everything", "complaint")}),
        ("Statut de l'abonnement", "Inactif", set()),
        ("Statut de l'abonnement", "Gelé", set()),
        ("Optin", "refus", set()),
        ("Optin", "Désabonné", set()),
    ],
)
def test_what_is_not_plainly_a_permission_is_none(move, column, said, entries) -> None:
    move(["Prénom", "Email", column], {"Prénom": "Léa", "Email": "lea@example.org", column: said})
    assert {entry for entry in stopped("lea@example.org") if entry[0] == "email"} == entries
    assert why("Léa") in ("suppressed", "withdrawn")
    assert not Consent.objects.get(channel="email").given


@pytest.mark.parametrize(
    ("column", "said"),
    [
        ("Désinscrit", "non"),
        ("Désinscrit", "-"),
        ("Unsubscribed at", "0000-00-00 00:00:00"),
        ("Unsubscribed at", "NULL"),
        ("Statut de l'abonnement", "Abonné(e)"),
        ("Statut de l'abonnement", "Inscrit·e"),
        ("Optin", "12/03/2023"),
    ],
)
def test_a_plain_no_and_a_subscription_close_nothing(move, column, said) -> None:
    move(["Prénom", "Email", column], {"Prénom": "Léa", "Email": "lea@example.org", column: said})
    assert why("Léa") == ""
    assert Consent.objects.get(channel="email").given


def test_civicrm_writes_a_hold_as_a_number(move) -> None:
    header = ["Contact ID", "Do Not Email", "First Name", "Email", "On Hold"]
    people = [
        {"First Name": name, "Email": f"{name}@example.org", "On Hold": hold}
        for name, hold in (("open", "0"), ("bounce", "1"), ("gone", "2"), ("odd", "perhaps"))
    ]
    move(header, *people)
    assert why("open") == ""
    assert stopped("bounce@example.org") == {("email", "everything", "hard_bounce")}
    assert stopped("gone@example.org") == {("email", "political", "unsubscribe")}
    assert why("odd") == "withdrawn"


def test_words_of_states_that_nobody_knows_are_listed_before_anything_is_written(tmp_path, book) -> None:
    rows = [
        ["Email", "Statut email"],
        *([f"{n}@example.org", "Gelé"] for n in range(3)),
        ["z@example.org", "VIP"],
    ]
    run = preview(write_rows(tmp_path / "states.csv", rows), kind="address-book", source=book)
    assert run.preview["unknown_states"] == 2
    assert preview_samples(run)["unknown_states"] == [{"word": "Gelé", "rows": 3}, {"word": "VIP", "rows": 1}]
    (group,) = [one for one in sample_groups(run) if one.label.startswith("States")]
    assert [cell.text for cell in group.rows[0]] == ["Gelé", "3"]
