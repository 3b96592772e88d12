"""What the composer's script says to people, in the reader's language."""

from __future__ import annotations

from django.utils.translation import gettext as _


def composer_words() -> dict[str, str]:
    return _saving_words() | _block_words() | _text_words() | _preview_words()


def _saving_words() -> dict[str, str]:
    return {
        "status_saved": _("Saved"),
        "status_dirty": _("Not saved yet…"),
        "status_saving": _("Saving…"),
        "status_offline": _("No connection: your text waits in this browser and is saved once it is back."),
        "status_failed": _("Not saved: the server did not answer as expected. Trying again…"),
        "status_signed_out": _("You are signed out. Sign in again in another tab: your text waits here."),
        "status_refused": _("Not saved: see the message above."),
        "status_conflict": _("Not saved: somebody else changed this text."),
        "recovered": _("What you wrote last time had not reached the server: it is back."),
        "conflict_earlier": _(
            "What you wrote last time had not reached the server, and this text has changed since."
            " Nothing is lost: choose."
        ),
        "keep_mine": _("Keep mine"),
        "take_theirs": _("Take theirs"),
        "save_copy": _("Keep mine as a new mailing"),
        "dismiss": _("Close"),
        "failed": _("That did not work: try again."),
    }


def _block_words() -> dict[str, str]:
    return {
        "add_block": _("Add a block"),
        "add_below": _("Add a block below"),
        "no_block": _("Nothing yet: begin with a heading or a text."),
        "no_inner_block": _("Nothing here yet."),
        "no_field": _("Nothing to set here."),
        "drag": _("Drag to move"),
        "up": _("Move up"),
        "down": _("Move down"),
        "duplicate": _("Duplicate"),
        "remove": _("Remove"),
        "moved": _("Moved: now block %(place)s of %(of)s."),
        "duplicated": _("Block duplicated."),
        "removed": _("Block removed. Undo brings it back."),
        "columns_summary": _("%(left)s on the left, %(right)s on the right"),
        "some_readers": _("Some readers"),
        "to_complete": _("To complete"),
        "optional": _("optional"),
        "only_for": _("Only for some readers"),
        "languages": _("Language of the reader"),
        "genders": _("Gender, as the person gave it"),
        "near_event": _("Only when an event is coming up near them"),
        "places": _("Living in"),
        "add_place": _("Add a department or a region"),
        "places_help": _(
            "Only readers who agreed to messages chosen for them read it; everyone else reads the"
            " alternative."
        ),
        "segment": _("In the segment"),
        "any_segment": _("Everybody"),
        "other_segment": _("A segment that is not shared with you"),
        "segment_help": _(
            "Who is in it when the mailing is prepared. Where it chooses by who people are, only readers who"
            " agreed to that read the block; everyone else reads the alternative."
        ),
        "others_read": _("What everyone else reads"),
        "local_block": _("Local block"),
        "local_help": _("Each region or department may put its own words here; this text is for the others."),
        "locked_block": _("This block is the same everywhere: it cannot be changed here."),
        "no_local_block": _("This mailing has no local block: only its subject and its sender can differ."),
        "national_text": _("Take back the national text"),
    }


def _text_words() -> dict[str, str]:
    return {
        "formatting": _("Formatting"),
        "bold": _("Bold (Ctrl+B)"),
        "italic": _("Italic (Ctrl+I)"),
        "link": _("Link (Ctrl+K)"),
        "bullets": _("Bulleted list"),
        "numbers": _("Numbered list"),
        "variable": _("Insert a variable"),
        "variable_or": _("%(label)s, or “%(fallback)s”"),
        "change_variable": _("Variable: %(liquid)s. Click to change it."),
        "no_variable": _("No variable has this name."),
        "choose_image": _("Choose a picture"),
        "change_image": _("Change the picture"),
        "image_elsewhere": _("Picture on another site"),
        "image_address": _("Address of the picture"),
        "no_image": _("No picture yet: add the first one above."),
        "image_without_alt": _("Picture without a description"),
        "images_failed": _("The pictures could not be read: try again."),
        "uploading": _("Adding the picture…"),
        "length_good": _("%(n)s characters"),
        "length_short": _("%(n)s characters: room for more (%(least)s to %(most)s read well)"),
        "length_long": _("%(n)s characters: phones cut it (%(least)s to %(most)s read well)"),
    }


def _preview_words() -> dict[str, str]:
    return {
        "preview": _("Preview of the message"),
        "no_subject": _("(no subject)"),
        "no_preview_text": _("The first words of the message appear here."),
        "no_sender": _("No sender chosen"),
        "nobody_found": _("Nobody found."),
        "one_hidden": _("One block is not shown until it is complete."),
        "some_hidden": _("%(n)s blocks are not shown until they are complete."),
        "all_fine": _("Nothing to mend in the text."),
        "show_block": _("Show"),
        "level_error": _("To mend:"),
        "level_warning": _("Warning:"),
        "level_hint": _("Hint:"),
        "level_fine": _("Fine:"),
    }
