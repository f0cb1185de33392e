"""The drawer that shows a page: where the answer comes from, marked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from manualchat.client import Backend
from manualchat.errors import ManualchatError
from manualchat.language import speaking
from manualchat.model import Box
from manualchat.ui.conversation import Message
from manualchat.ui.parts import picture
from manualchat.ui.plain import plain
from manualchat.ui.words import Words

_WIDTH = 1_300  # pixels: sharp on a phone, and at twice the drawer's width


@dataclass(frozen=True)
class Place:
    """A page to show, and the quote to mark on it."""

    document: str
    name: str
    page: int
    label: str
    quote: str = ""
    boxes: tuple[Box, ...] = ()


def place_of(message: Message, key: str) -> Place | None:
    """The place that a chip or a card stands for."""
    kind, number = key[:1], key[1:]
    if not number.isdecimal():
        return None
    if kind == "c" and int(number) in message.citations:
        c = message.citations[int(number)]
        return Place(c.document, c.name, c.page, c.label, c.quote, c.boxes)
    if kind == "n" and int(number) < len(message.nearest):
        p = message.nearest[int(number)]
        return Place(p.document, p.name, p.page, p.label)
    return None


def show_page(backend: Backend, place: Place, words: Words) -> None:
    """Open the drawer."""
    st.session_state.shown_page = place.page
    title = plain(place.name)

    @st.dialog(title, width=720, position="right")
    def drawer() -> None:
        _fill(backend, place, words)

    drawer()


def _fill(backend: Backend, place: Place, words: Words) -> None:
    page: int = st.session_state.shown_page
    here = page == place.page
    where = words.where(page, place.label if here else "")
    with st.container(key="place"):
        st.markdown(f"**{plain(where)}**")
        if place.quote and here:
            with st.container(key="quote"):
                st.text(" ".join(place.quote.split()))
    if "pages" not in backend.offers:
        st.info(words("no_picture"))
        return
    boxes = place.boxes if here else ()
    try:
        with speaking(words.language):
            png = _image(backend, place.document, page, boxes)
    except ManualchatError as error:
        st.warning(plain(error.message(words.language)))
    else:
        alt = words("picture", name=place.name, where=where)
        if here and place.quote:
            alt += ". " + words("marked", quote=" ".join(place.quote.split()))
        picture(png, boxes, key=f"{place.document}-{page}-{hash(boxes)}", alt=alt, words=words)
    _turn_pages(backend, place, words)


def _turn_pages(backend: Backend, place: Place, words: Words) -> None:
    pages = next((d.pages for d in backend.documents() if d.id == place.document), place.page)
    page: int = st.session_state.shown_page

    def go(to: int) -> None:
        st.session_state.shown_page = to

    with st.container(horizontal=True, key="turn", vertical_alignment="center"):
        st.button(
            words("previous"),
            icon=":material/chevron_left:",
            key="previous",
            disabled=page <= 1,
            on_click=go,
            args=(page - 1,),
        )
        st.button(
            words("next"),
            icon=":material/chevron_right:",
            key="next",
            disabled=page >= pages,
            on_click=go,
            args=(page + 1,),
        )
        if page != place.page:
            st.button(words("back_to_mark"), key="back", on_click=go, args=(place.page,))
        if "pdf" in backend.offers:
            st.download_button(
                words("download"),
                lambda: backend.pdf(place.document),
                file_name=place.name,
                mime="application/pdf",
                icon=":material/download:",
                key="pdf",
            )


@st.cache_data(max_entries=64, show_spinner=False, ttl=600)
def _image(_backend: Backend, document: str, page: int, boxes: Sequence[Box]) -> bytes:
    return _backend.page_image(document, page, boxes=boxes, width=_WIDTH)
