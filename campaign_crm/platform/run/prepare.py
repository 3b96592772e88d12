"""Before the programs start: the schema, the reference data and, if nobody has an account, the first link.

`python -m campaign_crm.platform.run.prepare [--demo]`, a process of its own so that the one that watches the
programs stays small. What the watcher needs to know is written to the file descriptor `RESULT_FD`, as JSON.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import sys

RESULT_FD = "CRM_RESULT_FD"  # name of the environment variable that holds the descriptor's number


def main() -> None:
    """Prepare the installation; every step does nothing when it was done before."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--demo", action="store_true", help="fill an empty database with invented people")
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "campaign_crm.settings")

    import django
    from django.core.management import call_command

    django.setup()
    from django.conf import settings

    from campaign_crm.platform.checks import refuse_another_hash_key
    from campaign_crm.platform.database import take_system_role_in_this_process
    from campaign_crm.platform.servers import refuse_unfit_servers

    refuse_unfit_servers()
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # the web server looks into it as it starts
    if not settings.LOCAL:  # served under names that carry their content's hash, read from a list made here
        call_command("collectstatic", interactive=False, verbosity=0)
    take_system_role_in_this_process()
    refuse_another_hash_key()
    call_command("migrate", interactive=False, verbosity=0)
    call_command("load_territories")
    call_command("prepare_installation")
    if options.demo:
        call_command("seed_demo", if_empty=True)
    link = io.StringIO()
    call_command("first_admin_link", quiet=True, stdout=link)
    _report({"first_admin_link": link.getvalue().strip()})


def _report(result: dict[str, str]) -> None:
    descriptor = int(os.environ.get(RESULT_FD, sys.stdout.fileno()))
    with os.fdopen(descriptor, "w", encoding="utf-8", closefd=False) as file:
        json.dump(result, file)


if __name__ == "__main__":
    from django.core.exceptions import ImproperlyConfigured

    try:
        main()
    except ImproperlyConfigured as error:
        sys.exit(f"\n{error}")
