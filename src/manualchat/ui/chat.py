"""The conversation: its messages, the answer that is being written, and verdicts."""

from __future__ import annotations

import html
from collections.abc import Sequence

import streamlit as st

from manualchat.client import Backend
from manualchat.errors import ManualchatError
from manualchat.journal import Feedback
from manualchat.protocol import Query
from manualchat.ui.conversation import Message, Writing, history_of, laid_out
from manualchat.ui.page_drawer import Place, place_of
from manualchat.ui.parts import answer
from manualchat.ui.plain import plain
from manualchat.ui.words import Words

_STOP_AFTER = 0.7  # seconds: an answer that is quicker needs no button


def messages() -> list[Message]:
    """This session's conversation."""
    kept: list[Message] = st.session_state.setdefault("messages", [])
    return kept


def ask(backend: Backend, question: str, documents: Sequence[str], words: Words) -> None:
    """Begin an answer."""
    stop()
    query = Query(question, history_of(messages()), tuple(documents) or None)
    messages().append(Message("user", question))
    st.session_state.writing = Writing(backend, query, words.language)


def stop() -> None:
    """End the answer that is being written, if any, and keep what there is of it."""
    writing: Writing | None = st.session_state.pop("writing", None)
    if writing:
        writing.cancel()
        messages().append(writing.message())


def draw(backend: Backend, words: Words) -> Place | None:
    """Draw every message. The place whose chip was just clicked."""
    opened: Place | None = None
    for message in messages():
        with st.chat_message(
            message.role,
            avatar=":material/person:" if message.role == "user" else ":material/menu_book:",
        ):
            if message.role == "user":
                with st.container(key=f"asked-{message.id}"):
                    st.text(message.text)
                continue
            opened = _draw_answer(backend, message, words) or opened
    return opened


def _draw_answer(backend: Backend, message: Message, words: Words) -> Place | None:
    key = answer(message, words, lambda: None) if message.text else None
    if message.stopped:
        st.caption(words("stopped"))
    if message.error:
        st.error(plain(message.error), icon=":material/error:")
    failed = bool(message.error) or message.stopped
    if failed and message is messages()[-1]:
        st.button(
            words("again"),
            icon=":material/refresh:",
            key=f"again-{message.id}",
            on_click=_again,
            args=(backend, message, words),
        )
    if message.text and "feedback" in backend.offers and not message.stopped:
        _verdict(backend, message, words)
    return place_of(message, key) if key else None


def _again(backend: Backend, message: Message, words: Words) -> None:
    del messages()[-2:]
    ask(backend, message.question, st.session_state.get("searched", ()), words)


@st.fragment
def _verdict(backend: Backend, message: Message, words: Words) -> None:
    with st.container(key=f"verdict-{message.id}"):
        rating = st.feedback("thumbs", key=f"rating-{message.id}")
        if rating is None:
            return
        value = 1 if rating == 1 else -1
        if value != message.rating:
            message.rating = value
            _keep(backend, message, "", words)
        with st.form(f"comment-form-{message.id}", border=False, clear_on_submit=True):
            comment = st.text_input(
                words("comment"),
                placeholder=words("comment_hint"),
                key=f"comment-{message.id}",
                max_chars=2_000,
            )
            if st.form_submit_button(words("save")) and comment.strip():
                _keep(backend, message, comment.strip(), words)


def _keep(backend: Backend, message: Message, comment: str, words: Words) -> None:
    citations = tuple(f"{c.name} p.{c.page}" for c in message.citations.values())
    try:
        backend.record(Feedback(message.rating, message.question, message.text, comment, citations))
    except ManualchatError as error:
        st.error(plain(error.message(words.language)))
    else:
        if comment:
            st.caption(words("thanks"))


def write(words: Words) -> None:
    """Show the answer that is being written until it is over; then draw anew.

    A click elsewhere ends this run in the middle; the next one goes on from there.
    """
    writing: Writing | None = st.session_state.get("writing")
    if writing is None:
        return
    with st.chat_message("assistant", avatar=":material/menu_book:"):
        place, button = st.empty(), st.empty()
        offered = False
        for _ in writing.news():
            place.html(_draft(writing.message(), words))
            if not offered and writing.seconds > _STOP_AFTER:
                button.button(words("stop"), key="stop", icon=":material/stop:", on_click=stop)
                offered = True
    st.session_state.pop("writing", None)
    messages().append(writing.message())
    st.rerun()


def _draft(message: Message, words: Words) -> str:
    """What there is of an answer, as HTML of ours with its text escaped."""
    if not message.text:
        return f'<p class="mc-wait" role="status">{html.escape(words("writing"))}</p>'
    text = html.escape(laid_out(message.text)).replace("\n", "<br>")
    return f'<div class="mc-draft" aria-busy="true">{text}<span class="mc-caret"></span></div>'
