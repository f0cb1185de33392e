"""A local AWS whose functions work: ministack, an OpenSearch double, a Bedrock double.

The OpenSearch double is not signed to here (only hosts of AWS are); tests/aws checks
signing. Claude's double quotes the first source line that shares most words with the
question: what the real model writes is not shown.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.aws.bedrock_fake import BedrockFake
from tests.aws.http_double import Answer, serving
from tests.aws.opensearch_emulator import OpenSearchEmulator
from tests.e2e.local_aws.server import LocalAws, local_aws

_SOURCE = re.compile(r'<source-\w+ n="(\d+)"[^>]*>\n(.*?)\n</source-', re.DOTALL)
_QUESTION = re.compile(r"^Question: (.*)$", re.MULTILINE)


class UnsignedSearch(OpenSearchEmulator):
    """Serverless' operations, open to whoever asks."""

    def _refused(self, *_: Any) -> Answer | None:
        return None


def quoting(request: Mapping[str, Any]) -> str:
    """An answer as the prompt asks for it: the nearest source line, with its proof."""
    text = "\n".join(
        part.get("text", "") for message in request["messages"] for part in message["content"]
    )
    asked = _QUESTION.search(text)
    wanted = _words(asked[1]) if asked else set()
    found = [
        (len(wanted & _words(line)), line.strip(), number)
        for number, body in _SOURCE.findall(text)
        for line in body.splitlines()
    ]
    _, line, number = max(found, default=(0, "NOT_IN_MANUALS", "1"), key=lambda each: each[0])
    return f'{line} [{number} "{line}"]'


def _words(text: str) -> set[str]:
    return set(re.findall(r"[\w-]{2,}", text))


@contextmanager
def working_aws(*, port: int | None = None, generation: str = "nextgen") -> Iterator[LocalAws]:
    """The whole, for as long as the block runs."""
    bedrock = BedrockFake()
    bedrock.reply = quoting  # type: ignore[assignment]
    search = UnsignedSearch(generation)
    with (
        serving(search.handle) as search_url,
        serving(bedrock.handle) as bedrock_url,
        local_aws(
            port=port,
            python=Path(sys.executable),
            search=search_url,
            environment={"AWS_ENDPOINT_URL_BEDROCK_RUNTIME": bedrock_url},
        ) as aws,
    ):
        yield aws
