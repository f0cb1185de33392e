"""What the commands say, in Korean and English."""

from __future__ import annotations

from manualchat.language import current_language

_WORDS = {
    "file": ("파일", "File"),
    "result": ("결과", "Result"),
    "pages": ("쪽", "Pages"),
    "seconds": ("초", "Seconds"),
    "reason": ("사유", "Reason"),
    "name": ("이름", "Name"),
    "status": ("상태", "Status"),
    "chunks": ("청크", "Chunks"),
    "added": ("추가됨", "added"),
    "replaced": ("교체됨", "replaced"),
    "unchanged": ("변경 없음", "unchanged"),
    "failed": ("실패", "failed"),
    "ready": ("준비됨", "ready"),
    "reading": ("읽는 중", "reading"),
    "received": ("대기", "received"),
    "page": ("쪽", "Page"),
    "score": ("점수", "Score"),
    "lexical": ("단어", "Words"),
    "dense": ("의미", "Meaning"),
    "passage": ("본문", "Passage"),
    "removed": ("“{name}” 문서를 제거했습니다.", "Removed “{name}”."),
    "nothing": ("아직 문서가 없습니다. `manualchat add 폴더`로 시작하세요.",
                "No manuals yet. Start with `manualchat add FOLDER`."),
    "no_hits": ("찾은 내용이 없습니다.", "Nothing found."),
    "unread": ("{count}쪽은 글자를 읽지 못해 검색되지 않습니다. 스캔 문서는 tesseract-ocr-kor를 설치한 뒤 다시 추가하세요.",
               "{count} pages hold no readable text and cannot be searched. For scans, install tesseract-ocr-kor and add again."),
    "stopped": ("중단했습니다. 이미 들어간 문서는 그대로 있습니다. 같은 명령을 다시 실행하면 이어집니다.",
                "Stopped. What was in stays in; run the same command to go on."),
    "citation": ("{name} {page}쪽", "{name}, page {page}"),
    "citation_label": ("{name} {page}쪽(인쇄 쪽번호 {label})", "{name}, page {page} (printed {label})"),
    "unverified": ("확인되지 않음", "not verified"),
    "chat": ("질문을 입력하세요. 끝내려면 빈 줄에서 Ctrl-D.", "Ask away. Ctrl-D on an empty line ends."),
    "you": ("질문", "you"),
    "reindexed": ("청크 {count}개를 다시 임베딩했습니다.", "Embedded {count} chunks anew."),
    "reindexing": ("다시 임베딩", "embedding"),
    "adding": ("추가", "adding"),
}  # fmt: skip


def word(key: str, **values: object) -> str:
    """The text of this key in the user's language."""
    korean, english = _WORDS[key]
    return (korean if current_language() == "ko" else english).format(**values)
