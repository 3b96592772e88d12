"""Errors of messaging: each says what failed, on what, and what to do next."""


class MessagingError(Exception):
    """Base of every error of this app; the message is for people."""


class NotAllowed(MessagingError):
    """The person's role lacks the right that this act needs."""


class EditedMeanwhile(MessagingError):
    """Somebody else saved the same campaign since it was opened: nothing was overwritten."""


class WrongState(MessagingError):
    """The campaign is not in a state that allows this act."""


class CannotSend(MessagingError):
    """Something still keeps the campaign from leaving; the message lists it."""


class SendingIsOff(MessagingError):
    """The whole installation sends nothing until a person switches sending on again."""
