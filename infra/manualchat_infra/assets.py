"""The files that a deployment uploads: function code, two layers, and the UI's bundle."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path

import manualchat

PACKAGE = Path(manualchat.__file__).parent


@dataclass(frozen=True, slots=True)
class Assets:
    """Paths of what is uploaded: zip files, or folders that CDK zips.

    `code` holds `manualchat/` at its root (the Lambda functions' code); the layers
    hold `python/`; `ui` holds the wheel and the constraints that the UI's hosts
    install.
    """

    code: Path
    documents_layer: Path
    query_layer: Path
    ui: Path


def placeholders(folder: Path) -> Assets:
    """Empty stand-ins, for templates that are looked at and never deployed."""
    folder.mkdir(parents=True, exist_ok=True)
    made = {name: folder / f"{name}.zip" for name in ("code", "documents", "query", "ui")}
    for name, path in made.items():
        with zipfile.ZipFile(path, "w") as archive:
            # A fixed date: the same bytes, and so the same asset hash, every time.
            entry = zipfile.ZipInfo("PLACEHOLDER.txt", date_time=(2020, 1, 1, 0, 0, 0))
            archive.writestr(entry, f"{name}: built by `manualchat aws deploy`\n")
    return Assets(made["code"], made["documents"], made["query"], made["ui"])
