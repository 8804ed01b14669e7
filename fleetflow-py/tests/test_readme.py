"""The examples of the README run as they stand."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from fleetflow import Sandbox

README = Path(__file__).parent.parent / "README.md"
FRONT = README.parent.parent / "README.md"

FILE = """
providers { sakura-cloud { zone "tk1a" } }
stage "dev" { server "web" { plan core=1 memory=1; disk size=20 os="debian-12" } }
"""


def examples(file: Path = README) -> list[str]:
    return re.findall(r"```python\n(.*?)```", file.read_text(encoding="utf-8"), flags=re.DOTALL)


def test_the_examples_run_one_after_another(
    fleetflow_sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "flow.kdl").write_text(FILE)
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    assert len(examples()) == 3
    for example in examples():
        exec(compile(example, str(README), "exec"), names)
    assert names["stack"].check() == ()
    names["test_the_shop_converges"](fleetflow_sandbox)


@pytest.mark.parametrize("page", [FRONT, FRONT.with_name("README.ja.md")], ids=lambda page: page.name)
def test_the_example_on_the_front_page_runs(page: Path) -> None:
    [example] = examples(page)
    exec(compile(example, str(page), "exec"), {})


GUIDE = [page for page in sorted((FRONT.parent / "docs").rglob("*.md")) if examples(page)]


@pytest.mark.parametrize("page", GUIDE, ids=lambda page: page.name)
def test_the_blocks_of_a_page_of_the_guide_run_one_after_another(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = page.read_text(encoding="utf-8")
    for name, content in re.findall(r"<!-- file: (\S+) -->\n```\w+\n(.*?)```", text, flags=re.DOTALL):
        (tmp_path / name).write_text(content, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {"__name__": "page"}
    for example in examples(page):
        exec(compile(example, str(page), "exec"), names)


def test_the_guide_has_a_page_about_python() -> None:
    assert "python.md" in [page.name for page in GUIDE]
