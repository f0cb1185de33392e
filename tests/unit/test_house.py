"""The house rules that a machine can check: size, layers, names, leftovers, lock file."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement

import manualchat

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "manualchat"
FOLDERS = ("src", "tests", "infra", "benchmarks", "examples", "scripts", "docs", ".ci")
KINDS = {".py", ".md", ".sh", ".toml", ".json", ".yaml", ".yml", ".txt", ""}
IGNORED = {"__pycache__", "node_modules", "cdk.out", "asset"}

# The way of the data. A room imports from the lines above its own, never from below.
ROOMS = (
    ("language", "layout", "faults", "uploads"),
    ("errors", "model"),
    ("config", "morphemes", "aws_calls", "suggestions", "glossary"),
    ("lexical",),
    ("reading",),
    ("chunking", "titles"),
    ("embedding",),
    ("store",),
    ("retrieval",),
    ("answering",),
    ("reranking",),
    ("asking",),
    ("ingest",),
    ("library",),
    ("evaluation",),
    ("nouns_json",),
    ("problems", "journal"),
    ("report",),
    ("protocol",),
    ("client",),
    ("api",),
    ("handlers",),
    ("aws", "mcp", "ui"),
    ("commands",),
    ("commands",),
    ("web",),
    ("cli",),
)
EXTRA = re.compile(r"(.*?)(?:(?:^| and )extra == '(\w+)')?")  # as uv.lock joins it to a marker
FLOOR = {room: number for number, rooms in enumerate(ROOMS) for room in rooms}


def room_of(module: str) -> str:
    """`manualchat.store.sqlite` is in the room `store`; `api_openai` belongs to `api`."""
    name = module.split(".")[1] if "." in module else ""
    family = name.split("_")[0]
    return family if name not in FLOOR and family in FLOOR else name


def running(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a program that run: all but what is there for the type checker."""
    yield node
    for child in ast.iter_child_nodes(node):
        if not (isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING"):
            yield from running(child)


def imports(path: Path) -> Iterator[str]:
    """Names of manualchat's modules that this file imports, wherever it does."""
    for node in running(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            if node.module == "manualchat":
                yield from (f"manualchat.{alias.name}" for alias in node.names)
            elif node.module.startswith("manualchat."):
                yield node.module
        elif isinstance(node, ast.Import):
            yield from (a.name for a in node.names if a.name.startswith("manualchat."))


def our_files() -> list[Path]:
    """Text files of the project, without what is built or installed."""
    found = [p for p in ROOT.iterdir() if p.is_file() and p.suffix in KINDS - {""}]
    for folder in FOLDERS:
        found += [
            p
            for p in (ROOT / folder).rglob("*")
            if p.is_file() and p.suffix in KINDS and not IGNORED & set(p.parts)
        ]
    return found


def known(requirement: str) -> tuple[str, str, str, str]:
    """Name, versions, extras and marker of a requirement, in one spelling."""
    r = Requirement(requirement)
    terms = sorted(set(re.findall(r'\w+ [=!<>]+ "[^"]*"', str(r.marker or ""))))  # uv reorders them
    return r.name.lower(), str(r.specifier), ",".join(sorted(r.extras)), " ".join(terms)


def test_every_module_has_a_place_in_the_way_of_the_data() -> None:
    rooms = {
        room_of(f"manualchat.{p.stem}")
        for p in SOURCE.iterdir()
        if (p.suffix == ".py" or (p / "__init__.py").exists()) and not p.name.startswith("__")
    }
    assert rooms <= set(FLOOR), f"add to ROOMS in {Path(__file__).name}: {rooms - set(FLOOR)}"


def test_a_room_imports_only_from_rooms_before_it() -> None:
    back = []
    for path in SOURCE.rglob("*.py"):
        parts = path.relative_to(SOURCE).with_suffix("").parts
        if parts[0] == "__init__":
            continue  # the lazy public face names what it exports
        here = room_of(".".join(("manualchat", *parts)))
        for module in imports(path):
            there = room_of(module)
            if there in FLOOR and FLOOR[there] >= FLOOR.get(here, 99) and there != here:
                back.append(f"{path.relative_to(SOURCE)} imports {module}")
    assert not back


def test_no_file_of_code_is_longer_than_400_lines() -> None:
    long = {
        str(p.relative_to(ROOT)): count
        for p in our_files()
        if p.suffix == ".py" and (count := len(p.read_text(encoding="utf-8").splitlines())) > 400
    }
    assert not long


def test_no_file_has_a_name_that_says_nothing() -> None:
    empty = {"utils", "util", "helpers", "helper", "misc", "manager", "common"}
    assert not [p for p in our_files() if p.suffix == ".py" and p.stem.lower() in empty]


@pytest.mark.parametrize(
    ("what", "pattern"),
    [
        ("a path of one machine", r"(?<![\w.])/(?:wor[k]|roo[t]|tmp/tea[m]|User[s])/"),
        ("a note of something left to do", r"\b(?:TOD[O]|FIXM[E]|XX[X])\b"),
        ("a mark of an unfinished merge", r"^(?:<{7}|>{7}) "),
    ],
)
def test_nothing_is_left_behind(what: str, pattern: str) -> None:
    found = []
    for path in our_files():
        text = path.read_text(encoding="utf-8", errors="replace")
        for match in re.finditer(pattern, text, re.MULTILINE):
            line = text.count("\n", 0, match.start()) + 1
            found.append(f"{path.relative_to(ROOT)}:{line}")
    assert not found, what


def test_the_public_face_exports_exactly_these_names() -> None:
    assert sorted(manualchat.__all__) == ["Library", "ManualchatError", "__version__"]


def test_the_version_is_the_same_in_the_package_and_in_pyproject() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["version"] == manualchat.__version__


def test_the_lock_file_knows_every_dependency_as_pyproject_states_it() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    lock = tomllib.loads((ROOT / "uv.lock").read_text(encoding="utf-8"))
    (ours,) = [p for p in lock["package"] if p["name"] == "manualchat"]

    stated = {known(text) for text in project["project"]["dependencies"]}
    for extra, texts in project["project"]["optional-dependencies"].items():
        stated |= {(*known(text), extra) for text in texts}
    locked = set()
    for entry in ours["metadata"]["requires-dist"]:
        extras = ",".join(entry.get("extras", []))
        specifier, marker = entry.get("specifier", ""), entry.get("marker", "")
        marker, extra = EXTRA.fullmatch(marker).groups()  # type: ignore[union-attr]
        text = f"{entry['name']}[{extras}]{specifier}" + (f" ; {marker}" if marker else "")
        locked.add((*known(text), extra) if extra else known(text))
    assert locked == stated, "run `uv lock` and commit uv.lock"
