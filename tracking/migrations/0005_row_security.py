from django.db import migrations

from campaign_crm.platform.row_security import (
    closed,
    mailing_in_scope,
    opened,
    person_in_scope,
    tear_down,
    wall,
)

WALLS = {
    # Without an agreement nobody is named: such a hit is known by its mailing alone.
    "tracking_interaction": (
        f"{person_in_scope('contact_id')} OR contact_id IS NULL AND {mailing_in_scope('campaign_id')}"
    ),
    "tracking_submission": person_in_scope("contact_id"),
    "tracking_campaigncounter": mailing_in_scope("campaign_id"),
}
FIGURES = "tracking_figures"  # counts of the whole country


class Migration(migrations.Migration):
    dependencies = [
        ("tracking", "0004_proxies_counted_apart"),
        ("contacts", "0054_row_security"),
        ("messaging", "0022_row_security"),
        ("platform", "0011_partitions_closed"),
    ]

    operations = [
        *(migrations.RunSQL(wall(table, inside), tear_down(table)) for table, inside in WALLS.items()),
        migrations.RunSQL(closed(FIGURES), opened(FIGURES)),
    ]
