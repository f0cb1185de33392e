"""Every word that the UI shows, in Korean and English."""

from __future__ import annotations

from manualchat.language import Language

_WORDS: dict[str, tuple[str, str]] = {
    "title": ("설명서에게 묻기", "Ask the manuals"),
    "lead": (
        "답마다 근거가 된 쪽과 문장을 보여 드립니다. 설명서에 없으면 없다고 말합니다.",
        "Every answer shows the page and the sentence it comes from. "
        "When the manuals do not say, it says so.",
    ),
    "ask": ("설명서에 대해 물어보세요", "Ask about your manuals"),
    "suggested": ("이런 것을 물어볼 수 있어요", "You could ask"),
    "manuals": ("설명서", "Manuals"),
    "no_manuals": ("아직 설명서가 없습니다.", "There are no manuals yet."),
    "begin": (
        "PDF 설명서를 올리면 바로 물어볼 수 있습니다. 파일은 이 컴퓨터에만 저장됩니다.",
        "Upload PDF manuals and ask right away. The files stay on this computer.",
    ),
    "begin_remote": (
        "PDF 설명서를 올리면 바로 물어볼 수 있습니다.",
        "Upload PDF manuals and ask right away.",
    ),
    "add": ("설명서 추가", "Add manuals"),
    "choose": ("PDF 파일 선택", "Choose PDF files"),
    "password": ("암호 (잠긴 PDF일 때)", "Password (for locked PDFs)"),
    "start_adding": ("추가하기", "Add"),
    "reading": ("{name}: {pages}쪽 중 {page}쪽을 읽었습니다", "{name}: page {page} of {pages}"),
    "waiting": ("{name}: 준비하는 중", "{name}: getting ready"),
    "added": ("{name}: 추가했습니다 ({pages}쪽)", "{name}: added ({pages} pages)"),
    "replaced": ("{name}: 새 판으로 바꿨습니다 ({pages}쪽)", "{name}: replaced ({pages} pages)"),
    "unchanged": ("{name}: 이미 있는 파일입니다", "{name}: already here"),
    "failed": ("{name}: {reason}", "{name}: {reason}"),
    "pages": ("{n}쪽", "{n} pages"),
    "ocr": ("글자 인식 {n}쪽", "{n} by OCR"),
    "empty": ("읽지 못한 쪽 {n}", "{n} unreadable"),
    "status_received": ("대기 중", "waiting"),
    "status_reading": ("읽는 중", "being read"),
    "status_failed": ("실패", "failed"),
    "filter_help": (
        "고른 설명서에서만 찾습니다. 아무것도 고르지 않으면 모두에서 찾습니다.",
        "Only chosen manuals are searched; all when none is chosen.",
    ),
    "filtering": ("{n}개 설명서에서만 찾는 중", "Searching {n} manuals only"),
    "find_manual": ("설명서 이름으로 찾기", "Find a manual by name"),
    "more": ("{n}개 더 있습니다. 이름으로 찾아보세요.", "{n} more. Find them by name."),
    "remove": ("삭제", "Remove"),
    "remove_of": ("{name} 삭제", "Remove {name}"),
    "remove_title": ("설명서를 삭제할까요?", "Remove this manual?"),
    "remove_body": (
        "이 설명서와 색인이 지워집니다. 직접 올린 파일이면 그 파일도 지워집니다.",
        "The manual leaves the library. If it was uploaded here, the file is deleted too.",
    ),
    "cancel": ("취소", "Cancel"),
    "removed": ("{name}을(를) 삭제했습니다", "Removed {name}"),
    "language": ("언어", "Language"),
    "conversation": ("대화", "Conversation"),
    "export": ("내보내기 (.md)", "Export (.md)"),
    "new": ("새 대화", "New chat"),
    "sources": ("출처", "Sources"),
    "source_of": ("출처 {n}: {where}", "Source {n}: {where}"),
    "nearest": ("가장 가까운 쪽", "Nearest pages"),
    "page_printed": ("{label}쪽 (PDF {page}쪽)", "p. {label} (PDF page {page})"),
    "page_only": ("PDF {page}쪽", "PDF page {page}"),
    "unverified": ("확인되지 않음", "not verified"),
    "refused": ("설명서에서 답을 찾지 못했습니다", "Not in the manuals"),
    "writing": ("답을 찾는 중", "Looking for the answer"),
    "stop": ("멈추기", "Stop"),
    "stopped": ("여기서 멈췄습니다.", "Stopped here."),
    "again": ("다시 시도", "Try again"),
    "verdict": ("이 답이 도움이 되었나요?", "Was this answer helpful?"),
    "comment": ("의견 (선택)", "Comment (optional)"),
    "comment_hint": ("무엇이 좋았거나 아쉬웠나요?", "What was good, or missing?"),
    "save": ("보내기", "Send"),
    "thanks": ("의견을 저장했습니다. 고맙습니다.", "Saved. Thank you."),
    "page": ("쪽", "Page"),
    "previous": ("이전 쪽", "Previous page"),
    "next": ("다음 쪽", "Next page"),
    "back_to_mark": ("표시한 쪽으로", "Back to the mark"),
    "download": ("PDF 받기", "Download PDF"),
    "zoom": ("크게 보기", "Zoom in"),
    "unzoom": ("맞춰 보기", "Fit"),
    "picture": ("{name} {where} 그림", "Picture of {name}, {where}"),
    "marked": ("표시된 문장: {quote}", "Marked: {quote}"),
    "no_picture": (
        "이 연결에서는 쪽 그림을 볼 수 없습니다.",
        "This connection shows no page pictures.",
    ),
    "question": ("질문", "Question"),
    "answer": ("답변", "Answer"),
    "seconds": ("{n}초", "{n} s"),
    "unreachable": ("연결할 수 없습니다", "Cannot connect"),
}

# Words of Streamlit's own controls, which know English only.
STREAMLIT_KO = {
    "Upload": "파일 고르기",
    "Browse files": "파일 고르기",
    "Drag and drop file here": "여기에 파일을 놓으세요",
    "Drag and drop files here": "여기에 파일을 놓으세요",
    "size": "PDF, 파일당 {n}MB까지",
    "Send message": "보내기",
    "Stop": "멈추기",
    "Stop script": "멈추기",
    "Close": "닫기",
    "Show password": "암호 보기",
    "Hide password": "암호 숨기기",
    "Sidebar": "설명서와 설정",
    "Collapse sidebar": "설명서 목록 접기",
    "Expand sidebar": "설명서 목록 펼치기",
    "Open sidebar": "설명서 목록 펼치기",
    "Chat message from user": "내 질문",
    "Chat message from assistant": "답변",
    "Feedback rating": "이 답이 도움이 되었나요?",
    "Thumbs up": "도움이 되었어요",
    "Thumbs down": "아쉬워요",
}


class Words:
    """The words of one language: `words("pages", n=3)`."""

    def __init__(self, language: Language) -> None:
        self.language: Language = language
        self._column = 0 if language == "ko" else 1

    def __call__(self, key: str, **values: object) -> str:
        """The text of this key, its placeholders filled."""
        text = _WORDS[key][self._column]
        return text.format(**values) if values else text

    def where(self, page: int, label: str) -> str:
        """A page: the printed number and the physical one, where they differ."""
        if label and label != str(page):
            return self("page_printed", label=label, page=page)
        return self("page_only", page=page)
