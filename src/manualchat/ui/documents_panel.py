"""The sidebar's documents: what there is, which to search, adding and removing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from manualchat.client import Backend, Received
from manualchat.errors import ManualchatError
from manualchat.language import speaking
from manualchat.model import Document
from manualchat.ui.adding import Adding
from manualchat.ui.plain import plain
from manualchat.ui.words import Words

_SHOWN = 40  # more are found by name


def documents_panel(backend: Backend, documents: Sequence[Document], words: Words) -> None:
    """Draw the panel."""
    st.subheader(words("manuals"), anchor=False)
    if "upload" in backend.offers:
        with st.expander(words("add"), icon=":material/add:", expanded=_open(documents)):
            uploader(backend, words)
    for note in st.session_state.pop("notes", []):
        st.toast(note)
    if not documents:
        st.caption(words("no_manuals"))
        return
    shown = _found(documents, words)
    st.caption(words("filter_help"))
    for document in shown[:_SHOWN]:
        _row(backend, document, words)
    if len(shown) > _SHOWN:
        st.caption(words("more", n=len(shown) - _SHOWN))


def _open(documents: Sequence[Document]) -> bool:
    """Whether there is something to do or to read: when it is done, what came of it stays in sight."""
    state = st.session_state
    return not documents or "adding" in state or bool(state.get("outcomes"))


def chosen(documents: Sequence[Document]) -> tuple[str, ...]:
    """Ids of the documents that the user limits the search to; none means all."""
    return tuple(d.id for d in documents if st.session_state.get(f"only-{d.id}"))


def _found(documents: Sequence[Document], words: Words) -> list[Document]:
    if len(documents) <= 12:
        return list(documents)
    wanted = st.text_input(words("find_manual"), key="find", icon=":material/search:")
    parts = wanted.casefold().split()
    return [d for d in documents if all(p in f"{d.name} {d.title}".casefold() for p in parts)]


def _row(backend: Backend, document: Document, words: Words) -> None:
    with (
        st.container(
            horizontal=True, key=f"row-{document.id}", vertical_alignment="top", gap="small"
        ),
    ):
        with st.container(gap=None):
            ready = document.status == "ready"
            st.checkbox(plain(document.name), key=f"only-{document.id}", disabled=not ready)
            st.caption(plain(_about(document, words)))
        if "upload" in backend.offers:
            st.button(
                words("remove_of", name=plain(document.name)),
                icon=":material/delete:",
                key=f"remove-{document.id}",
                type="tertiary",
                on_click=_confirm,
                args=(backend, document, words),
            )


def _about(document: Document, words: Words) -> str:
    if document.status == "failed":
        return f"{words('status_failed')}: {document.reason}"
    if document.status != "ready":
        return words(f"status_{document.status}")
    parts = [words("pages", n=document.pages)]
    if document.pages_ocr:
        parts.append(words("ocr", n=document.pages_ocr))
    if document.pages_empty:
        parts.append(words("empty", n=document.pages_empty))
    return " · ".join(parts)


def _confirm(backend: Backend, document: Document, words: Words) -> None:
    @st.dialog(words("remove_title"))
    def confirm() -> None:
        st.markdown(f"**{plain(document.name)}**")
        st.write(words("remove_body"))
        with st.container(horizontal=True, horizontal_alignment="right"):
            if st.button(words("cancel"), key="remove-no"):
                st.rerun()
            if st.button(words("remove"), key="remove-yes", type="primary"):
                try:
                    with speaking(words.language):
                        backend.remove(document.id)
                    note(plain(words("removed", name=document.name)))
                except ManualchatError as error:
                    note(plain(error.message(words.language)))
                st.rerun()

    confirm()


def note(text: str) -> None:
    """Say this at the next drawing, briefly."""
    st.session_state.setdefault("notes", []).append(text)


def uploader(backend: Backend, words: Words) -> None:
    """Choose files, then add them with progress in pages. The chat goes on meanwhile."""
    adding: Adding | None = st.session_state.get("adding")
    if adding:
        _progress(words)
        return
    generation = st.session_state.setdefault("uploads", 0)
    files: list[Any] = st.file_uploader(
        words("choose"), type="pdf", accept_multiple_files=True, key=f"uploads-{generation}"
    )
    password = st.text_input(words("password"), type="password", key=f"password-{generation}")

    def start() -> None:
        st.session_state.adding = Adding(backend, files, password or None, words.language)
        st.session_state.uploads = generation + 1
        st.session_state.outcomes = []

    st.button(
        words("start_adding"),
        key="start-adding",
        type="primary",
        disabled=not files,
        on_click=start,
    )
    for received in st.session_state.get("outcomes", []):
        box = st.error if received.outcome == "failed" else st.success
        box(plain(_outcome(received, words)))


@st.fragment(run_every=0.4)
def _progress(words: Words) -> None:
    adding: Adding | None = st.session_state.get("adding")
    if adding is None:
        return
    progress, received, over = adding.state()
    for name, (page, pages) in progress.items():
        if not pages:
            st.progress(0.0, plain(words("waiting", name=name)))
            continue
        text = words("reading", name=name, page=page, pages=pages)
        st.progress(min(1.0, page / pages), plain(text))
    if over:
        st.session_state.outcomes = received
        del st.session_state["adding"]
        st.rerun()


def _outcome(received: Received, words: Words) -> str:
    pages = received.document.pages if received.document else 0
    return words(received.outcome, name=received.name, pages=pages, reason=received.reason)
