"""Text of documents in places that read Markdown: shown letter by letter, never obeyed."""

from __future__ import annotations

import pytest

from manualchat.model import Citation
from manualchat.ui.conversation import Message, as_markdown, history_of
from manualchat.ui.plain import plain
from manualchat.ui.words import _WORDS, Words


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("누리봄_DW-600_설명서.pdf", "누리봄_DW-600_설명서.pdf"),
        ("![x](http://evil.example/?q)", "!\\[x\\](http\\://evil.example/?q)"),
        ("<img src=x>", "\\<img src=x>"),
        (":material/delete: :red[a]", "\\:material/delete: :red\\[a\\]"),
        ("# 큰 제목", "\\# 큰 제목"),
        ("1. 첫째", "1\\. 첫째"),
        ("$x$ `y` **z**", "\\$x\\$ \\`y\\` \\*\\*z\\*\\*"),
        ("한\n줄", "한 줄"),
        ("12:30", "12:30"),
    ],
)
def test_signs_that_mean_something_are_escaped(text: str, shown: str) -> None:
    assert plain(text) == shown


def test_every_word_is_there_in_both_languages_with_the_same_places() -> None:
    import string

    for key, (korean, english) in _WORDS.items():
        places = [
            {name for _, name, _, _ in string.Formatter().parse(text) if name}
            for text in (korean, english)
        ]
        assert places[0] == places[1], key


def test_an_exported_conversation_shows_pages_and_no_pictures() -> None:
    citation = Citation("d", "a.pdf", 4, "iv", "따옴\n표")
    messages = [
        Message("user", "질문?"),
        Message("assistant", "답 ![x](http://evil) [1]", citations={1: citation}),
    ]
    text = as_markdown(messages, Words("ko"))
    assert "## 질문?" in text
    assert "1. a.pdf, iv쪽 (PDF 4쪽): “따옴 표”" in text
    assert "![" not in text and "](" not in text


def test_a_failed_answer_and_its_question_are_no_history() -> None:
    messages = [
        Message("user", "하나"),
        Message("assistant", "답"),
        Message("user", "둘"),
        Message("assistant", "", error="끊김"),
    ]
    assert [turn.content for turn in history_of(messages)] == ["하나", "답"]
