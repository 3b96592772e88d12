"""Rolls in the XML of the order of 12 November 2013 (articles 2 and 4), read as they stream by.

The elements have the names of the columns of its CSV. Files nest them differently (lists, electors, groups of
an elector's facts), so that an elector is recognised by what repeats: the element that holds one birth name,
and stands beside others of its kind. What stands above it (commune, kind of list) is said of it too.

A document type is refused, and with it every entity: they are how an XML file grows or reads other files.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from xml.sax import SAXException
from xml.sax.handler import ContentHandler

from defusedxml.common import DefusedXmlException
from defusedxml.expatreader import DefusedExpatParser
from django.utils.translation import gettext as _

from contacts.folding import fold
from contacts.imports.errors import NoRows, UnreadableFile
from contacts.imports.formats import limits
from contacts.imports.formats.tables import Table
from contacts.imports.reading import Row

HEADER = (
    "TypeListe InfoListe DateCreationListe CodeDepartement CodeCommune NomCommune NoElecteurGeneral Sexe"
    " NomdeNaissance NomDusage Prenoms DateDeNaissance NomComNaissance DeptNaissance PaysNaissance"
    " Nationalite NomBureauDeVote NoBureauDeVote CodeCanton CodeCirconscription ComplementDeLocalisation1"
    " ComplementDeLocalisation2 NumeroVoie TypeVoie LibelleVoie LieuDit CodePostal VilleLocalite Pays"
).split()
PERSON = "nomdenaissance"
BLOCK_BYTES = 64 * 1024
DEPTH = 30
LOOKED_AT = 4 * limits.MIB  # without an elector, it is no roll

_KEYS = [name.lower() for name in HEADER]
_KNOWN = frozenset(_KEYS)
_NO_LETTER = re.compile(r"[^a-z0-9]")

Values = dict[str, str]


@dataclass
class _Element:
    """An open element: the values said in it, and a person met in it who may be one of several."""

    name: str
    values: Values = field(default_factory=dict)
    person: Values | None = None
    repeats: bool = False


class _Electors(ContentHandler):
    """Collects electors in `found` as their elements end."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[Values] = []
        self._open: list[_Element] = [_Element("")]
        self._text: list[str] = []
        self._length = 0

    def startElement(self, name: str, attrs: object) -> None:
        if len(self._open) > DEPTH:
            raise _another_layout()
        self._open.append(_Element(_NO_LETTER.sub("", fold(name.rpartition(":")[2]))))
        self._text, self._length = [], 0

    def characters(self, content: str) -> None:
        self._length += len(content)
        if self._length > limits.CELL_CHARACTERS:
            raise UnreadableFile(_("A value of the XML file is too long to be one of an electoral roll."))
        self._text.append(content)

    def endElement(self, name: str) -> None:
        closed, parent = self._open.pop(), self._open[-1]
        text = " ".join("".join(self._text).split())
        self._text, self._length = [], 0
        if closed.name in _KNOWN:
            parent.values[closed.name] = text
            return
        person = closed.person
        if person is not None and closed.repeats:
            self._emit(person, closed)
            return
        values = closed.values | (person or {})
        if PERSON not in values:
            parent.values |= values
        else:
            if parent.person is not None:
                parent.repeats = True
                self._emit(parent.person)
            parent.person = values

    def endDocument(self) -> None:
        if self._open[0].person is not None:
            self._emit(self._open[0].person)

    def _emit(self, person: Values, *closed: _Element) -> None:
        said: Values = {}
        for element in (*self._open, *closed):
            said |= element.values
        self.found.append(said | person)


def roll_xml_table(path: Path) -> Table:
    """Return the electors of a file; raises UnreadableFile."""
    rows = _rows(path)
    first = next(rows, None)
    if first is None:
        raise NoRows(_("The XML file holds no elector."))

    def all_rows() -> Iterator[tuple[int, Row]]:
        yield 2, first
        yield from enumerate(rows, 3)

    return Table(header=list(HEADER), rows=all_rows())


def _rows(path: Path) -> Iterator[Row]:
    electors = _Electors()
    parser = DefusedExpatParser(forbid_dtd=True, forbid_entities=True, forbid_external=True)
    parser.setContentHandler(electors)
    read, met = 0, False
    try:
        with path.open("rb") as file:
            while block := file.read(BLOCK_BYTES):
                parser.feed(block)
                read += len(block)
                for row in _taken(electors):
                    met = True
                    yield row
                if read > LOOKED_AT and not met:
                    raise _another_layout()
        parser.close()
    except DefusedXmlException as error:
        raise UnreadableFile(
            _("The XML file has a document type or entities, as harmful files do and rolls do not: refused.")
        ) from error
    except SAXException as error:
        raise UnreadableFile(
            _("The XML file is damaged near line %(line)s. Download or copy it again.")
            % {"line": parser.getLineNumber()}
        ) from error
    yield from _taken(electors)


def _taken(electors: _Electors) -> Iterator[Row]:
    """The rows met since the last look."""
    found, electors.found = electors.found, []
    for values in found:
        code, department = values.get("codecommune", ""), values.get("codedepartement", "")
        if len(code) == 3 and department:  # the commune's number inside its department
            values["codecommune"] = department.zfill(2)[:2] + code
        yield [values.get(key, "") for key in _KEYS]


def _another_layout() -> UnreadableFile:
    return UnreadableFile(_("This XML file is not laid out as an electoral roll. Ask for it as “CSV UTF-8”."))
