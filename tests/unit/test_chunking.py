"""Pages to chunks."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from manualchat.chunking import LONGEST, TARGET, Chunker, embedding_text, page_text
from manualchat.layout import Layout
from manualchat.model import Block, Chunk, Page


def cut(page: Page, document: str = "d", revision: str = "1") -> list[Chunk]:
    return list(Chunker(document, revision).cut(page))


def page_of(*parts: tuple[str, str], header_rows: int = 0) -> Page:
    """A page of (kind, text) blocks, parted by empty lines."""
    text, blocks = "", []
    for kind, part in parts:
        start = len(text)
        text += part + "\n\n"
        rows = header_rows if kind == "table" else 0
        level = 1 if kind == "heading" else 0
        blocks.append(Block(start, start + len(part), kind, level, rows))  # type: ignore[arg-type]
    return Page(1, text.rstrip("\n"), blocks=tuple(blocks))


PARAGRAPHS = st.lists(st.text("가나다 라마\n", min_size=1, max_size=700), max_size=8)


@given(PARAGRAPHS)
def test_a_chunk_is_an_exact_run_of_its_page_and_none_is_lost(paragraphs: list[str]) -> None:
    page = Page(1, "\n\n".join(paragraphs))
    chunks = cut(page)
    for chunk in chunks:
        assert page.text[chunk.start : chunk.start + len(chunk.text)] == chunk.text
    assert "".join(page_text(chunks).split()) == "".join(page.text.split())
    starts = [chunk.start for chunk in chunks]
    assert starts == sorted(starts)


@given(PARAGRAPHS)
def test_the_same_input_gives_the_same_ids_and_another_revision_others(
    paragraphs: list[str],
) -> None:
    page = Page(1, "\n\n".join(paragraphs))
    first, again = cut(page), cut(page)
    other = cut(page, revision="2")
    assert first == again
    assert len({c.id for c in first}) == len(first)
    assert not {c.id for c in first} & {c.id for c in other}


def test_headings_carry_over_to_the_next_page_and_deeper_ones_end() -> None:
    chunker = Chunker("d", "1")
    first = page_of(("heading", "청소"), ("paragraph", "물로 씻습니다."))
    (chunk,) = chunker.cut(first)
    assert chunk.heading == ("청소",)
    (chunk,) = chunker.cut(page_of(("paragraph", "말립니다.")))
    assert chunk.heading == ("청소",)
    (chunk,) = chunker.cut(page_of(("heading", "보관"), ("paragraph", "건조한 곳")))
    assert chunk.heading == ("보관",)


def test_a_warning_stays_with_the_procedure_after_it() -> None:
    page = page_of(
        ("paragraph", "가" * (TARGET - 50)), ("warning", "경고: 전원을 뽑으세요."),
        ("list", "1. 커버를 엽니다.\n2. 필터를 뺍니다."),
    )  # fmt: skip
    (owner,) = [c for c in cut(page) if "경고" in c.text]
    assert "1. 커버를 엽니다." in owner.text


def test_a_long_table_is_cut_between_rows_and_repeats_its_header() -> None:
    rows = [f"E-{number:02}\t원인 {number}\t조치를 합니다 {number}" for number in range(80)]
    page = page_of(("table", "\n".join(["코드\t원인\t조치", *rows])), header_rows=1)
    chunks = cut(page)
    assert len(chunks) > 1
    assert chunks[0].context == ""
    assert all(chunk.context == "코드\t원인\t조치" for chunk in chunks[1:])
    assert [line for c in chunks for line in c.text.split("\n")][1:] == rows


def test_a_line_without_end_is_cut() -> None:
    assert all(len(chunk.text) <= LONGEST for chunk in cut(Page(1, "가" * 5000)))


def test_the_layout_of_a_chunk_counts_from_its_start() -> None:
    text = "가" * 600 + "\n\n" + "나" * 600
    words = [(0, 600, (0.0, 0.0, 9.0, 9.0)), (602, 1202, (0.0, 10.0, 9.0, 19.0))]
    first, second = cut(Page(1, text, layout=Layout(words)))
    assert first.layout.words[0][:2] == (0, 600)
    assert second.layout.words == ((0, 600, (0.0, 10.0, 9.0, 19.0)),)


def test_hidden_readings_are_shared_out_and_none_is_lost() -> None:
    hidden = "\n".join(f"줄{number}" for number in range(10))
    chunks = cut(Page(1, "\n\n".join(["가" * 450] * 3), hidden=hidden))
    assert "\n".join(c.hidden for c in chunks if c.hidden).split() == hidden.split()
    (only,) = cut(Page(1, "", hidden=hidden, method="ocr"))
    assert only.hidden == hidden


def test_what_is_embedded_says_where_it_stands() -> None:
    (chunk,) = cut(page_of(("heading", "청소"), ("paragraph", "물로 씻습니다.")))
    assert embedding_text("세탁기", chunk).startswith("세탁기 > 청소\n")
