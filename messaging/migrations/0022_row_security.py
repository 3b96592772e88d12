from django.db import migrations

from campaign_crm.platform.row_security import (
    closed,
    in_scope,
    mailing_in_scope,
    opened,
    person_in_scope,
    tear_down,
    wall,
)

WALLS = {
    # A territory keeps the ledger of its own mailings, whoever moved away since.
    "messaging_delivery": f"{person_in_scope('contact_id')} OR {mailing_in_scope('campaign_id')}",
    "messaging_reply": person_in_scope("contact_id"),
}
MAILINGS = "messaging_campaign"
# Providers' reports as they came: addresses, and no person beside them.
CLOSED = ("messaging_feedback", "messaging_providerevent")


class Migration(migrations.Migration):
    dependencies = [
        ("messaging", "0021_history"),
        ("contacts", "0054_row_security"),
        ("platform", "0011_partitions_closed"),
    ]

    operations = [
        *(migrations.RunSQL(wall(table, inside), tear_down(table)) for table, inside in WALLS.items()),
        # What a person got names its mailing; a mailing is written only within its territory.
        migrations.RunSQL(
            wall(MAILINGS, in_scope("territory_id"), readable="true"),
            tear_down(MAILINGS),
        ),
        migrations.RunSQL(closed(*CLOSED), opened(*CLOSED)),
    ]
