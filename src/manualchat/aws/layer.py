"""Builds what Lambda runs: two layers of libraries, and the functions' code.

No Docker is needed: wheels for Lambda's platform are taken from the package
index as they are (nothing is compiled), every file checked against a hash. The
same input gives the same bytes. `docker=True` builds inside AWS's own image, as
the deployment guide has it, for those who would rather.

Unzipped, code and layers of a function may take 250 MiB
(https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html).
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from manualchat.errors import BackendError, ConfigurationError, LayerTooLarge

LAYERS = ("documents", "query")
LIMIT = 262_144_000  # bytes, unzipped
PYTHON = "3.12"
IMAGE = "public.ecr.aws/sam/build-python{python}"
_PLATFORMS = {"x86_64": "x86_64-manylinux_2_28", "arm64": "aarch64-manylinux_2_28"}
_PIP_TAGS = {
    "x86_64": ("manylinux_2_28_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64"),
    "arm64": ("manylinux_2_28_aarch64", "manylinux_2_17_aarch64", "manylinux2014_aarch64"),
}
_REQUIREMENTS = Path(__file__).parent / "layers"
_PACKAGE = Path(__file__).parents[1]
_TESSDATA = (
    Path("/usr/share/tesseract-ocr/5/tessdata"),
    Path("/usr/share/tesseract-ocr/4.00/tessdata"),
    Path("/usr/share/tessdata"),
    Path("/opt/homebrew/share/tessdata"),
)
_LANGUAGES = ("kor", "eng")
# What no function needs: tests, headers, type stubs, what an installer leaves.
_PRUNED_FOLDERS = frozenset({"tests", "test", "mupdf-devel", "bin"})
_PRUNED_NAMES = frozenset({"RECORD", "INSTALLER", "REQUESTED", "direct_url.json", ".lock"})
_PRUNED_SUFFIXES = (".pyi", ".h", ".a", ".c", ".pxd")
_DATE = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip can say


@dataclass(frozen=True, slots=True)
class Artifact:
    """A zip that was built. Sizes in bytes."""

    name: str
    path: Path
    sha256: str
    zipped: int
    unzipped: int


def build_layer(
    name: str,
    out: Path,
    *,
    architecture: str = "x86_64",
    python: str = PYTHON,
    tessdata: Path | None = None,
    docker: bool = False,
) -> Artifact:
    """Build the layer `name` into `out`/`name`.zip.

    `tessdata` is a folder with kor and eng traineddata, which the `documents`
    layer carries for OCR; by default this machine's own, and none where there
    is none. Raises LayerTooLarge, BackendError (the package index cannot be
    reached) or ConfigurationError.
    """
    if name not in LAYERS or architecture not in _PLATFORMS:
        raise ConfigurationError(variable="layer", detail=f"no layer {name!r} on {architecture!r}")
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="layer-") as folder:
        root = Path(folder)
        libraries = root / "python"
        command = (_docker if docker else _install)(
            _REQUIREMENTS / f"{name}.txt", libraries, architecture, python
        )
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            told = (done.stderr or done.stdout).strip().splitlines()
            service = "Docker" if docker else "PyPI"
            raise BackendError(service=service, detail=" ".join(told[-3:])[:500])
        if name == "documents":
            _add_tessdata(root, tessdata)
        _compile(libraries, python)
        return _artifact(name, out / f"{name}.zip", dict(_kept(root)))


def build_function(out: Path, *, python: str = PYTHON) -> Artifact:
    """Zip our own package, as the functions' code, into `out`/function.zip."""
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="function-") as folder:
        root = Path(folder)
        ignored = shutil.ignore_patterns("__pycache__", "*.npz")  # the model at home's
        shutil.copytree(_PACKAGE, root / "manualchat", ignore=ignored)
        shutil.rmtree(root / "manualchat" / "aws")
        _compile(root, python)
        files = dict(_kept(root))
        files["stream-bootstrap"] = _PACKAGE / "handlers" / "stream-bootstrap"
        return _artifact("function", out / "function.zip", files)


def recipe(name: str, architecture: str = "x86_64") -> str:
    """A short hash of all that a layer is made from, but for the traineddata."""
    parts = [Path(__file__).read_bytes(), (_REQUIREMENTS / f"{name}.txt").read_bytes()]
    return hashlib.sha256(b"\0".join([*parts, architecture.encode()])).hexdigest()[:12]


def _install(requirements: Path, target: Path, architecture: str, python: str) -> list[str]:
    """The command that unpacks the wheels; uv where it is, or else pip."""
    common = ["--require-hashes", "--no-deps", "--only-binary", ":all:", "--target", str(target)]
    if uv := _uv():
        return [
            *(uv, "pip", "install", "-q", "--no-compile-bytecode"),
            *("--python-platform", _PLATFORMS[architecture], "--python-version", python),
            *common,
            *("-r", str(requirements)),
        ]
    if importlib.util.find_spec("pip") is None:
        raise ConfigurationError(
            variable="PATH",
            detail="neither uv nor pip is there to fetch the layer's libraries; install uv",
        )
    tags = [part for tag in _PIP_TAGS[architecture] for part in ("--platform", tag)]
    return [
        *(sys.executable, "-m", "pip", "install", "-q", "--no-compile"),
        *("--disable-pip-version-check", "--implementation", "cp", "--python-version", python),
        *tags,
        *common,
        *("-r", str(requirements)),
    ]


