"""The chat app. `manualchat ui` runs this file; `ui/streamlit_app.py` calls its `main`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import streamlit as st

from manualchat.client import Backend, connect
from manualchat.config import Settings
from manualchat.errors import ManualchatError
from manualchat.language import Language, current_language, language_of, speaking
from manualchat.model import Document
from manualchat.ui import chat
from manualchat.ui.conversation import as_markdown
from manualchat.ui.documents_panel import chosen, documents_panel
from manualchat.ui.page_drawer import show_page
from manualchat.ui.plain import plain
from manualchat.ui.words import STREAMLIT_KO, Words

_HERE = Path(__file__).parent
_LANGUAGES: dict[Language, str] = {"ko": "한국어", "en": "English"}


@st.cache_resource(show_spinner=False)
def _backend() -> Backend:
    return connect(Settings.load())


@st.cache_resource
def _page_component() -> Any:
    return st.components.v2.component(
        "manualchat_page", js=(_HERE / "page.js").read_text(encoding="utf-8")
    )


@st.cache_data(show_spinner=False, ttl=300, max_entries=50)
def _suggestions(
    _backend: Backend, ids: tuple[str, ...], revisions: tuple[str, ...], language: Language
) -> list[str]:
    """Four at most, those in the user's language first."""
    questions = _backend.suggestions(ids or None, limit=8)
    return sorted(questions, key=lambda question: language_of(question) != language)[:4]


def main() -> None:
    """Draw the page."""
    st.set_page_config(
        page_title="manualchat", page_icon=str(_HERE / "icon.png"), layout="centered"
    )
    st.html(_HERE / "app.css")
    language: Language = st.session_state.setdefault("language", _first_language())
    words = Words(language)
    _page_component()(
        key="page", data={"lang": language, "words": STREAMLIT_KO if language == "ko" else {}}
    )
    try:
        with speaking(language):
            backend = _backend()
    except ManualchatError as error:
        st.error(f"{words('unreachable')}: {plain(error.message(language))}")
        st.button(words("again"))
        return
    # A server that is away must not take the conversation with it.
    documents, trouble = _documents(backend, language)
    if trouble:
        st.warning(f"{words('unreachable')}: {plain(trouble)}", icon=":material/cloud_off:")
    with st.sidebar:
        _settings(words)
        if "documents" in backend.offers and not trouble:
            documents_panel(backend, documents, words)
        _keep_conversation(words)
    only = chosen(documents)
    st.session_state.searched = only
    _chat(backend, documents, only, words, away=bool(trouble))


def _documents(backend: Backend, language: Language) -> tuple[list[Document], str]:
    """The documents, or why there are none to show."""
    try:
        with speaking(language):
            return (backend.documents() if "documents" in backend.offers else []), ""
    except ManualchatError as error:
        return [], error.message(language)


def _first_language() -> Language:
    """The browser's language where it has a say, else the server's."""
    locale = (st.context.locale or "").lower()
    if locale.startswith("ko"):
        return "ko"
    return "en" if locale.startswith("en") else current_language()


def _settings(words: Words) -> None:
    with st.container(key="language-switch"):
        st.segmented_control(
            words("language"),
            options=list(_LANGUAGES),
            format_func=lambda code: _LANGUAGES[code],
            key="language",
            required=True,
            label_visibility="collapsed",
        )


def _keep_conversation(words: Words) -> None:
    if not chat.messages():
        return
    st.subheader(words("conversation"), anchor=False)
    with st.container(horizontal=True):
        st.download_button(
            words("export"),
            as_markdown(chat.messages(), words),
            file_name="manualchat.md",
            mime="text/markdown",
            icon=":material/download:",
            key="export",
            on_click="ignore",
        )
        if st.button(words("new"), icon=":material/add_comment:", key="new"):
            chat.stop()
            st.session_state.messages = []
            st.rerun()


def _chat(
    backend: Backend,
    documents: list[Document],
    only: tuple[str, ...],
    words: Words,
    *,
    away: bool,
) -> None:
    listed = "documents" in backend.offers and not away
    nothing = listed and not any(d.chunks for d in documents)
    welcome = st.container(key="welcome") if not chat.messages() else None
    opened = chat.draw(backend, words)
    if only:
        st.caption(words("filtering", n=len(only)))
    question = st.chat_input(words("ask"), key="question", max_chars=2_000, disabled=nothing)
    if question and question.strip():
        chat.ask(backend, question.strip(), only, words)
        with st.chat_message("user", avatar=":material/person:"), st.container(key="asked-now"):
            st.text(question.strip())
    elif welcome:  # last, since finding suggestions takes a moment
        with welcome:
            _welcome(backend, documents, only, words, nothing=nothing)
    if opened:
        show_page(backend, opened, words)
    chat.write(words)


def _welcome(
    backend: Backend,
    documents: list[Document],
    only: tuple[str, ...],
    words: Words,
    *,
    nothing: bool,
) -> None:
    st.title(words("title"), anchor=False)
    st.write(words("lead"))
    if nothing:
        st.write(words("begin" if backend.place == "local" else "begin_remote"))
        return
    revisions = tuple(d.revision for d in documents)
    try:
        questions = _suggestions(backend, only, revisions, words.language)
    except ManualchatError:
        questions = []
    if not questions:
        return
    st.caption(words("suggested"))
    for number, question in enumerate(questions):
        st.button(
            plain(question),
            key=f"suggested-{number}",
            width="stretch",
            on_click=chat.ask,
            args=(backend, question, only, words),
        )


if __name__ == "__main__":
    main()
