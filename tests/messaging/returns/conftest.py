from tests.messaging.webhooks.conftest import fresh_memory, mailing

__all__ = ["fresh_memory", "mailing"]