def _uv() -> str | None:
    """Where uv is; scripts/setup.sh brings it into .uv/ if it is missing, and its .venv has no pip."""
    return shutil.which("uv") or shutil.which("uv", path=Path(sys.prefix).parent / ".uv" / "bin")


def _compile(folder: Path, python: str) -> None:
    """Compile to bytecode, if this machine has that Python: /opt and /var/task are read-only.

    Without it every cold start compiles all it imports. "unchecked-hash" keeps
    dates and paths out, so that the bytes stay the same.
    """
    mine = f"{sys.version_info.major}.{sys.version_info.minor}"
    interpreter = sys.executable if python == mine else _interpreter(python)
    if interpreter is None:
        return
    command = [interpreter, "-m", "compileall", "-q", "-f", "--invalidation-mode"]
    strip = ["-s", str(folder), "-p", "/"]
    # Files that are not for this version (templates, say) do not compile: no matter.
    subprocess.run([*command, "unchecked-hash", *strip, str(folder)], capture_output=True)


def _interpreter(python: str) -> str | None:
    """A Python of this version on this machine: on the path, of uv's, or of pyenv's."""
    candidates = [shutil.which(f"python{python}")]
    if uv := _uv():
        command = [uv, "python", "find", "--no-python-downloads", python]
        candidates.append(subprocess.run(command, capture_output=True, text=True).stdout.strip())
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    candidates += map(str, sorted(pyenv.glob(f"{python}.*/bin/python"), reverse=True))
    for candidate in filter(None, candidates):
        # pyenv's shims are on the path for versions that are not chosen, and fail.
        code = "import sys; print('%d.%d' % sys.version_info[:2])"
        told = subprocess.run([candidate, "-c", code], capture_output=True, text=True)
        if told.stdout.strip() == python:
            return candidate
    return None


def _docker(requirements: Path, target: Path, architecture: str, python: str) -> list[str]:
    """The same inside AWS's build image."""
    target.mkdir(parents=True, exist_ok=True)
    platform = "linux/amd64" if architecture == "x86_64" else "linux/arm64"
    user = f"{os.getuid()}:{os.getgid()}" if hasattr(os, "getuid") else "0:0"
    return [
        *("docker", "run", "--rm", "--platform", platform, "--user", user, "--env", "HOME=/tmp"),
        *("--volume", f"{requirements.parent}:/requirements:ro", "--volume", f"{target}:/target"),
        IMAGE.format(python=python),
        *("pip", "install", "-q", "--no-compile", "--require-hashes", "--no-deps"),
        *("--only-binary", ":all:", "--target", "/target"),
        *("-r", f"/requirements/{requirements.name}"),
    ]


def _add_tessdata(root: Path, folder: Path | None) -> None:
    folder = folder or next((f for f in _TESSDATA if (f / "kor.traineddata").exists()), None)
    if folder is None:
        return  # scans are then reported as unreadable, with the remedy
    target = root / "share" / "tessdata"
    target.mkdir(parents=True)
    for language in _LANGUAGES:
        source = folder / f"{language}.traineddata"
        if not source.exists():
            raise ConfigurationError(variable="tessdata", detail=f"{source} is missing")
        shutil.copyfile(source, target / source.name)


def _kept(root: Path) -> Iterator[tuple[str, Path]]:
    """Files of a layer by their place in it, without what no function needs."""
    for path in sorted(root.rglob("*")):
        place = path.relative_to(root)
        if (
            path.is_file()
            and not _PRUNED_FOLDERS & set(place.parts[:-1])
            and path.name not in _PRUNED_NAMES
            and not path.name.endswith(_PRUNED_SUFFIXES)
        ):
            yield place.as_posix(), path


def _artifact(name: str, path: Path, files: dict[str, Path]) -> Artifact:
    """Zip the files, in order and without dates, and measure."""
    unzipped = sum(file.stat().st_size for file in files.values())
    if unzipped > LIMIT:
        raise LayerTooLarge(name=name, size=f"{unzipped:,}", limit=f"{LIMIT:,}")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for place, file in sorted(files.items()):
            entry = zipfile.ZipInfo(place, _DATE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3  # Unix, wherever it is built
            mode = 0o755 if place.endswith(("-bootstrap", ".so")) or ".so." in place else 0o644
            entry.external_attr = (0o100000 | mode) << 16
            archive.writestr(entry, file.read_bytes())
    data = path.read_bytes()
    return Artifact(name, path, hashlib.sha256(data).hexdigest(), len(data), unzipped)


def main() -> None:
    """Build everything into the folder given, and print the sizes."""
    out = Path(sys.argv[1] if len(sys.argv) > 1 else "build/lambda")
    made = [*(build_layer(name, out) for name in LAYERS), build_function(out)]
    for artifact in made:
        print(
            f"{artifact.name:10} {artifact.unzipped / 2**20:7.1f} MiB unzipped "
            f"{artifact.zipped / 2**20:6.1f} MiB zipped  {artifact.sha256[:16]}  {artifact.path}"
        )


if __name__ == "__main__":
    main()
