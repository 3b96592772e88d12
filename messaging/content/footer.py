"""The foot of every message, which no author can remove: who writes, why, and the way out.

Law: information of the person (articles 13 and 14 of Regulation (EU) 2016/679), an opt-out in every message
(article L34-5 of the French postal and electronic communications code), and for measured readers the way to
stop being measured. The words are in the reader's language when the message speaks it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import override

from messaging.content.brand import Brand
from messaging.content.masks import Masks


@dataclass(frozen=True, slots=True)
class Notice:
    """The transparency notice that a message owes (Regulation (EU) 2024/900, art. 11).

    `chooses`: its readers were chosen; else only the moment at which some of them get it.
    """

    url: str
    chooses: bool = True


@dataclass(frozen=True, slots=True)
class Footer:
    """The same foot for both parts of a message."""

    mjml: str
    text: str


def make_footer(
    brand: Brand, masks: Masks, *, languages: tuple[str, ...], tracking: bool, notice: Notice | None = None
) -> Footer:
    """`languages`: those that the message speaks, the default first; a reader's own chooses."""
    html_by_language, text_by_language = {}, {}
    for language in languages:
        with override(language):
            html_by_language[language] = _html_sentences(brand, masks, tracking, notice)
            text_by_language[language] = _text_sentences(brand, tracking, notice)
    html = _by_language(html_by_language, languages, hide=masks.hide)
    text = _by_language(text_by_language, languages, hide=str)
    mjml = (
        '<mj-section padding="16px 0"><mj-column>'
        '<mj-text css-class="foot" padding="8px 24px" align="center" font-size="13px" color="#4b5563">'
        f"{html}</mj-text>"
        "</mj-column></mj-section>"
    )
    return Footer(mjml, f"-- \n{text}\n")


def _html_sentences(brand: Brand, masks: Masks, tracking: bool, notice: Notice | None) -> str:
    who = f"<b>{masks.text(_who(brand))}</b>"
    address = "<br />".join(masks.text(line) for line in brand.address.splitlines() if line.strip())
    links = [
        _anchor(masks, "unsubscribe_url", _("Unsubscribe")),
        _anchor(masks, "preferences_url", _("Choose what I receive")),
        _anchor(masks, "view_online_url", _("Read online")),
    ]
    if brand.privacy_url:
        privacy = masks.text(_("Privacy"))
        links.append(f'<a href="{masks.text(brand.privacy_url)}" target="_blank">{privacy}</a>')
    paragraphs = [
        f"<p>{who}{'<br />' if address else ''}{address}</p>",
        f"<p>{masks.hide(_why_liquid('<br />'))}</p>",
        f"<p>{' · '.join(links)}</p>",
    ]
    if notice is not None:
        link = (
            f'<a href="{masks.text(notice.url)}" target="_blank">{masks.text(_("Transparency notice"))}</a>'
        )
        paragraphs.append(f"<p>{masks.text(_chosen_for_you(notice))} {link}</p>")
    if tracking:
        sentence = masks.text(_("You agreed that we count what you open and click."))
        stop = _anchor(masks, "preferences_url", _("Stop counting"))
        paragraphs.append(
            f"{masks.hide('{% if measured %}')}<p>{sentence} {stop}</p>{masks.hide('{% endif %}')}"
        )
    return "".join(paragraphs)


def _text_sentences(brand: Brand, tracking: bool, notice: Notice | None) -> str:
    lines = [
        _who(brand),
        *(line.strip() for line in brand.address.splitlines() if line.strip()),
        "",
        _why_liquid("\n"),
        "",
        _("Unsubscribe") + " <{{ unsubscribe_url }}>",
        _("Choose what I receive") + " <{{ preferences_url }}>",
        _("Read online") + " <{{ view_online_url }}>",
    ]
    if brand.privacy_url:
        lines.append(_("Privacy") + f" <{brand.privacy_url}>")
    if notice is not None:
        lines += ["", _chosen_for_you(notice), _("Transparency notice") + f" <{notice.url}>"]
    if tracking:
        sentence = _("You agreed that we count what you open and click.")
        stop = _("Stop counting") + " <{{ preferences_url }}>"
        lines.append(f"{{% if measured %}}{sentence} {stop}{{% endif %}}")
    return "\n".join(lines)


def _chosen_for_you(notice: Notice) -> str:
    if not notice.chooses:
        return _("Political message. Whoever agreed to it gets it at a moment chosen for them.")
    return _("Political message, chosen for you because you agreed to such messages.")


def _who(brand: Brand) -> str:
    if brand.legal_name and brand.legal_name != brand.name:
        return f"{brand.name} ({brand.legal_name})"
    return brand.name


def _why_liquid(line_break: str) -> str:
    """The origin of the data, and the full notice where a first message owes it."""
    notice = f"{{% if information_notice %}}{line_break}{{{{ information_notice }}}}{{% endif %}}"
    return "{{ origin_sentence }}" + notice


def _anchor(masks: Masks, field: str, label: str) -> str:
    return f'<a href="{masks.hide("{{ " + field + " }}")}" target="_blank">{masks.text(label)}</a>'


def _by_language(parts: dict[str, str], languages: tuple[str, ...], *, hide: Callable[[str], str]) -> str:
    default, *others = languages
    if not others:
        return parts[default]
    pieces = []
    for number, language in enumerate(others):
        test = "if" if number == 0 else "elsif"
        pieces += [hide(f'{{% {test} language == "{language}" %}}'), parts[language]]
    return "".join([*pieces, hide("{% else %}"), parts[default], hide("{% endif %}")])
