#!/usr/bin/env python3
"""Command line of the project: `python manage.py help` lists the commands."""

import sys


def main() -> None:
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    from campaign_crm.platform.embedded import EmbeddedServiceError
    from campaign_crm.platform.run.commands import prepare

    try:
        prepare(sys.argv)
        execute_from_command_line(sys.argv)
    except (EmbeddedServiceError, ImproperlyConfigured) as error:
        sys.exit(f"{error}")


if __name__ == "__main__":
    main()
