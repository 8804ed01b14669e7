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


def test_the_example_on_the_front_page_runs() -> None:
    [example] = examples(FRONT)
    exec(compile(example, str(FRONT), "exec"), {})
