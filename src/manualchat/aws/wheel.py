"""manualchat as a wheel, made from the installed package, and the versions beside it.

The UI's hosts install exactly what the deploying machine runs, without a public
repository and without building anything. Wheel format: PEP 427.
"""

from __future__ import annotations

import base64
import hashlib
import zipfile
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement

import manualchat

_EPOCH = (2020, 1, 1, 0, 0, 0)  # the same bytes for the same input
_LEFT_OUT = {"__pycache__"}


def build_wheel(folder: Path) -> Path:
    """Write `manualchat-VERSION-py3-none-any.whl` into `folder`."""
    dist = distribution("manualchat")
    name = f"manualchat-{manualchat.__version__}"
    path = folder / f"{name}-py3-none-any.whl"
    package = Path(manualchat.__file__).parent
    members: list[tuple[str, bytes]] = [
        (f"manualchat/{file.relative_to(package).as_posix()}", file.read_bytes())
        for file in sorted(package.rglob("*"))
        if file.is_file() and not _LEFT_OUT & set(file.parts) and file.suffix != ".pyc"
    ]
    info = f"{name}.dist-info"
    members += [
        (f"{info}/METADATA", _text(dist, "METADATA")),
        (f"{info}/entry_points.txt", _text(dist, "entry_points.txt")),
        (
            f"{info}/WHEEL",
            b"Wheel-Version: 1.0\nGenerator: manualchat\n"
            b"Root-Is-Purelib: true\nTag: py3-none-any\n",
        ),
    ]
    record = "".join(f"{n},sha256={_digest(data)},{len(data)}\n" for n, data in members)
    members.append((f"{info}/RECORD", f"{record}{info}/RECORD,,\n".encode()))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, data in members:
            entry = zipfile.ZipInfo(member, date_time=_EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o100644 << 16
            archive.writestr(entry, data)
    return path


def constraints(extras: tuple[str, ...]) -> str:
    """`name==version` of everything that manualchat with these extras needs, as installed here.

    What is not installed here is left to pip.
    """
    pinned: dict[str, str] = {}
    waiting = [("manualchat", extras)]
    seen: set[tuple[str, str]] = set()
    while waiting:
        name, wanted = waiting.pop()
        try:
            dist = distribution(name)
        except PackageNotFoundError:
            continue
        if name != "manualchat":
            pinned[dist.metadata["Name"]] = dist.version
        for extra in ("", *wanted):
            if (name, extra) in seen:
                continue
            seen.add((name, extra))
            for text in dist.requires or []:
                requirement = Requirement(text)
                marker = requirement.marker
                if marker is None or marker.evaluate({"extra": extra}):
                    waiting.append((requirement.name.lower(), tuple(requirement.extras)))
    return "".join(f"{n}=={v}\n" for n, v in sorted(pinned.items(), key=lambda i: i[0].lower()))


def _text(dist: Distribution, name: str) -> bytes:
    return (dist.read_text(name) or "").encode()


def _digest(data: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
