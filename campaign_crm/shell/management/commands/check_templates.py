"""Check every template of the project without rendering it.

A template must compile; the pages, files, icons and templates it names must exist; a page must hold nothing
that the content security policy would refuse, and load nothing from elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.management.base import BaseCommand, CommandError
from django.template import TemplateDoesNotExist, TemplateSyntaxError
from django.template.loader import get_template
from django.urls import URLPattern, URLResolver, get_resolver

SPRITE = "vendor/lucide/icons.svg"
URL = re.compile(r"""{%\s*url\s+["']([^"']+)["']""")
STATIC = re.compile(r"""{%\s*static\s+["']([^"']+)["']""")
INCLUDED = re.compile(r"""{%\s*(?:include|extends)\s+["']([^"']+)["']""")
ICON = re.compile(r"""{%\s*icon\s+["']([^"']+)["']|\sicon=["']([a-z0-9-]+)["']""")
UNTRIMMED = re.compile(r"{%\s*blocktrans(?:late)?\s+(?![^%]*trimmed)[^%]*%}[^{]*\n")
REFUSED = {
    "an inline script": re.compile(r"<script(?![^>]*\ssrc=)[^>]*>", re.IGNORECASE),
    "an inline style sheet": re.compile(r"<style(?![^>]*nonce)[^>]*>", re.IGNORECASE),
    "an event attribute": re.compile(r"""\son[a-z]+\s*=\s*["']""", re.IGNORECASE),
    "an evaluated attribute": re.compile(r"""hx-on|hx-vals=["']js:|href=["']javascript:""", re.IGNORECASE),
    "something from elsewhere": re.compile(
        r"""<(?:script|link|img|iframe)\b[^>]*\s(?:src|href)=["'](?:https?:)?//""", re.IGNORECASE
    ),
}


class Command(BaseCommand):
    help = "Check that every template compiles, names what exists, and fits the content security policy."

    def handle(self, *args: Any, **options: Any) -> None:
        folder = settings.BASE_DIR / "templates"
        found = sorted(set(problems(folder)))
        for problem in found:
            self.stderr.write(problem)
        if found:
            raise CommandError(f"{len(found)} problems in templates.")


def problems(folder: Path) -> Iterator[str]:
    """Yield one sentence for each problem of the templates below a folder."""
    pages = set(page_names(get_resolver().url_patterns))
    icons = set(icon_names())
    for path in sorted(folder.rglob("*")):
        if path.suffix not in {".html", ".txt", ".mjml"}:
            continue
        name = str(path.relative_to(folder))
        source = path.read_text(encoding="utf-8")
        for problem in [*naming_problems(source, pages, icons), *compiling_problems(name)]:
            yield f"{name}: {problem}"
        if path.suffix == ".html":
            for problem in policy_problems(source):
                yield f"{name}: {problem}"


def compiling_problems(name: str) -> Iterator[str]:
    """Yield what keeps a template from compiling."""
    try:
        get_template(name)
    except TemplateSyntaxError as error:
        yield str(error)
    except TemplateDoesNotExist as error:
        yield f"extends {error}, which does not exist"


def naming_problems(source: str, pages: set[str], icons: set[str]) -> Iterator[str]:
    """Yield the names in a template that lead nowhere."""
    for name in URL.findall(source):
        if name not in pages:
            yield f"no page is named {name}"
    for name in STATIC.findall(source):
        if finders.find(name) is None:
            yield f"no static file {name}"
    for name in INCLUDED.findall(source):
        try:
            get_template(name)
        except (TemplateDoesNotExist, TemplateSyntaxError):
            yield f"no template {name}"
    for pair in ICON.findall(source):
        name = pair[0] or pair[1]
        if name not in icons:
            yield f"no icon {name}: add it to tools/icons.txt and run “python -m tools.vendor refresh lucide”"
    if UNTRIMMED.search(source):
        yield "blocktranslate over several lines without “trimmed”"


def policy_problems(source: str) -> Iterator[str]:
    """Yield what the content security policy of every page would refuse."""
    for what, pattern in REFUSED.items():
        match = pattern.search(source)
        if match:
            yield f"{what}: {match.group().strip()[:60]}"


def page_names(patterns: list[URLPattern | URLResolver], prefix: str = "") -> Iterator[str]:
    """Yield the full name of every named URL."""
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            inner = f"{prefix}{pattern.namespace}:" if pattern.namespace else prefix
            yield from page_names(pattern.url_patterns, inner)
        elif pattern.name:
            yield f"{prefix}{pattern.name}"


def icon_names() -> list[str]:
    """Return the names of the icons in the sprite."""
    sprite = finders.find(SPRITE)
    if not isinstance(sprite, str):
        raise CommandError(f"{SPRITE} is missing: run “python -m tools.vendor refresh lucide”.")
    return re.findall(r'<symbol id="([^"]+)"', Path(sprite).read_text(encoding="utf-8"))
