"""Blocks written as MJML and as text, together, so that a link has the same number in both parts."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from messaging.content.blocks import Block
from messaging.content.brand import Brand
from messaging.content.links import LinkBook
from messaging.content.masks import Masks
from messaging.content.richtext import RichText
from messaging.content.syntax import LIQUID

GUTTER = 24  # pixels beside every component
BODY_WIDTH = 600
_PADDING = f'padding="10px {GUTTER}px"'
_SPLITS = {"50-50": (50, 50), "33-67": (33, 67), "67-33": (67, 33)}
_SECTION = '<mj-section background-color="#ffffff" padding="0">'


@dataclass(frozen=True, slots=True)
class Picture:
    """An image of a message; `alt` empty when nobody described it."""

    block_id: str
    url: str
    alt: str


@dataclass(frozen=True, slots=True)
class Piece:
    """One block: components of an MJML column, or whole sections when it cannot share one."""

    mjml: str
    text: str
    is_section: bool = False


@dataclass
class Writer:
    """Writes the blocks of one message."""

    brand: Brand
    masks: Masks
    links: LinkBook
    pictures: list[Picture] = field(default_factory=list)

    def body(self, blocks: Iterable[Block]) -> tuple[str, str]:
        """MJML sections and text of some blocks; neighbours without a condition share a section."""
        sections: list[str] = []
        column: list[str] = []
        texts: list[str] = []
        for block in blocks:
            piece = self._piece(block)
            texts.append(piece.text)
            if not piece.is_section:
                column.append(piece.mjml)
                continue
            sections += self._flush(column)
            sections.append(piece.mjml)
        sections += self._flush(column)
        return "".join(sections), "".join(texts)

    def _flush(self, column: list[str]) -> list[str]:
        if not column:
            return []
        section = f"{_SECTION}<mj-column>{''.join(column)}</mj-column></mj-section>"
        column.clear()
        return [section]

    def _piece(self, block: Block) -> Piece:
        if not block.only_if:
            return self._plain_piece(block)
        mjml, text = self.body([_unconditional(block)])
        other_mjml, other_text = self.body(block.otherwise)
        start, middle, end = f"{{% if {block.only_if.liquid} %}}", "{% else %}", "{% endif %}"
        if not other_text and not other_mjml:
            return Piece(self._raw(start) + mjml + self._raw(end), start + text + end, is_section=True)
        return Piece(
            self._raw(start) + mjml + self._raw(middle) + other_mjml + self._raw(end),
            start + text + middle + other_text + end,
            is_section=True,
        )

    def _plain_piece(self, block: Block) -> Piece:
        write: dict[str, Callable[[Block], Piece]] = {
            "heading": self._heading,
            "text": self._text,
            "image": self._image,
            "button": self._button,
            "divider": self._divider,
            "spacer": self._spacer,
            "columns": self._columns,
            "card": self._card,
            "signature": self._signature,
        }
        return write[block.type](block)

    def _raw(self, liquid: str) -> str:
        return f"<mj-raw>{self.masks.hide(liquid)}</mj-raw>"

    def _heading(self, block: Block) -> Piece:
        level, words = block.text("level"), block.text("text")
        inner = f"<h{level}>{self.masks.text(words)}</h{level}>"
        underline = {"1": "=", "2": "-"}.get(level, "")
        line = "\n" + underline * min(len(LIQUID.sub("…", words)), 60) if underline else ""
        return Piece(_text_component(block, inner), f"{words}{line}\n\n")

    def _text(self, block: Block) -> Piece:
        rich = self._rich(block, "html")
        return Piece(_text_component(block, rich.html), f"{rich.text}\n\n")

    def _image(self, block: Block) -> Piece:
        url, alt, link = block.text("url"), block.text("alt"), block.text("link")
        address = self.links.add(link, alt or link, block_id=block.id) if link else ""
        self._note_picture(block, url)
        width, align = block.number("width"), block.text("align")
        mjml = self._image_component(block, url, alt, width=width, align=align, link=address)
        words = f"[{alt}]" if alt else ""
        text = " ".join(part for part in (words, f"<{address}>" if address else "") if part)
        return Piece(mjml, f"{text}\n\n" if text else "")

    def _button(self, block: Block) -> Piece:
        label = block.text("label")
        address = self.links.add(block.text("url"), label, block_id=block.id)
        mjml = self._button_component(block, label, address, align=block.text("align"))
        return Piece(mjml, f"{label} <{address}>\n\n")

    def _divider(self, block: Block) -> Piece:
        mjml = f'<mj-divider border-width="1px" border-color="#d8dee4" {_PADDING} {_css(block)} />'
        return Piece(mjml, "-" * 40 + "\n\n")

    def _spacer(self, block: Block) -> Piece:
        return Piece(f'<mj-spacer height="{block.number("height")}px" {_css(block)} />', "")

    def _columns(self, block: Block) -> Piece:
        columns, texts = [], []
        for name, width in zip(("left", "right"), _SPLITS[block.text("split")], strict=True):
            pieces = [self._plain_piece(inner) for inner in block.inside(name)]
            components = "".join(piece.mjml for piece in pieces)
            columns.append(f'<mj-column width="{width}%">{components}</mj-column>')
            texts += [piece.text for piece in pieces]
        section = f'<mj-section background-color="#ffffff" padding="0" {_css(block)}>'
        return Piece(f"{section}{''.join(columns)}</mj-section>", "".join(texts), is_section=True)

    def _card(self, block: Block) -> Piece:
        parts, texts = [], []
        if image := block.text("image"):
            parts.append(self._image_component(None, image, block.text("alt"), width=504, align="center"))
            self._note_picture(block, image)
        title, details = block.text("title"), [block.text("when"), block.text("where")]
        parts.append(_text_component(None, f"<h3>{self.masks.text(title)}</h3>"))
        texts.append(f"* {title}")
        for detail in filter(None, details):
            parts.append(_text_component(None, f"<p>{self.masks.text(detail)}</p>", padding="2px"))
            texts.append(detail)
        if block.text("html"):
            rich = self._rich(block, "html")
            parts.append(_text_component(None, rich.html))
            texts.append(rich.text)
        if label := block.text("label"):
            address = self.links.add(block.text("url"), label, block_id=block.id)
            parts.append(self._button_component(None, label, address, align="left"))
            texts.append(f"{label} <{address}>")
        column = (
            '<mj-column border="1px solid #d8dee4" border-radius="6px" padding="8px 0">'
            f"{''.join(parts)}</mj-column>"
        )
        section = f'<mj-section background-color="#ffffff" padding="10px {GUTTER}px" {_css(block)}>'
        return Piece(f"{section}{column}</mj-section>", "\n".join(texts) + "\n\n", is_section=True)

    def _signature(self, block: Block) -> Piece:
        parts, lines = [], []
        if closing := block.text("closing"):
            parts.append(_text_component(block, f"<p>{self.masks.text(closing)}</p>"))
            lines.append(closing)
        if image := block.text("image"):
            parts.append(self._image_component(block, image, block.text("alt"), width=96, align="left"))
            self._note_picture(block, image)
        inner = f"<p><b>{self.masks.text(block.text('name'))}</b>"
        lines.append(block.text("name"))
        if role := block.text("role"):
            inner += f"<br />{self.masks.text(role)}"
            lines.append(role)
        parts.append(_text_component(block, f"{inner}</p>"))
        return Piece("".join(parts), "\n".join(lines) + "\n\n")

    def _rich(self, block: Block, name: str) -> RichText:
        def link(href: str, label: str) -> str:
            return self.links.add(href, label, block_id=block.id)

        return RichText.read(block.text(name), link=link, mask=self.masks.hide)

    def _image_component(
        self, block: Block | None, url: str, alt: str, *, width: int, align: str, link: str = ""
    ) -> str:
        href = f'href="{self.masks.text(link)}"' if link else ""
        return (
            f'<mj-image src="{self.masks.text(url)}" alt="{self.masks.text(alt)}" {href} width="{width}px"'
            f' align="{align}" {_PADDING} {_css(block)} />'
        )

    def _button_component(self, block: Block | None, label: str, address: str, *, align: str) -> str:
        return (
            f'<mj-button href="{self.masks.text(address)}" background-color="{self.brand.primary_colour}"'
            f' color="{self.brand.on_primary}" align="{align}" {_PADDING} {_css(block)}>'
            f"{self.masks.text(label)}</mj-button>"
        )

    def _note_picture(self, block: Block, url: str) -> None:
        self.pictures.append(Picture(block.id, url, block.text("alt")))


def _unconditional(block: Block) -> Block:
    return Block(block.id, block.type, block.position, block.values)


def _text_component(block: Block | None, inner: str, *, padding: str = "10px") -> str:
    align = block.text("align") if block else ""
    aligned = f'align="{align}"' if align else ""
    css = f"rich {block_class(block.id)}" if block else "rich"
    return f'<mj-text padding="{padding} {GUTTER}px" {aligned} css-class="{css}">{inner}</mj-text>'


def _css(block: Block | None) -> str:
    return f'css-class="{block_class(block.id)}"' if block else ""


def block_class(block_id: str) -> str:
    """The class of a block's element in the HTML, by which the preview finds its form."""
    return f"block-{block_id}"
