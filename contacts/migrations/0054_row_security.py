from pathlib import Path

from django.db import migrations

from campaign_crm.platform.row_security import closed, in_scope, opened, person_in_scope, tear_down, wall

SCOPE = (Path(__file__).parent / "sql" / "scope.sql").read_text(encoding="utf-8")
NO_SCOPE = """
DROP FUNCTION crm_search(text, text, text, text[], bigint[], integer);
DROP FUNCTION crm_scope_end();
DROP FUNCTION crm_scope();
"""
# Everything that names a person stands behind the wall of that person.
OF_A_PERSON = (
    "contacts_chosenfrequency",
    "contacts_consent",
    "contacts_contactsource",
    "contacts_contacttag",
    "contacts_emailaddress",
    "contacts_householdmember",
    "contacts_importconfirmation",
    "contacts_listmembership",
    "contacts_note",
    "contacts_phonenumber",
    "contacts_postaladdress",
    "contacts_reach",
    "contacts_registrationmatch",
    "contacts_sourcerow",
    "contacts_subscription",
)
WALLS = {
    "contacts_contact": f"{in_scope('commune_id')} OR {in_scope('votes_in_id')}",
    "contacts_electoralregistration": f"{in_scope('commune_id')} OR {in_scope('polling_station_id')}",
    "contacts_merge": person_in_scope("kept_id"),
    "contacts_duplicatepair": f"{person_in_scope('first_id')} AND {person_in_scope('second_id')}",
    **{table: person_in_scope("contact_id") for table in OF_A_PERSON},
}
# Files as they came, requests and their registers, figures of the whole country.
CLOSED = (
    "contacts_answerfile",
    "contacts_erasure",
    "contacts_importchange",
    "contacts_importreject",
    "contacts_personrequest",
    "contacts_purge",
    "contacts_purgecertificate",
    "contacts_stationaggregate",
)


class Migration(migrations.Migration):
    dependencies = [("contacts", "0053_voting_place")]

    operations = [
        migrations.RunSQL(SCOPE, NO_SCOPE),
        *(migrations.RunSQL(wall(table, inside), tear_down(table)) for table, inside in WALLS.items()),
        migrations.RunSQL(closed(*CLOSED), opened(*CLOSED)),
    ]
