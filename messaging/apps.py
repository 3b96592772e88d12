from django.apps import AppConfig


class MessagingConfig(AppConfig):
    name = "messaging"

    def ready(self) -> None:
        import messaging.costs.counting  # handlers of background jobs: whoever runs one must know it
        import messaging.costs.files  # noqa: F401 - what is resealed
        from campaign_crm.platform.api.problems import register_refusals
        from contacts.enums import TimelineGroup
        from contacts.registry import SignOfLife, TimelineSource, registry
        from messaging import erasing, merging, processors, timeline
        from messaging.dispatch.gate import register_checks
        from messaging.errors import MessagingError
        from messaging.returns import replies
        from messaging.services import request_words
        from messaging.why.told import messages_told

        register_refusals(MessagingError)
        registry.add("timeline", "deliveries", TimelineSource(TimelineGroup.MESSAGES, timeline.deliveries))
        registry.add("timeline", "answers", TimelineSource(TimelineGroup.MESSAGES, replies.timeline))
        for step, send in request_words.STEPS.items():
            registry.add("person_words", step, send)
        registry.add("answer_sections", "messaging_delivery", messages_told)
        registry.add("processors", "ways_out", processors.processors)
        registry.add("transfers", "ways_out", processors.transfers)
        register_checks()
        for rows in erasing.ROWS:
            registry.add("rows_elsewhere", rows.table, rows)
        registry.add("erasure_waits", "messages", erasing.just_leaving)
        registry.add("erasure_steps", "messages", erasing.settle_messages)
        registry.add("holds", "deliveries", timeline.with_deliveries)
        registry.add("holds", "answers", replies.with_replies)
        answered = SignOfLife("messaging_reply", "at", when="NOT own.is_automatic")
        registry.add("signs_of_life", "answers", answered)
        registry.add("acts", "answers", answered)
        registry.add("belongings", "deliveries", merging.DELIVERIES)
        registry.add("belongings", "answers", merging.REPLIES)
        registry.add("merge_steps", "deliveries", merging.settle_messages)
        registry.add("unmerge_steps", "deliveries", merging.return_messages)
