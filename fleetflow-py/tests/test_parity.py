"""The same stack in KDL and in Python is the same to the byte, and the same mistake is the same problem at the same path.

That KDL and Rust agree is tested with the examples in Rust.
"""

from __future__ import annotations

import json
import re
import runpy
from pathlib import Path
from typing import Any

import pytest

import fleetflow
from fleetflow import ConfigError, Sandbox, Stack, StackPlan

import mistakes

CORPUS = Path(__file__).parent.parent.parent / "fleetflow-kdl" / "tests" / "bad"
EXAMPLES = Path(__file__).parent.parent.parent / "examples"


def example(name: str) -> dict[str, Any]:
    return runpy.run_path(str(EXAMPLES / name / "stack.py"))


def in_order(declaration: Any) -> str:
    return json.dumps(declaration, sort_keys=True)


@pytest.mark.parametrize("name", [path.parent.name for path in EXAMPLES.glob("*/stack.py")])
def test_the_examples_are_the_same_stack(name: str) -> None:
    stage = example(name).get("STAGE", "dev")

    def plans(sandbox: Sandbox) -> tuple[StackPlan, StackPlan]:
        file = sandbox.load(EXAMPLES / name / "flow.kdl", stage=stage)
        python = example(name)["fill"](sandbox.stack(file.project, stage=stage, root=EXAMPLES / name))
        # What stages share comes last in a file; the order says nothing.
        declared = [sorted(map(in_order, stack.declarations())) for stack in (file, python)]
        assert declared[0] == declared[1]
        return file.plan(), python.plan()

    with Sandbox() as sandbox:
        file, python = plans(sandbox)
        assert file.to_json() == python.to_json() and len(file) > 3
        if len(file) > 1000:
            return  # What is made of it is tested with the smaller ones.
        # Both remember the same state: what one of them made is as the other one declares.
        example(name)["fill"](sandbox.stack(file.project, stage=stage, root=EXAMPLES / name)).converge()
        file, python = plans(sandbox)
        assert file.to_json() == python.to_json() and file.is_empty


@pytest.mark.parametrize("name", mistakes.EXAMPLES)
def test_the_same_mistake_is_the_same_problem(name: str) -> None:
    are_the_same(EXAMPLES / "mistakes" / f"{name}.kdl", None, mistakes.EXAMPLES[name]())


@pytest.mark.parametrize("name", mistakes.TWINS)
def test_the_mistakes_of_the_language_are_those_of_python(name: str) -> None:
    text = (CORPUS / f"{name}.kdl").read_text()
    stage = re.search("^//! stage (.*)$", text, re.MULTILINE)
    are_the_same(CORPUS / f"{name}.kdl", stage and stage[1], mistakes.TWINS[name]())


def test_every_mistake_of_the_language_has_a_twin_or_is_one_of_the_text() -> None:
    of_the_text = [name for names in mistakes.OF_THE_TEXT.values() for name in names.split()]
    assert sorted([*mistakes.TWINS, *of_the_text]) == sorted(path.stem for path in CORPUS.glob("*.kdl"))
    assert sorted(mistakes.EXAMPLES) == sorted(path.stem for path in (EXAMPLES / "mistakes").glob("*.kdl"))


def are_the_same(file: Path, stage: str | None, declared: list[fleetflow.Resource]) -> None:
    stack = Stack("shop", stage="dev")
    stack.add(*declared)
    with pytest.raises(ConfigError) as raised:
        fleetflow.load(file, stage=stage)
    of_file = {(problem.code, problem.message, str(problem.address), problem.path) for problem in raised.value.problems}
    of_python = {(problem.code, problem.message, str(problem.address), problem.path) for problem in stack.check()}
    assert of_file == of_python and of_python
    assert all(problem.place for problem in raised.value.problems)
    assert all(f"{problem.code}: " in str(problem) for problem in stack.check())
