"""Make the Inspect logs of this folder: ``python make_inspect.py`` where inspect_ai is installed.

Mock models only, nothing is fetched. Written with inspect_ai 0.3.285.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from inspect_ai import Task, eval
from inspect_ai.dataset import Sample
from inspect_ai.log import EvalLog, read_eval_log, write_eval_log
from inspect_ai.model import ModelOutput, ModelUsage, get_model
from inspect_ai.scorer import Score, Scorer, Target, accuracy, match, mean, scorer
from inspect_ai.solver import Generate, Solver, TaskState, solver

HERE = Path(__file__).resolve().parent
CAPITALS = ["Paris", "Rome", "Oslo", "Lima", "Cairo", "Quito"]


@solver
def careful() -> Solver:
    """Answers, but fails as a tool where the sample says so."""

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        if state.metadata.get("breaks"):
            raise RuntimeError("the database could not be reached")
        return await generate(state)

    return solve


@scorer(metrics={"tone": [mean()], "length": [mean()]})
def style() -> Scorer:
    async def score(state: TaskState, target: Target) -> Score:
        number = int(state.sample_id)
        return Score(value={"tone": 1 if number % 2 else 0, "length": 0.5 if number < 3 else 1})

    return score


@scorer(metrics=[mean()])
def gaps() -> Scorer:
    """-1 where it could not score, as some tools write; NaN is Inspect's own word for it."""

    async def score(state: TaskState, target: Target) -> Score:
        return Score(value={1: -1, 2: math.nan, 5: 0}.get(int(state.sample_id), 1))

    return score


@scorer(metrics=[accuracy()])
def model_graded_partly() -> Scorer:
    async def score(state: TaskState, target: Target) -> Score:
        return Score(value="CIPN"[(int(state.sample_id) - 1) % 4], explanation="by a mock judge")

    return score


@scorer(metrics=[accuracy()])
def nonempty() -> Scorer:
    """Passes whatever is not empty, an error message too."""

    async def score(state: TaskState, target: Target) -> Score:
        return Score(value="C" if state.output.completion else "I")

    return score


def task(name: str, solvers: list[Any], scorers: list[Any], epochs: int) -> Task:
    samples = [
        Sample(
            id=i + 1,
            input=f"What is the capital of country {i + 1}?",
            target=capital,
            metadata={"level": "hard" if i > 2 else "easy", "breaks": name == "errors" and i == 3},
        )
        for i, capital in enumerate(CAPITALS)
    ]
    return Task(dataset=samples, solver=solvers, scorer=scorers, name=name, epochs=epochs)


def said(text: str) -> ModelOutput:
    output = ModelOutput.from_content("mockllm/model", text)
    output.usage = ModelUsage(input_tokens=9, output_tokens=3, total_tokens=12)
    return output


def run(
    name: str, file: str, answers: list[str], *scorers: Any, epochs: int = 1, **options: Any
) -> EvalLog:
    """Run a task with answers in the order asked, and keep its log without what nobody reads."""
    model = get_model("mockllm/model", custom_outputs=[said(text) for text in answers])
    with TemporaryDirectory() as folder:
        (log,) = eval(
            task(name, [careful()], list(scorers), epochs),
            model=model,
            max_samples=1,
            log_dir=folder,
            display="none",
            fail_on_error=False,
            **options,
        )
        log = read_eval_log(log.location)
    log.eval.model_args = {}
    log.eval.revision = None
    for sample in log.samples or []:
        sample.events, sample.messages, sample.attachments = [], [], {}
        if sample.error:
            sample.error.traceback = sample.error.traceback_ansi = ""
    return kept(log, file)


def kept(log: EvalLog, file: str) -> EvalLog:
    path = HERE / file
    write_eval_log(log, str(path))
    if path.suffix == ".json":
        document = json.loads(path.read_text(encoding="utf-8"))
        path.write_text(json.dumps(document, separators=(",", ":")), encoding="utf-8")
    return log


if __name__ == "__main__":
    right = list(CAPITALS)
    run("errors", "errors.eval", [*right[:3], *right[4:5], "I do not know"], match(), style())
    short = {"epochs": 2, "limit": 3}
    run("epochs", "epochs.eval", [*right[:3], "Bonn", *right[1:3]], match(), **short)
    repeated = run("epochs", "again.eval", ["Rome", *right[1:3], *right[:3]], match(), **short)
    run("gaps", "gaps.json", right, gaps(), model_graded_partly(), limit=5)
    refused = ["API error: 429 Too Many Requests"] * 6
    run("refused", "refused.json", refused, nonempty(), limit=3)
    repeated.status, repeated.samples = "cancelled", (repeated.samples or [])[:3]
    repeated.eval.eval_id, repeated.results, repeated.reductions = "cancelled", None, None
    for sample in repeated.samples:
        sample.uuid = f"cancelled-{sample.id}"
    repeated.samples[2].scores = {}
    repeated.samples[2].output = ModelOutput()
    kept(repeated, "cancelled.json")
