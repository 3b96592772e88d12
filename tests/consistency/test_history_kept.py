"""Every table that holds people, settings or rights has its history, or a line here that says why not."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.db import connection

pytestmark = pytest.mark.django_db

A_LEDGER = "only added to, or a ledger with states of its own: it is its own history"
OF_AN_IMPORT = "bookkeeping of an import, which its Import row covers"
FOUND = "worked out by the program from other tables; what somebody decides of it is an act in the journal"
REPORTED = "what a provider or a reader did, as it came"
SHIPPED = "reference data, loaded by a command that the journal names"
OF_A_LIBRARY = "of a library; what happens to it is an act in the journal (`sign_in_signals`)"
OF_A_SESSION = "comes and goes with sessions; ending one by hand is an act in the journal"
WORK = "work of the program; who began it is on the row"

# A new table: `triggers = kept_history(…)` in its Meta, or a line here.
WITHOUT = {
    "platform_auditentry": A_LEDGER,
    "platform_historyentry": A_LEDGER,
    "platform_historykey": "keys of earlier values, which go with the person",
    "platform_historyvalue": A_LEDGER,
    "platform_job": WORK,
    "platform_keptanswer": "answers given again for a day; what was done has its own history",
    "platform_notification": WORK,
    "platform_readtally": A_LEDGER,
    "platform_recordread": A_LEDGER,
    "platform_webhookdelivery": A_LEDGER,
    "contacts_answerfile": "a sealed file that expires; each making and reading is an act in the journal",
    "contacts_areatime": FOUND,
    "contacts_duplicatepair": FOUND,
    "contacts_erasedelector": A_LEDGER,
    "contacts_erasure": A_LEDGER,
    "contacts_import": WORK,
    "contacts_importchange": OF_AN_IMPORT,
    "contacts_importconfirmation": OF_AN_IMPORT,
    "contacts_importreject": OF_AN_IMPORT,
    "contacts_purge": "announced, counted and begun by acts in the journal; ends in a sealed certificate",
    "contacts_purgecertificate": A_LEDGER,
    "contacts_reach": FOUND,
    "contacts_recurringfile": OF_AN_IMPORT,
    "contacts_referencedata": SHIPPED,
    "contacts_rollcoverage": OF_AN_IMPORT,
    "contacts_rulechange": A_LEDGER,
    "contacts_rulesasked": A_LEDGER,
    "contacts_silencewindow": FOUND,
    "contacts_sourcegrowth": FOUND,
    "contacts_sourcerow": OF_AN_IMPORT,
    "contacts_stationaggregate": "frozen figures of at least ten people",
    "contacts_territory": SHIPPED,
    "contacts_territoryalias": SHIPPED,
    "contacts_territoryancestor": SHIPPED,
    "messaging_accountdoubt": WORK,
    "messaging_campaignwatch": FOUND,
    "messaging_delivery": A_LEDGER,
    "messaging_domainrecord": FOUND,
    "messaging_familypause": WORK,
    "messaging_feedback": REPORTED,
    "messaging_handover": A_LEDGER,
    "messaging_image": "pictures of mailings: neither people nor settings",
    "messaging_link": "addresses of a compiled mailing, whose history is kept",
    "messaging_optouthandover": A_LEDGER,
    "messaging_providerevent": REPORTED,
    "messaging_receivingdomain": FOUND,
    "messaging_reply": REPORTED,
    "messaging_warmup": FOUND,
    "tracking_addresslist": "published addresses; each loading is an act in the journal",
    "tracking_campaigncounter": A_LEDGER,
    "tracking_checkin": A_LEDGER,
    "tracking_conversationmessage": REPORTED,
    "tracking_figures": FOUND,
    "tracking_interaction": A_LEDGER,
    "tracking_rsvp": "a ledger with states of its own: each has its moment, and a line on the timeline",
    "tracking_scenariodone": A_LEDGER,
    "tracking_scenarioperson": A_LEDGER,
    "tracking_submission": "what somebody sent by a form; only its confirmation changes",
    "account_emailaddress": OF_A_LIBRARY,
    "account_emailconfirmation": OF_A_LIBRARY,
    "mfa_authenticator": OF_A_LIBRARY,
    "socialaccount_socialaccount": OF_A_LIBRARY,
    "socialaccount_socialapp": "not used: the settings name the server",
    "socialaccount_socialtoken": "not used: no token is kept",
    "usersessions_usersession": OF_A_SESSION,
    "django_session": OF_A_SESSION,
    "auth_group": "not used: rights come from roles",
    "auth_permission": "not used: rights come from roles",
    "django_admin_log": "the admin's own journal",
    "django_content_type": SHIPPED,
}


def tables() -> set[str]:
    return {model._meta.db_table for model in apps.get_models() if model._meta.managed}


def kept() -> dict[str, int]:
    """Tables with triggers of the history in the database itself, and how many."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgrelid::regclass::text, count(*) FROM pg_trigger"
            " JOIN pg_proc ON pg_proc.oid = tgfoid AND proname = 'crm_keep_history' GROUP BY 1"
        )
        return dict(cursor.fetchall())


def test_every_table_has_its_history_or_a_reason() -> None:
    """Give a new model `triggers = kept_history(…)` and migrate, or write the reason above."""
    assert tables() - set(kept()) == set(WITHOUT) & tables()


def test_reasons_are_of_tables_that_have_no_history() -> None:
    assert set(WITHOUT) & set(kept()) == set()
    assert all(WITHOUT.values())


def test_triggers_are_of_every_statement() -> None:
    """Rolls are added and removed by the million: imports, undos and certificates cover that."""
    assert {table: found for table, found in kept().items() if found != 3} == {
        "contacts_electoralregistration": 1
    }
