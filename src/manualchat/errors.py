"""Every error that manualchat raises on purpose, each with its way out.

    ManualchatError
    ├── ConfigurationError          a setting is missing or wrong
    ├── ReadingError                this file cannot be read; others go on
    │   ├── NotAPdf                 its content is something else
    │   ├── EmptyFile               zero bytes
    │   ├── DamagedPdf              a PDF that no page can be got from
    │   ├── EncryptedPdf            a password is needed, or wrong
    │   ├── NoText                  not one page holds readable text
    │   ├── ReadingLimit            too many pages, too long, too much memory
    │   ├── ReaderCrashed           the worker process died on it
    │   └── FileUnreadable          no permission, gone, or not a file
    ├── NothingToAdd                no PDF under the given paths
    ├── DocumentNotFound            no document of that id or name
    ├── LibraryError                the library itself
    │   ├── LibraryDamaged          its file is not a library, or is broken
    │   ├── LibraryTooNew           written by a later manualchat
    │   ├── LibraryFull             the disk is full
    │   ├── LibraryBusy             another process writes for too long
    │   ├── LibraryReadOnly         no permission to write
    │   ├── LibraryClosed           used after it was closed
    │   └── ModelMismatch           embedded with another model
    ├── ModelUnavailable            the embedding model cannot be had
    ├── MissingExtra                an optional part is not installed
    ├── LayerTooLarge               libraries do not fit into a Lambda layer
    ├── InvalidQuestion             empty, too long, or of a wrong type
    ├── Unsupported                 this backend does not do that
    ├── TooBusy                     more work waits than may wait
    └── BackendError                a remote part failed
        ├── Throttled               asked too often; try later
        └── AccessDenied            a permission or a model access is missing

A message says what is wrong and what to do next, in Korean or English
(`manualchat.language`). `code` is stable and may be matched by programs.
"""

from __future__ import annotations

from manualchat.language import current_language


class ManualchatError(Exception):
    """Base of every error that manualchat raises on purpose.

    Keyword arguments fill the message's placeholders. `str(error)` is the
    message in the current language; `error.message("ko")` in a given one.
    """

    code = "error"
    ko = "{detail}"
    en = "{detail}"

    def __init__(self, **details: object) -> None:
        self.details = details
        super().__init__(*details.values())

    def message(self, language: str) -> str:
        """The message in "ko" or "en". A detail may be a mapping with both."""
        known = {k: v.get(language) if isinstance(v, dict) else v for k, v in self.details.items()}
        return (self.ko if language == "ko" else self.en).format_map(_Known(known))

    def __str__(self) -> str:
        return self.message(current_language())

    def __reduce__(self) -> tuple[object, ...]:
        # Errors cross process borders (the reading sandbox): keep the keywords.
        return _rebuild, (type(self), self.details)


class _Known(dict[str, object]):
    def __missing__(self, key: str) -> str:
        return "?"


def _rebuild(kind: type[ManualchatError], details: dict[str, object]) -> ManualchatError:
    return kind(**details)


class ConfigurationError(ManualchatError):
    """A setting is missing or wrong."""

    code = "configuration"
    en = "{variable}: {detail}. Set it and start again."
    ko = "{variable}: {detail}. 값을 설정한 뒤 다시 시작하세요."


class ReadingError(ManualchatError):
    """This file cannot be read. Others go on."""

    code = "reading"


class NotAPdf(ReadingError):
    """The content is something else, whatever the name says."""

    code = "not-a-pdf"
    en = "Not a PDF: the content is {found}. Convert it to PDF and add it again."
    ko = "PDF가 아닙니다(실제 내용: {found}). PDF로 변환한 뒤 다시 추가하세요."


class EmptyFile(ReadingError):
    """Zero bytes."""

    code = "empty-file"
    en = "The file is empty (0 bytes). Copy or download it again."
    ko = "빈 파일입니다(0바이트). 파일을 다시 복사하거나 내려받으세요."


class DamagedPdf(ReadingError):
    """A PDF that no page can be got from."""

    code = "damaged"
    en = "The PDF is damaged: {detail}. Open it in a PDF viewer, save it as a new file, and add that."
    ko = "손상된 PDF입니다: {detail}. PDF 뷰어에서 열어 새 파일로 저장한 뒤 그 파일을 추가하세요."


class EncryptedPdf(ReadingError):
    """A password is needed, or the given one is wrong."""

    code = "encrypted"
    en = "The PDF is locked ({detail}). Add it again with --password."
    ko = "암호로 잠긴 PDF입니다({detail}). --password 옵션으로 암호를 주고 다시 추가하세요."


class NoText(ReadingError):
    """Not one page holds readable text."""

    code = "no-text"
    en = "No readable text on {pages} of {pages} pages. {remedy}"
    ko = "{pages}쪽 모두에서 글자를 읽지 못했습니다. {remedy}"


class ReadingLimit(ReadingError):
    """A bound on pages, time or memory was reached."""

    code = "limit"
    en = "Stopped at the limit: {limit}. Split the file, or raise the limit ({setting})."
    ko = "한도에 걸려 멈췄습니다: {limit}. 파일을 나누거나 한도({setting})를 높이세요."


class ReaderCrashed(ReadingError):
    """The worker process died while it read this file."""

    code = "reader-crashed"
    en = "The PDF engine stopped on this file ({detail}). Save it as a new PDF and add that."
    ko = (
        "이 파일을 읽다가 PDF 엔진이 멈췄습니다({detail}). 새 PDF로 저장한 뒤 그 파일을 추가하세요."
    )


class FileUnreadable(ReadingError):
    """No permission, gone, or not a regular file."""

    code = "unreadable"
    en = "{path}: {detail}. Check that it exists and that you may read it."
    ko = "{path}: {detail}. 파일이 있는지, 읽기 권한이 있는지 확인하세요."


