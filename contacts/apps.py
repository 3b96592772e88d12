from django.apps import AppConfig


class ContactsConfig(AppConfig):
    name = "contacts"

    def ready(self) -> None:
        from contacts import timeline
        from contacts.registry import registry
        from contacts.segments.standard import register_standard_conditions

        register_standard_conditions()
        registry.add("timeline", "notes", timeline.notes)
        registry.add("timeline", "consents", timeline.consents)
        registry.add("timeline", "subscriptions", timeline.subscriptions)
        registry.add("timeline", "sources", timeline.sources)
