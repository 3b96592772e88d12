"""Is this still the database that was sending? Asked before anything is claimed or started."""

from __future__ import annotations

import logging

from campaign_crm.platform import high_water
from campaign_crm.platform.services.organisation import stop_sending_of_copy
from messaging.dispatch.notices import tell_copy_stopped

logger = logging.getLogger(__name__)


def may_send() -> bool:
    """False for a copy, whose sending is switched off and told; and while nobody can know."""
    try:
        high_water.check()
    except high_water.MarksAway:
        logger.warning("Nothing is sent: no mark of how far the database had come can be read.")
        return False
    except high_water.DatabaseReplaced as error:
        if stop_sending_of_copy(reason=str(error)):
            tell_copy_stopped(str(error))
        return False
    return True
