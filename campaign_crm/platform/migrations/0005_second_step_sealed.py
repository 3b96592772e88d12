from collections.abc import Callable
from typing import Any

from django.db import migrations

from campaign_crm.platform.crypto import seal, unseal

SECRETS = ("secret", "seed")  # of an authenticator app; of recovery codes


def seal_secrets(apps: Any, schema_editor: Any) -> None:
    _rewrite(apps, lambda text: seal({"secret": text}))


def open_secrets(apps: Any, schema_editor: Any) -> None:
    _rewrite(apps, lambda text: unseal(text)["secret"])


def _rewrite(apps: Any, change: Callable[[str], str]) -> None:
    for row in apps.get_model("mfa", "Authenticator").objects.all():  # one or two a member of staff
        row.data = {name: change(value) if name in SECRETS else value for name, value in row.data.items()}
        row.save(update_fields=["data"])


class Migration(migrations.Migration):
    dependencies = [
        ("platform", "0004_plural_names"),
        ("mfa", "0003_authenticator_type_uniq"),
    ]

    operations = [migrations.RunPython(seal_secrets, open_secrets)]
