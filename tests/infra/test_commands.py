"""What the `aws` commands are made of: the wheel, endpoints, progress, options."""

from __future__ import annotations

import json
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest
from typer.testing import CliRunner

import manualchat
from manualchat.aws import bundle, upload, wheel
from manualchat.aws.account import Account
from manualchat.aws.cli import app
from manualchat.aws.deploy import Progress, _progress
from manualchat.aws.e2e import ANSWER, sample_pdf
from manualchat.aws.words import _WORDS
from manualchat.errors import ConfigurationError, FileUnreadable, NothingToAdd
from manualchat_infra.config import load_config


def test_the_wheel_installs_and_its_command_is_there(tmp_path: Path) -> None:
    path = wheel.build_wheel(tmp_path)
    home = tmp_path / "venv"
    venv.create(home, with_pip=True)
    install = [home / "bin" / "python", "-m", "pip", "install", "-q", "--no-deps", "--no-index"]
    subprocess.run([*install, path], check=True, capture_output=True)
    code = "import manualchat, importlib.metadata as m; print(m.version('manualchat'))"
    shown = subprocess.run(
        [home / "bin" / "python", "-I", "-c", code], capture_output=True, text=True, check=True
    )
    assert shown.stdout.strip() == manualchat.__version__
    assert (home / "bin" / "manualchat").exists()


def test_the_wheel_is_the_same_bytes_every_time(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    one.mkdir(), two.mkdir()
    assert wheel.build_wheel(one).read_bytes() == wheel.build_wheel(two).read_bytes()


def test_constraints_pin_what_the_ui_needs_as_it_is_installed_here() -> None:
    lines = wheel.constraints(bundle.UI_EXTRAS).splitlines()
    names = {line.partition("==")[0].lower() for line in lines}
    assert {"streamlit", "boto3", "pydantic", "httpx"} <= names
    assert "manualchat" not in names and "pytest" not in names
    assert all("==" in line for line in lines)


def test_a_bundle_without_layers_needs_no_network(tmp_path: Path) -> None:
    said: list[str] = []
    made = bundle.build(load_config("dev"), cache=tmp_path, on_step=said.append, layers=False)
    with zipfile.ZipFile(made.code) as archive:
        assert {"stream-bootstrap", "manualchat/handlers/query_pipeline.py"} <= set(
            archive.namelist()
        )
    assert (made.ui / "constraints.txt").exists()
    assert len(said) == 2


def test_addresses_of_aws_become_paths_of_a_local_endpoint() -> None:
    account = Account(region="ap-northeast-2", endpoint="http://127.0.0.1:4566")
    url = "https://abc.lambda-url.ap-northeast-2.on.aws/"
    assert account.reachable(url) == "http://127.0.0.1:4566/_aws/lambda-url/abc/"
    api = "https://xyz.execute-api.ap-northeast-2.amazonaws.com/query"
    assert account.reachable(api) == "http://127.0.0.1:4566/_aws/execute-api/xyz/$default/query"
    assert Account(region="us-east-1").reachable(url) == url


def test_an_unknown_profile_is_named() -> None:
    with pytest.raises(ConfigurationError, match="--profile"):
        Account(profile="nobody-has-this")


def test_cdks_event_lines_become_progress() -> None:
    line = "manualchat-dev | 12/56 | 7:15:27 PM | CREATE_COMPLETE | AWS::SQS::Queue | Queue (Q1)"
    assert _progress(line) == Progress("CREATE_COMPLETE Queue (Q1)", 12, 56, by_cdk=True)
    assert _progress("Deployment time: 5s") == Progress("Deployment time: 5s", by_cdk=True)


def test_folders_are_searched_for_pdfs_and_keys_are_composed_korean(tmp_path: Path) -> None:
    folder = tmp_path / "manuals" / "주방"
    folder.mkdir(parents=True)
    decomposed = (
        "\u1102\u1162\u11bc\u110c\u1161\u11bc\u1100\u1169.PDF"  # 냉장고, as macOS writes it
    )
    (folder / decomposed).write_bytes(b"%PDF-1.7")
    (folder / "memo.txt").write_text("no")
    ((_, key),) = upload.find_pdfs([tmp_path / "manuals"])
    assert key == "주방/냉장고.PDF"
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(NothingToAdd):
        upload.find_pdfs([empty])
    with pytest.raises(FileUnreadable):
        upload.find_pdfs([tmp_path / "none.pdf"])


def test_the_sample_pdf_holds_its_answer_on_page_two(tmp_path: Path) -> None:
    import pymupdf

    sample_pdf(tmp_path / "sample.pdf")
    with pymupdf.open(tmp_path / "sample.pdf") as document:
        texts = [page.get_text() for page in document]
    assert ANSWER not in texts[0].replace("QX-4471", "")
    assert "예열 시간은 37분입니다" in texts[1]


def test_cost_needs_no_account_and_speaks_json() -> None:
    shown = CliRunner().invoke(app, ["cost", "dev", "--questions-per-day", "0", "--json"])
    assert shown.exit_code == 0
    document = json.loads(shown.stdout)
    assert document["total"]["idle"] > 0
    assert document["load"]["questions_per_day"] == 0


def test_a_scenario_that_is_neither_is_refused() -> None:
    shown = CliRunner().invoke(app, ["cost", "staging"])
    assert shown.exit_code != 0


def test_every_text_is_there_in_both_languages_with_the_same_places() -> None:
    import string

    for key, (korean, english) in _WORDS.items():
        fields = [
            {name for _, name, _, _ in string.Formatter().parse(text) if name}
            for text in (korean, english)
        ]
        assert fields[0] == fields[1], key


def test_the_commands_are_loaded_without_cdk_or_boto3() -> None:
    code = (
        "import sys, manualchat.aws.cli as c; c.register;"
        "print([m for m in ('boto3', 'aws_cdk', 'jsii', 'pymupdf') if m in sys.modules])"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"
