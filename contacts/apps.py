from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class ContactsConfig(AppConfig):
    name = "contacts"

    def ready(self) -> None:
        import contacts.imports.jobs  # handlers of background jobs: whoever runs one must know it
        import contacts.imports.recurring.watching
        import contacts.requests.answering
        import contacts.requests.removing
        import contacts.retention.purging
        import contacts.retention.rehearsal
        import contacts.services.communes
        import contacts.services.exports
        import contacts.services.extra_fields
        import contacts.services.sources  # noqa: F401
        from campaign_crm.platform import walls
        from campaign_crm.platform.api.problems import register_refusals
        from campaign_crm.platform.webhooks.events import register_person
        from contacts import timeline
        from contacts.enums import TimelineGroup
        from contacts.errors import ContactsError
        from contacts.person_told import person_told
        from contacts.registry import SignOfLife, TimelineSource, registry
        from contacts.requests import elsewhere, ledger
        from contacts.rules import hours, silence
        from contacts.segments.standard import register_standard_conditions
        from contacts.services import kept_refusals
        from contacts.services.grants import contents_of, grants_of
        from contacts.services.history_keys import destroy_history_keys

        post_migrate.connect(_note_what_is_asked, sender=self)
        register_refusals(ContactsError)
        register_person(person_told)
        walls.register(grants_of=grants_of, contents_of=contents_of)
        register_standard_conditions()
        ledger.register()
        kept_refusals.register()
        for rows in elsewhere.ROWS:
            registry.add("rows_elsewhere", rows.table, rows)
        registry.add("erasure_steps", "history keys", destroy_history_keys)
        registry.add("hand_over_checks", "silence", silence.HAND_OVER)
        registry.add("signs_of_life", "consents", SignOfLife("contacts_consent", "at"))
        subscribed = SignOfLife("contacts_subscription", "started_at")
        registry.add("signs_of_life", "subscriptions", subscribed)
        asked = SignOfLife("contacts_personrequest", "received_at")
        registry.add("signs_of_life", "requests", asked)
        registry.add("signs_of_life", "notes", SignOfLife("contacts_note", "created_at"))
        registry.add("hand_over_checks", "hours", hours.HAND_OVER)
        registry.add("timeline", "notes", TimelineSource(TimelineGroup.NOTES, timeline.notes))
        registry.add("timeline", "consents", TimelineSource(TimelineGroup.CONSENTS, timeline.consents))
        registry.add(
            "timeline", "subscriptions", TimelineSource(TimelineGroup.CONSENTS, timeline.subscriptions)
        )
        registry.add("timeline", "sources", TimelineSource(TimelineGroup.SOURCES, timeline.sources))


def _note_what_is_asked(apps: Any, using: str, plan: list[Any], **_kwargs: Any) -> None:
    """A new program may ask more: whoever looks at a message later is told what was asked of it."""
    from django.db import connections

    from contacts.models import RulesAsked
    from contacts.rules.asked import note_rules_asked

    if any(backwards for _migration, backwards in plan):
        return
    if RulesAsked._meta.db_table in connections[using].introspection.table_names():  # else: not so far yet
        note_rules_asked()
