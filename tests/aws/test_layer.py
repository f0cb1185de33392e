"""What is uploaded to Lambda: the same bytes each time, pinned, within the limit."""

from __future__ import annotations

import re
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from manualchat.aws import layer
from manualchat.errors import BackendError, ConfigurationError, LayerTooLarge

LOCK = Path(__file__).parents[2] / "uv.lock"
VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"


def pins(name: str) -> dict[str, str]:
    text = (Path(layer.__file__).parent / "layers" / f"{name}.txt").read_text()
    return dict(re.findall(r"^([a-z0-9-]+)==(\S+)", text, re.MULTILINE))


@pytest.mark.parametrize("name", layer.LAYERS)
def test_what_a_layer_holds_is_what_the_tests_run_with(name: str) -> None:
    locked = {p["name"]: p.get("version") for p in tomllib.loads(LOCK.read_text())["package"]}
    assert {library: locked[library] for library in pins(name)} == pins(name)


@pytest.mark.parametrize("name", layer.LAYERS)
def test_every_file_of_a_layer_is_checked_against_a_hash(name: str) -> None:
    text = (Path(layer.__file__).parent / "layers" / f"{name}.txt").read_text()
    for requirement in re.split(r"\n(?=[a-z])", text)[1:]:
        assert "--hash=sha256:" in requirement, requirement
    assert "--require-hashes" in layer._install(Path("r"), Path("t"), "x86_64", "3.12")


def test_the_query_layer_has_no_pdf_engine_and_the_other_has() -> None:
    assert not {"pymupdf", "numpy", "boto3", "pydantic"} & set(pins("query"))
    assert {"pymupdf", "pymupdf4llm", "opensearch-py"} <= set(pins("documents"))
    assert set(pins("query")) < set(pins("documents"))


def test_the_functions_code_is_the_same_bytes_each_time(tmp_path: Path) -> None:
    first = layer.build_function(tmp_path / "1", python=VERSION)
    second = layer.build_function(tmp_path / "2", python=VERSION)
    assert first.sha256 == second.sha256
    assert first.zipped == second.path.stat().st_size
    with zipfile.ZipFile(first.path) as archive:
        names = archive.namelist()
        wrapper = archive.getinfo("stream-bootstrap")
        assert wrapper.external_attr >> 16 & 0o111, "the wrapper must be executable"
        assert not archive.read(wrapper).count(b"\r"), "a shell needs LF"
    assert "manualchat/handlers/query_pipeline.py" in names
    assert not [name for name in names if name.startswith("manualchat/aws/")]
    assert not [name for name in names if name.endswith(".npz")], "the model at home's"
    tag = sys.implementation.cache_tag
    assert f"manualchat/handlers/__pycache__/query_pipeline.{tag}.pyc" in names


def test_bytecode_is_valid_whatever_the_files_dates_are(tmp_path: Path) -> None:
    """/var/task is read-only: bytecode that is not taken is made at every cold start."""
    made = layer.build_function(tmp_path, python=VERSION)
    with zipfile.ZipFile(made.path) as archive:
        name = f"manualchat/__pycache__/model.{sys.implementation.cache_tag}.pyc"
        flags = int.from_bytes(archive.read(name)[4:8], "little")
    assert flags == 0b01, "hash-based, unchecked (PEP 552)"


def test_a_layer_past_lambdas_limit_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(layer, "LIMIT", 1_000)
    with pytest.raises(LayerTooLarge, match=r"function.*1,000"):
        layer.build_function(tmp_path)


def test_what_the_installer_says_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    command = [sys.executable, "-c", "import sys; sys.exit('no network')"]
    monkeypatch.setattr(layer, "_install", lambda *_: command)
    with pytest.raises(BackendError, match="no network"):
        layer.build_layer("query", tmp_path)


def test_the_uv_that_make_brought_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    brought = tmp_path / ".uv" / "bin" / "uv"
    brought.parent.mkdir(parents=True)
    brought.touch(mode=0o755)
    monkeypatch.setattr(sys, "prefix", str(tmp_path / ".venv"))
    monkeypatch.setenv("PATH", str(tmp_path))
    assert layer._install(Path("r.txt"), Path("t"), "arm64", "3.12")[0] == str(brought)


def test_without_uv_pip_is_asked_for_lambdas_platform(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layer.shutil, "which", lambda name, path=None: None)
    monkeypatch.setattr(layer.importlib.util, "find_spec", lambda name: name)
    command = layer._install(Path("r.txt"), Path("t"), "arm64", "3.12")
    assert command[:3] == [sys.executable, "-m", "pip"]
    assert "manylinux_2_28_aarch64" in command
    assert ":all:" in command


def test_without_uv_and_pip_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layer.shutil, "which", lambda name, path=None: None)
    monkeypatch.setattr(layer.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ConfigurationError, match="install uv"):
        layer._install(Path("r.txt"), Path("t"), "arm64", "3.12")


def test_docker_builds_in_awss_image() -> None:
    command = layer._docker(Path("/l/query.txt"), Path("/tmp"), "x86_64", "3.12")
    assert command[:2] == ["docker", "run"]
    assert "public.ecr.aws/sam/build-python3.12" in command
    assert "--require-hashes" in command


def test_traineddata_comes_from_the_folder_that_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"kor\.traineddata"):
        layer._add_tessdata(tmp_path / "root", tmp_path)
    for language in ("kor", "eng"):
        (tmp_path / f"{language}.traineddata").write_bytes(b"x")
    layer._add_tessdata(tmp_path / "other", tmp_path)
    assert len(list((tmp_path / "other" / "share" / "tessdata").iterdir())) == 2


@pytest.mark.parametrize(("name", "architecture"), [("other", "x86_64"), ("query", "mips")])
def test_a_layer_that_nobody_knows_is_refused(tmp_path: Path, name: str, architecture: str) -> None:
    with pytest.raises(ConfigurationError):
        layer.build_layer(name, tmp_path, architecture=architecture)


def test_the_recipe_changes_with_what_it_is_made_from() -> None:
    recipes = {layer.recipe(name, a) for name in layer.LAYERS for a in ("x86_64", "arm64")}
    assert len(recipes) == 4
