"""XML of strangers, parsed without a document type: no entities, so nothing is fetched and nothing explodes."""

from typing import NoReturn
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat
from xml.sax.saxutils import escape

from labelreview.errors import InputError


def parsed(place: str, data: bytes) -> Element:
    """The outermost element; tags carry no namespace. InputError for what is no XML, and for any DOCTYPE."""

    def refuse(*_: object) -> NoReturn:
        raise InputError(f"{place}, line {parser.CurrentLineNumber}: a DOCTYPE is not read, for it may name other "
                         "files. Remove it.")  # fmt: skip

    parser, builder = expat.ParserCreate(namespace_separator="}"), TreeBuilder()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler = lambda tag, attributes: builder.start(tag.rpartition("}")[2], attributes) and None
    parser.EndElementHandler = lambda tag: builder.end(tag.rpartition("}")[2]) and None
    parser.CharacterDataHandler = builder.data
    try:
        parser.Parse(data, True)
        return builder.close()
    except expat.ExpatError as error:
        raise InputError(f"{place}, line {error.lineno}: {expat.errors.messages[error.code]}. This is no valid XML; "
                         "write the file again.") from None  # fmt: skip


def escaped(text: str) -> bytes:
    """A text as the content of an element, in letters that every encoding has."""
    return escape(text).encode("ascii", "xmlcharrefreplace")
