"""A message's HTML made fit for a sandboxed frame: looks kept, links live in a new tab, nothing that runs.

Three walls: this allow-list, the frame's sandbox, and FRAME_POLICY on the response that carries the document.
"""

from __future__ import annotations

import nh3

FRAME_SANDBOX = "allow-popups allow-popups-to-escape-sandbox"
"""For the `sandbox` attribute of the frame: links may open tabs, scripts and forms never run."""

FRAME_POLICY = (
    f"sandbox {FRAME_SANDBOX}; default-src 'none'; img-src http: https: data:; "
    "style-src 'unsafe-inline' https:; font-src https: data:; form-action 'none'; base-uri 'none'; "
    "frame-ancestors 'self'"
)
"""Content-Security-Policy of the document, which must come from a URL of its own: a `srcdoc` frame would
inherit the page's policy and lose the message's inline styles. Pictures load, so opens are counted as for
anyone."""

_TAGS = nh3.ALLOWED_TAGS | {
    "style", "font", "section", "article", "header", "footer", "main", "tfoot", "button",
}  # fmt: skip
_LOOKS = {
    "style", "class", "id", "align", "valign", "width", "height", "bgcolor", "background", "border", "dir",
    "lang", "role", "title", "aria-label", "aria-hidden", "aria-labelledby",
}  # fmt: skip
_ATTRIBUTES = {
    "*": _LOOKS,
    "a": {"href", "name"},
    "img": {"src", "alt"},
    "font": {"color", "face", "size"},
    "table": {"cellpadding", "cellspacing", "summary"},
    "td": {"colspan", "rowspan", "nowrap"},
    "th": {"colspan", "rowspan", "nowrap", "scope"},
    "style": {"type", "media"},
}
_DROPPED_WHOLE = {"script", "title", "template", "noscript", "iframe", "object", "embed", "svg", "math"}
_DOCUMENT = (
    '<!doctype html><html><head><meta charset="utf-8">'
    '<meta name="viewport" content="width=device-width, initial-scale=1"></head><body>{body}</body></html>'
)


def safe_document(html: str, images: dict[str, str] | None = None) -> str:
    """A whole HTML document; `images` maps a Content-ID to the `data:` address that stands for it."""
    for name, address in (images or {}).items():
        html = html.replace(f"cid:{name}", address)
    body = nh3.clean(
        html,
        tags=set(_TAGS),
        attributes=_ATTRIBUTES,
        attribute_filter=_filter,
        clean_content_tags=_DROPPED_WHOLE,
        url_schemes={"http", "https", "mailto", "tel", "data"},
        link_rel="noopener noreferrer",
        set_tag_attribute_values={"a": {"target": "_blank"}},
    )
    return _DOCUMENT.format(body=body)


def _filter(tag: str, attribute: str, value: str) -> str | None:
    if attribute in ("href", "background") and value.strip().lower().startswith("data:"):
        return None  # data: is for pictures
    if attribute == "src" and value.strip().lower().startswith("data:") and "image/" not in value[:20]:
        return None
    return value
