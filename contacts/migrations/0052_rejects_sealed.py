"""Rows that were refused stand sealed."""

import json
from collections.abc import Callable
from typing import Any

from django.db import migrations

import campaign_crm.platform.sealed
from campaign_crm.platform.crypto import unseal
from campaign_crm.platform.sealed import sealed_json

ROWS_AT_A_TIME = 2_000
READ = "SELECT id, values FROM contacts_importreject WHERE id > %s ORDER BY id LIMIT %s"
WRITE = """
    UPDATE contacts_importreject SET values = changed.kept
      FROM unnest(%s::bigint[], %s::text[]) AS changed(id, kept) WHERE contacts_importreject.id = changed.id
"""


def seal_rejects(apps: Any, schema_editor: Any) -> None:
    _rewrite(schema_editor, lambda plain: sealed_json(json.loads(plain)))


def open_rejects(apps: Any, schema_editor: Any) -> None:
    _rewrite(schema_editor, lambda sealed: json.dumps(unseal(sealed)["json"]))


def _rewrite(schema_editor: Any, change: Callable[[str], str]) -> None:
    last = 0
    with schema_editor.connection.cursor() as cursor:
        while True:
            cursor.execute(READ, [last, ROWS_AT_A_TIME])
            rows = cursor.fetchall()
            if not rows:
                return
            last = rows[-1][0]
            cursor.execute(WRITE, [[pk for pk, _kept in rows], [change(kept) for _pk, kept in rows]])


class Migration(migrations.Migration):
    dependencies = [("contacts", "0051_exports")]

    operations = [
        migrations.AlterField("importreject", "values", campaign_crm.platform.sealed.SealedJSON()),
        migrations.RunPython(seal_rejects, open_rejects),
    ]
