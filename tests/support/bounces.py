"""An address that a provider said does not exist."""

from contacts.enums import Channel, SuppressionReason, SuppressionScope
from contacts.services.stopped_addresses import Stopped, stop_addresses


def bounce(address_hash: bytes) -> None:
    """Have an e-mail address returned for good, whoever has it."""
    stop_addresses(
        channel=Channel.EMAIL,
        scope=SuppressionScope.EVERYTHING,
        reason=SuppressionReason.HARD_BOUNCE,
        stopped=[Stopped(bytes(address_hash), {"campaign": 3})],
    )
