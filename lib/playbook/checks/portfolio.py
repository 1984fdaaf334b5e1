"""From run records to what the portfolio says; nothing is computed anew, no product opened."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import Any, cast

from playbook.checks.obligations import Obligation
from playbook.checks.portfoliofacts import (
    Cell,
    Change,
    Column,
    Duty,
    Portfolio,
    ProductFacts,
)
from playbook.checks.portfolioshared import Finding, kind, shared
from playbook.checks.since import FindingChange, compare, gravity
from playbook.checks.verdict import WORST_FIRST, Word, overall
from playbook.estimate import Estimate
from playbook.runs import Run

Record = Mapping[str, Any]
SCHEMA = 1
"""Records of another shape count as not run, as on the index."""
WORTH = ("expected_value_per_month", "expected_value")


def gather(
    standing: Sequence[Run],
    newest: Collection[Run],
    earlier: Sequence[Run],
    playbooks: Sequence[Column],
    slugs: Collection[str],
    today: date,
) -> Portfolio:
    """Join the run records of all products.

    Parameters
    ----------
    standing, newest
        The newest done run of every product and playbook, and the newest whatever its outcome.
    earlier
        What stood before the newest batch.
    playbooks, slugs
        The playbooks and products there are; runs of others are left out.
    """
    known = {column.name for column in playbooks}
    runs = [run for run in standing if run.product in slugs and run.playbook in known]
    runs = [run for run in runs if (run.record or {}).get("schema_version") == SCHEMA]
    last = [run for run in newest if run.product in slugs and run.playbook in known]
    batch = newest_batch(last)
    before = {_key(run): run for run in earlier}
    records = {_key(run): (run, run.record or {}) for run in runs}
    found = [(run.product, f) for run in runs for f in (run.record or {})["findings"]]
    seen = sorted({run.product for run in (*runs, *last)})
    return Portfolio(
        today=today,
        newest=max((run.started for run in last), default=None),
        compared=min((run.started for run in batch), default=None),
        remade=sum(run.outcome == "done" for run in batch),
        first=sum(run.outcome == "done" and _key(run) not in before for run in batch),
        playbooks=list(playbooks),
        products=[_product(slug, records, last, playbooks) for slug in seen],
        never=sorted(set(slugs) - set(seen)),
        blockers=shared(found, lambda f: f["severity"] == "blocker"),
        conditions=shared(
            found, lambda f: f["severity"] == "condition" and f["outcome"] == "misses"
        ),
        missing=shared(found, lambda f: f["outcome"] == "inconclusive" and f["at_stake"] != "pass"),
        obligations=_duties(runs),
        changes=_changes(runs, before, batch),
    )


def newest_batch(runs: Collection[Run]) -> list[Run]:
    """Of the newest runs, those made by the last ``playbook run``."""
    last = max(runs, key=lambda run: run.number or 0, default=None)
    return [run for run in runs if last and run.batch == last.batch]


def _product(
    slug: str,
    records: Mapping[tuple[str, str], tuple[Run, Record]],
    last: Collection[Run],
    playbooks: Sequence[Column],
) -> ProductFacts:
    failed = {r.playbook: r for r in last if r.product == slug and r.outcome == "failed"}
    cells = [
        _cell(slug, column.name, records.get((slug, column.name)), failed.get(column.name))
        for column in playbooks
    ]
    own = [records[slug, c.name][1] for c in playbooks if (slug, c.name) in records]
    verdicts: list[Word] = [cell.verdict for cell in cells if cell.verdict]
    return ProductFacts(
        slug=slug,
        name=str(own[-1]["product_name"]) if own else slug,
        tier=own[-1]["tier"] if own else None,
        verdict=overall(verdicts, len(cells)) if own else None,
        blockers=sum(cell.blockers for cell in cells),
        conditions=sum(cell.conditions for cell in cells),
        undecided=sum(cell.undecided for cell in cells),
        worth=_worth(own),
        cells=cells,
    )


def _cell(slug: str, playbook: str, found: tuple[Run, Record] | None, failed: Run | None) -> Cell:
    fault = {"error": failed.error, "failed": failed.started} if failed else {}
    if found is None:
        return Cell(playbook=playbook, **cast(Any, fault))
    run, record = found
    findings: list[Finding] = record["findings"]
    return Cell(
        playbook=playbook,
        verdict=record["verdict"],
        blockers=sum(f["severity"] == "blocker" for f in findings),
        conditions=sum(f["severity"] == "condition" for f in findings),
        undecided=sum(kind(f) == "undecided" for f in findings),
        ran=run.started,
        revision=record["answers_revision"],
        answers_as_of=record["answers_as_of"],
        report=f"{slug}/{playbook}.html",
        **cast(Any, fault),
    )


def _worth(records: Iterable[Record]) -> list[Estimate]:
    """Money a month and money a decision for the whole product, from the last playbook with it."""
    found: dict[str, Estimate] = {}
    for record in records:
        for estimate in record["estimates"]:
            if estimate["measure"] in WORTH and estimate["group"] is None:
                found[estimate["measure"]] = Estimate.model_validate(estimate)
    return [found[measure] for measure in WORTH if measure in found]


def _duties(runs: Iterable[Run]) -> list[Duty]:
    """Each rule once, with every product it concerns; earliest first, without a date last."""
    rules: dict[str, Obligation] = {}
    paths: dict[str, dict[str, list[str]]] = {}
    for run in runs:
        for given in (run.record or {}).get("obligations", []):
            duty = Obligation.model_validate(given)
            known = rules.setdefault(duty.id, duty)
            # Products run at different times may quote different states of the law.
            rules[duty.id] = max(known, duty, key=lambda d: d.as_of)
            paths.setdefault(duty.id, {})[run.product] = duty.because
    found = [Duty(obligation=rules[id], paths=paths[id]) for id in rules]
    return sorted(found, key=lambda d: (d.obligation.applies_from or date.max, d.obligation.id))


def _key(run: Run) -> tuple[str, str]:
    return run.product, run.playbook


def _changes(
    runs: Iterable[Run], before: Mapping[tuple[str, str], Run], batch: Iterable[Run]
) -> list[Change]:
    """What moved in the newest batch, the worse verdicts first."""
    remade = {run.number for run in batch}
    changes = []
    for run in runs:
        old = before.get(_key(run))
        if run.number in remade and old is not None:
            change = _change(old, run)
            if change.before != change.after or change.opened or change.closed:
                changes.append(change)
    return sorted(
        changes, key=lambda c: (c.before == c.after, WORST_FIRST.index(c.after), c.product)
    )


def _change(old: Run, new: Run) -> Change:
    # The numbers that moved stand in each report; here they would only cost time.
    was, now = ({**(run.record or {}), "estimates": []} for run in (old, new))
    since = compare(was, now, when=old.started)
    return Change(
        product=new.product,
        playbook=new.playbook,
        earlier=old.started,
        before=since.verdict[0],
        after=since.verdict[1],
        opened=[c.after.statement for c in (*since.opened, *since.worse) if c.after and _weighs(c)],
        closed=[
            c.before.statement for c in (*since.closed, *since.better) if c.before and _weighs(c)
        ],
    )


def _weighs(change: FindingChange) -> bool:
    """Whether it is or was a condition or graver."""
    return max(gravity(change.before), gravity(change.after)) >= 2
