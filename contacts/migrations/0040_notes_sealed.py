from collections.abc import Callable
from typing import Any

from django.db import migrations

import campaign_crm.platform.sealed
from campaign_crm.platform.crypto import unseal
from campaign_crm.platform.sealed import sealed_text

ROWS_AT_A_TIME = 2_000
READ = "SELECT id, body FROM contacts_note WHERE id > %s AND body <> '' ORDER BY id LIMIT %s"
WRITE = """
    UPDATE contacts_note SET body = changed.body
      FROM unnest(%s::bigint[], %s::text[]) AS changed(id, body) WHERE contacts_note.id = changed.id
"""


def seal_notes(apps: Any, schema_editor: Any) -> None:
    _rewrite(schema_editor, sealed_text)


def open_notes(apps: Any, schema_editor: Any) -> None:
    _rewrite(schema_editor, lambda sealed: str(unseal(sealed)["text"]))


def _rewrite(schema_editor: Any, change: Callable[[str], str]) -> None:
    last = 0
    with schema_editor.connection.cursor() as cursor:
        while True:
            cursor.execute(READ, [last, ROWS_AT_A_TIME])
            rows = cursor.fetchall()
            if not rows:
                return
            last = rows[-1][0]
            cursor.execute(WRITE, [[pk for pk, _text in rows], [change(text) for _pk, text in rows]])


class Migration(migrations.Migration):
    dependencies = [("contacts", "0039_statistics_of_reach")]

    operations = [
        migrations.AlterField("note", "body", campaign_crm.platform.sealed.SealedText(verbose_name="note")),
        migrations.RunPython(seal_notes, open_notes),
    ]
