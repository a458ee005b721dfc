"""Printed pages bound into one PDF: contents in the margin, page numbers, links from page to page.

Chromium prints each page of the site alone. It names the places that links of the same page lead
to; a link to another page stays an address. Here such addresses become links inside the PDF.
"""

import io
from dataclasses import dataclass, field
from urllib.parse import unquote, urldefrag

from pypdf import PdfReader, PdfWriter
from pypdf.generic import (
    ArrayObject,
    Fit,
    FloatObject,
    NameObject,
    NullObject,
    TextStringObject,
)


@dataclass
class Sheet:
    """One page of the site, as printed.

    Parameters
    ----------
    name : str
        The page's address in the site, without its ending; what links to it name.
    title : str
        What the contents call it.
    pdf : bytes
    sections : list of (str, str)
        Anchor and title of each section that the contents show below the page.
    under : str
        What it stands under in the contents: the name of another page, or a part of the book.
    """

    name: str
    title: str
    pdf: bytes
    sections: list = field(default_factory=list)
    under: str = ""

    def __post_init__(self):
        self.reader = PdfReader(io.BytesIO(self.pdf))

    def places(self):
        """`(page, left, top)` of each named place: the page's number in this sheet, from 0."""
        for name, there in self.reader.named_destinations.items():
            page = self.reader.get_destination_page_number(there)
            yield unquote(name.removeprefix("/")), (page, there.left, there.top)


def bind(sheets, site, title, author, front=0):
    """All sheets as one `pypdf.PdfWriter`.

    Parameters
    ----------
    sheets : list of Sheet
    site : str
        The address that links to other pages of the site begin with.
    title, author : str
    front : int
        How many of the first sheets have Roman page numbers; the others count from 1.
    """
    book, starts, places = PdfWriter(), {}, {}
    for sheet in sheets:
        start = starts[sheet.name] = len(book.pages)
        places[sheet.name, ""] = (start, 0, book_height(sheet))
        for name, (page, left, top) in sheet.places():
            places[sheet.name, name] = (start + page, left, top)
        for page in sheet.reader.pages:
            book.add_page(page)
    for sheet in sheets:
        end = starts[sheet.name] + len(sheet.reader.pages)
        for page in book.pages[starts[sheet.name] : end]:
            turn_links(book, page, sheet.name, site, places)
    outline(book, sheets, places)
    label(book, sum(len(sheet.reader.pages) for sheet in sheets[:front]))
    book.metadata = {"/Title": title, "/Author": author}
    book.root_object[NameObject("/Lang")] = TextStringObject("en-GB")
    book.page_mode = "/UseOutlines"
    book.compress_identical_objects()
    return book


def book_height(sheet):
    """The upper edge of a sheet's first page, in points."""
    return float(sheet.reader.pages[0].mediabox.top)


def turn_links(book, page, name, site, places):
    """Let the links of one page lead to their places in this book."""
    for link in (note.get_object() for note in page.get("/Annots", ())):
        if "/Dest" in link:
            target = name, unquote(str(link["/Dest"]).removeprefix("/"))
        else:
            address, anchor = urldefrag(str(link["/A"]["/URI"]))
            if not address.startswith(site):
                continue
            target = address.removeprefix(site).removesuffix(".html"), unquote(anchor)
        number, left, top = places.get(target) or places[target[0], ""]
        link.pop("/A", None)
        link[NameObject("/Dest")] = ArrayObject(
            [
                book.pages[number].indirect_reference,
                NameObject("/XYZ"),
                FloatObject(left),
                FloatObject(top),
                NullObject(),
            ]
        )


def outline(book, sheets, places):
    """The contents that a reader of PDFs shows beside the page."""
    entries = {}

    def add(title, place, parent):
        number, left, top = place
        return book.add_outline_item(
            title=title, page_number=number, parent=parent, fit=Fit.xyz(left, top), is_open=False
        )

    for sheet in sheets:
        here = places[sheet.name, ""]
        if sheet.under and sheet.under not in entries:
            entries[sheet.under] = add(sheet.under, here, None)
        entries[sheet.name] = add(sheet.title, here, entries.get(sheet.under))
        for anchor, title in sheet.sections:
            if place := places.get((sheet.name, anchor)):
                add(title, place, entries[sheet.name])


def label(book, front):
    """Number the front matter i, ii, iii and the rest from 1, as their feet do."""
    if front:
        book.set_page_label(0, front - 1, style="/r")
    book.set_page_label(front, len(book.pages) - 1, style="/D")