class NothingToAdd(ManualchatError):
    """No PDF under the given paths."""

    code = "nothing-to-add"
    en = "No PDF found in {paths}. Give a .pdf file, or a folder that holds some."
    ko = "{paths}에서 PDF를 찾지 못했습니다. .pdf 파일이나 PDF가 든 폴더를 지정하세요."


class DocumentNotFound(ManualchatError):
    """No document of that id or name."""

    code = "document-not-found"
    en = "No document “{document}”. `manualchat list` shows what is there."
    ko = "“{document}” 문서가 없습니다. `manualchat list`로 목록을 확인하세요."


class LibraryError(ManualchatError):
    """The library itself has a problem."""

    code = "library"


class LibraryDamaged(LibraryError):
    """The library's file is not a library, or is broken."""

    code = "library-damaged"
    en = "{path} is not a readable library ({detail}). Move it away and add the manuals again."
    ko = "{path}은(는) 읽을 수 있는 라이브러리가 아닙니다({detail}). 다른 곳으로 옮기고 설명서를 다시 추가하세요."


class LibraryTooNew(LibraryError):
    """Written by a later manualchat."""

    code = "library-too-new"
    en = "{path} was written by a newer manualchat (format {found}, this one knows {known}). Upgrade manualchat."
    ko = "{path}은(는) 더 새로운 manualchat이 만든 것입니다(형식 {found}, 지원 {known}). manualchat을 업그레이드하세요."


class LibraryFull(LibraryError):
    """The disk is full. What was in the library before is untouched."""

    code = "library-full"
    en = "The disk that holds {path} is full. Nothing was lost; free some space and add again."
    ko = "{path}이(가) 있는 디스크가 가득 찼습니다. 잃은 것은 없습니다. 공간을 확보하고 다시 추가하세요."


class LibraryBusy(LibraryError):
    """Another process writes for longer than we wait."""

    code = "library-busy"
    en = "{path} is being written by another process. Try again when it is done."
    ko = "다른 프로세스가 {path}에 쓰고 있습니다. 끝난 뒤 다시 시도하세요."


class LibraryReadOnly(LibraryError):
    """No permission to write the library."""

    code = "library-read-only"
    en = "{path} cannot be written ({detail}). Check its permissions, or choose another with --library."
    ko = "{path}에 쓸 수 없습니다({detail}). 권한을 확인하거나 --library로 다른 위치를 지정하세요."


class LibraryClosed(LibraryError):
    """Used after `close`."""

    code = "library-closed"
    en = "{path} was closed meanwhile. Open the library again."
    ko = "{path}이(가) 그사이에 닫혔습니다. 라이브러리를 다시 여세요."


class ModelMismatch(LibraryError):
    """The library was embedded with another model."""

    code = "model-mismatch"
    en = "This library was embedded with {stored}, but {wanted} is set. Run `manualchat reindex`, or set the old model."
    ko = "이 라이브러리는 {stored} 모델로 임베딩되었는데 {wanted} 모델이 설정되어 있습니다. `manualchat reindex`를 실행하거나 이전 모델을 설정하세요."


class ModelUnavailable(ManualchatError):
    """The embedding model cannot be had."""

    code = "model-unavailable"
    en = "The embedding model is not available: {detail}. {remedy}"
    ko = "임베딩 모델을 쓸 수 없습니다: {detail}. {remedy}"


class MissingExtra(ManualchatError):
    """An optional part is not installed."""

    code = "missing-extra"
    en = "{feature} needs an optional part. Install it: pip install 'manualchat[{extra}]'"
    ko = "{feature} 기능에는 추가 구성요소가 필요합니다. 설치: pip install 'manualchat[{extra}]'"


class LayerTooLarge(ManualchatError):
    """The libraries of a function do not fit into Lambda."""

    code = "layer-too-large"
    en = "The {name} layer takes {size} bytes unzipped; Lambda allows {limit}. Remove a library from it."
    ko = "{name} 계층의 압축 해제 크기가 {size}바이트로, Lambda 한도({limit}바이트)를 넘습니다. 라이브러리를 줄이세요."


class InvalidQuestion(ManualchatError):
    """The question is empty, too long, or of a wrong type."""

    code = "invalid-question"
    en = "The question cannot be used: {detail}."
    ko = "질문을 처리할 수 없습니다: {detail}."


class Unsupported(ManualchatError):
    """The backend in use does not do that; another one may."""

    code = "unsupported"
    en = "{what} is not available with the backend {backend}."
    ko = "현재 백엔드({backend})에서는 지원하지 않는 기능입니다: {what}."


class TooBusy(ManualchatError):
    """More work waits than may wait."""

    code = "too-busy"
    en = "Too many requests are under way. Try again in {seconds} seconds."
    ko = "지금 처리 중인 요청이 너무 많습니다. {seconds}초 뒤에 다시 시도하세요."


class BackendError(ManualchatError):
    """A remote part failed."""

    code = "backend"
    en = "{service} failed: {detail}. Try again; if it stays, look at its logs."
    ko = "{service} 오류: {detail}. 다시 시도하고, 계속되면 로그를 확인하세요."


class Throttled(BackendError):
    """Asked too often."""

    code = "throttled"
    en = "{service} is asked too often right now. Try again in a moment, or raise its quota."
    ko = "{service} 요청 한도를 초과했습니다. 잠시 뒤 다시 시도하거나 할당량을 늘리세요."


class AccessDenied(BackendError):
    """A permission or a model access is missing."""

    code = "access-denied"
    en = "{service} refused access: {detail}. Check the role's permissions and the model access."
    ko = "{service} 접근이 거부되었습니다: {detail}. 역할 권한과 모델 액세스를 확인하세요."
