"""The sidebar's documents: what there is, which to search, adding and removing."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from manualchat.client import Backend, Progress, Received, Upload
from manualchat.errors import ManualchatError
from manualchat.language import speaking
from manualchat.model import Document
from manualchat.ui.page_drawer import _plain_label as plain
from manualchat.ui.words import Words

_SHOWN = 40  # more are found by name


def documents_panel(backend: Backend, documents: Sequence[Document], words: Words) -> None:
    """Draw the panel."""
    st.subheader(words("manuals"), anchor=False)
    if "upload" in backend.offers:
        with st.expander(words("add"), icon=":material/add:", expanded=not documents):
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


def uploader(backend: Backend, words: Words, key: str = "uploads") -> None:
    """Choose files, then add them with progress in pages."""
    generation = st.session_state.setdefault(f"{key}-generation", 0)
    files: list[Any] = st.file_uploader(
        words("choose"), type="pdf", accept_multiple_files=True, key=f"{key}-{generation}"
    )
    password = st.text_input(words("password"), type="password", key=f"{key}-password")
    if st.button(words("start_adding"), key=f"{key}-start", type="primary", disabled=not files):
        add(backend, files, password or None, words)
        st.session_state[f"{key}-generation"] = generation + 1
        st.rerun()
    for outcome, text in st.session_state.get("outcomes", []):
        (st.error if outcome == "failed" else st.success)(text)


def add(backend: Backend, files: Sequence[Any], password: str | None, words: Words) -> None:
    """Bring the files in, showing each one's progress; outcomes stay in the session."""
    folder = Path(tempfile.mkdtemp(prefix="manualchat-ui-"))
    bars = {}
    outcomes: list[tuple[str, str]] = []
    st.session_state.outcomes = outcomes
    try:
        uploads = []
        for number, file in enumerate(files):
            path = folder / f"{number}.pdf"
            with path.open("wb") as target:
                shutil.copyfileobj(file, target)
            uploads.append(Upload(file.name, path))
            bars[file.name] = st.progress(0.0, plain(words("waiting", name=file.name)))
        with speaking(words.language):
            for event in backend.add(uploads, password=password):
                if isinstance(event, Progress):
                    text = words("reading", name=event.name, page=event.page, pages=event.pages)
                    bars[event.name].progress(
                        min(1.0, event.page / max(event.pages, 1)), plain(text)
                    )
                else:
                    outcomes.append((event.outcome, plain(_outcome(event, words))))
                    bars[event.name].empty()
    except ManualchatError as error:
        outcomes.append(("failed", plain(error.message(words.language))))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _outcome(received: Received, words: Words) -> str:
    pages = received.document.pages if received.document else 0
    return words(received.outcome, name=received.name, pages=pages, reason=received.reason)
