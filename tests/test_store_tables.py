"""Tables of decisions in an object store, through a workspace's product.yaml."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from fsspec import get_filesystem_class

from playbook.errors import PlaybookError
from playbook.evidence.tables import Decisions, open_decisions
from playbook.workspace import Workspace
from s3server import SECRET, S3Server


@pytest.fixture
def in_store(own_workspace: Workspace, s3: S3Server) -> Workspace:
    """The workspace, with the decisions of the mortgage example in the store."""
    files = get_filesystem_class("s3")()
    table = own_workspace.folder / "products/mortgage/data/decisions.parquet"
    files.put(str(table), "lake/loans/2025.parquet")
    table.unlink()
    name(own_workspace, "s3://lake/loans")
    return own_workspace


def name(workspace: Workspace, source: str) -> None:
    path = workspace.folder / "products/mortgage/product.yaml"
    text = path.read_text("utf-8")
    path.write_text(re.sub(r"source: .*", f'source: "{source}"', text, count=1), "utf-8")


def opened(workspace: Workspace) -> Decisions:
    return open_decisions(workspace.product("mortgage"))


def test_decisions_in_a_store_are_those_of_the_file(
    demo_workspace: Workspace, in_store: Workspace
) -> None:
    here, there = opened(demo_workspace), opened(in_store)
    assert (there.n, there.n_labelled) == (here.n, here.n_labelled)
    assert there.where == "s3://lake/loans"
    for source in ("s3://lake/loans/*.parquet", "s3://lake/loans/202?.parquet"):
        name(in_store, source)
        assert opened(in_store).n == here.n


def test_a_file_that_is_added_is_seen_in_the_same_process(in_store: Workspace) -> None:
    before = opened(in_store)
    files = get_filesystem_class("s3")(anon=False)
    files.copy("lake/loans/2025.parquet", "lake/loans/2026.parquet")
    after = opened(in_store)
    assert after.n == 2 * before.n
    assert after.fingerprint != before.fingerprint


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("s3://pond/loans", "there is no Parquet file here"),
        ("s3://lake/nothing", "there is no Parquet file here"),
        ("s3://lake/text.parquet", "not a Parquet file"),
        ("s3://ada:${MINE}@lake/loans", "holds a user, a password or options"),
        ("s3://lake/loans?key=${MINE}", "there is no Parquet file here"),
    ],
)
def test_a_wrong_source_is_one_sentence_without_keys(
    in_store: Workspace, monkeypatch: pytest.MonkeyPatch, source: str, told: str
) -> None:
    get_filesystem_class("s3")().pipe_file("lake/text.parquet", b"not one")
    monkeypatch.setenv("MINE", SECRET)
    name(in_store, source)
    with pytest.raises(PlaybookError, match=told) as caught:
        opened(in_store)
    assert SECRET not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_keys_that_are_not_known_are_one_sentence(in_store: Workspace, s3: S3Server) -> None:
    s3.refuse_keys()
    with pytest.raises(PlaybookError, match="does not let these keys in") as caught:
        opened(in_store)
    assert SECRET not in str(caught.value)


def test_a_file_that_goes_while_it_is_read_is_one_sentence(
    in_store: Workspace, tmp_path: Path
) -> None:
    decisions = opened(in_store)
    get_filesystem_class("s3")().rm("lake/loans/2025.parquet")
    with pytest.raises(PlaybookError) as caught, decisions.source.query():
        decisions.rows.count().execute()
    assert "\n" not in str(caught.value)
