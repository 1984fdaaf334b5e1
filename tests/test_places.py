"""Reports are written whole or not at all: into a folder, or to a server that speaks S3."""

from __future__ import annotations

import os
import pickle
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from fsspec import get_filesystem_class
from hypothesis import given
from hypothesis import strategies as st

from playbook.errors import PlaybookError
from playbook.files import STALE, sweep, write_atomic
from playbook.places import NoSuchFile, Place, open_place
from playbook.workspace import Workspace
from s3server import SECRET, S3Server

HOSTILE = ["../x.html", "a/../../x", "/etc/passwd", "", "a//b", "a/", ".", "a/.", "a\\..\\b", "a\n",
           "a\0b", "C:\\x"]  # fmt: skip


@pytest.fixture(params=["folder", "s3"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    if request.param == "folder":
        return open_place(tmp_path / "reports")
    request.getfixturevalue("s3")
    return open_place("s3://lake/ours")


# ---- the same in a folder and in a store


def test_what_was_written_is_read_and_listed(place: Place) -> None:
    assert place.times() == {}
    place.check()
    place.write("mortgage/evaluation.html", "<p>½</p>")
    place.write("mortgage/evaluation.xlsx", b"\x00\xff")
    place.write("mortgages/x.html", "another product")
    place.write("index.html", "first")
    place.write("index.html", "second")
    assert place.read("mortgage/evaluation.html").decode() == "<p>½</p>"
    assert place.read("mortgage/evaluation.xlsx") == b"\x00\xff"
    assert place.read("index.html") == b"second"
    assert place.names("mortgage") == ["mortgage/evaluation.html", "mortgage/evaluation.xlsx"]
    assert place.names() == ["index.html", *place.names("mortgage"), "mortgages/x.html"]
    assert place.names("nothing") == []


def test_what_is_there_has_a_time_and_what_is_not_has_none(place: Place) -> None:
    place.write("mortgage/evaluation.html", "x")
    assert place.exists("mortgage/evaluation.html")
    at = place.changed("mortgage/evaluation.html")
    assert at is not None
    assert abs(at - time.time()) < 60
    assert int(place.times()["mortgage/evaluation.html"]) == int(at)
    for name in ("mortgage", "mortgage/other.html", "mortgage/evaluation.html/x"):
        assert place.changed(name) is None
        assert not place.exists(name)
        with pytest.raises(PlaybookError):
            place.read(name)
    with pytest.raises(NoSuchFile, match="there is no such file"):
        place.read("mortgage/other.html")


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_leads_nowhere_else(place: Place, name: str) -> None:
    for act in (place.read, place.exists, place.changed, lambda n: place.write(n, "x")):
        with pytest.raises(PlaybookError, match="is no name of a file"):
            act(name)
    if name:
        with pytest.raises(PlaybookError, match="is no name of a file"):
            place.names(name)


def test_names_that_look_odd_are_names(place: Place) -> None:
    odd = ["a b%20c.html", "100% [x]*?.html", "é#1.html", "..a/b..html"]
    for name in odd:
        place.write(name, name)
    assert place.names() == sorted(odd)
    assert [place.read(name).decode() for name in odd] == odd


def test_a_place_can_be_sent_to_another_process(place: Place) -> None:
    place.write("a.html", "x")
    assert pickle.loads(pickle.dumps(place)).read("a.html") == b"x"  # noqa: S301


# ---- a folder


@given(content=st.one_of(st.binary(max_size=300), st.text(max_size=300)))
def test_a_file_holds_exactly_what_was_given(
    tmp_path_factory: pytest.TempPathFactory, content: str | bytes
) -> None:
    place = open_place(tmp_path_factory.mktemp("exact"))
    place.write("x", content)
    assert place.read("x") == (content.encode() if isinstance(content, str) else content)


def test_a_file_url_is_the_folder(tmp_path: Path) -> None:
    place = open_place((tmp_path / "a b").as_uri())
    assert place.is_local
    assert place.path("x.html") == tmp_path / "a b/x.html"
    assert open_place(str(tmp_path)).where() == str(tmp_path)


def test_a_full_disk_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    place = open_place(tmp_path / "reports")
    place.write("a.html", "old")
    held, handler = resource.getrlimit(resource.RLIMIT_FSIZE), signal.getsignal(signal.SIGXFSZ)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, held[1]))
    try:
        with pytest.raises(PlaybookError, match=r"cannot be written \(File too large\)"):
            place.write("a.html", b"x" * 1_000_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, held)
        signal.signal(signal.SIGXFSZ, handler)
    assert [p.name for p in (tmp_path / "reports").iterdir()] == ["a.html"]
    assert place.read("a.html") == b"old"


def test_a_place_that_cannot_be_written_is_one_sentence() -> None:
    place = open_place("/proc/reports")  # which not even root can make
    for act in (place.check, lambda: place.write("a.html", "x")):
        with pytest.raises(
            PlaybookError, match=r"/proc/reports\S*: this cannot be written"
        ) as told:
            act()
        assert str(told.value).count("\n") == 0
        assert told.value.__cause__ is None


def test_a_file_where_a_folder_should_be_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "reports").write_text("a file")
    with pytest.raises(PlaybookError, match="cannot be written"):
        open_place(tmp_path / "reports").check()


def test_a_folder_in_place_of_the_file_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "a.html").mkdir()
    with pytest.raises(PlaybookError, match="cannot be written"):
        open_place(tmp_path).write("a.html", "x")
    assert [p.name for p in tmp_path.rglob("*")] == ["a.html"]


WRITER = """
import os, sys
from pathlib import Path
from playbook import files
def stop(*args):
    print("ready", flush=True)
    sys.stdin.read()
files.os.replace = stop
files.write_atomic(Path(sys.argv[1]), "half" * 1000)
"""


def test_what_a_killed_writer_left_is_swept_and_what_a_living_one_writes_is_not(
    tmp_path: Path,
) -> None:
    place = open_place(tmp_path)
    place.write("deep/a.html", "old")
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(tmp_path / "deep/a.html")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == b"ready\n"
        assert len(list(tmp_path.rglob("*.tmp"))) == 1
        assert place.names() == ["deep/a.html"]
        assert place.sweep() == 0
        writer.kill()
    assert len(list(tmp_path.rglob("*.tmp"))) == 1
    assert place.sweep() == 1
    assert [p.name for p in tmp_path.rglob("*.*")] == ["a.html"]
    assert place.read("deep/a.html") == b"old"


def test_only_our_own_old_leftovers_are_swept(tmp_path: Path) -> None:
    elsewhere = ".playbook-00000000-1-0123456789ab.tmp"
    kept = [elsewhere, ".playbook-notes.tmp", "a.tmp", ".playbook-00000000-1-0123456789ab.tmp.html"]
    for name in kept:
        (tmp_path / name).write_text("x")
    assert sweep(tmp_path) == 0
    hour_ago = time.time() - STALE - 60
    for name in kept:
        os.utime(tmp_path / name, (hour_ago, hour_ago))
    (tmp_path / ".playbook-00000000-2-0123456789ab.tmp").symlink_to(tmp_path / "a.tmp")
    assert sweep(tmp_path) == 1
    assert not (tmp_path / elsewhere).exists()
    assert len(list(tmp_path.iterdir())) == len(kept)
    assert sweep(tmp_path / "nothing") == 0


def test_an_interrupted_write_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*paths: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("playbook.files.os.replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_atomic(tmp_path / "a.html", "x")
    assert list(tmp_path.iterdir()) == []


# ---- a store


@pytest.mark.parametrize(
    "address",
    [
        "s3://ada:hunter2@lake/ours",
        "s3://ada:hun/ter2@lake/ours",
        "s3://lake/ours?secret=hunter2",
        "s3://ada:hunter2@lake/ours?secret=hunter2",
        "abfs://ada:hunter2@account/ours",
        "https://ada:hunter2@host/ours?secret=hunter2",
        "postgresql://ada:hunter2@host/ours",
        "hunter2@://x",
        "s3://",
        "s3://lake/../hunter2",
        "s3://?hunter2",
    ],
)
def test_an_address_that_cannot_serve_tells_no_secret(address: str) -> None:
    with pytest.raises(PlaybookError) as told:
        open_place(address)
    if ".." not in address:
        assert "hun" not in str(told.value)
        assert "ter2" not in str(told.value)


def test_a_container_of_an_account_is_an_address() -> None:
    assert open_place("abfs://ours@account/x").where("a") == "abfs://ours@account/x/a"


def test_a_browser_gets_a_page_as_a_page(s3: S3Server) -> None:
    open_place("s3://lake/ours").write("a.html", "<p>")
    info = get_filesystem_class("s3")().info("lake/ours/a.html")
    assert info["ContentType"] == "text/html; charset=utf-8"


def test_what_others_put_into_the_bucket_is_neither_listed_nor_in_the_way(
    s3: S3Server,
) -> None:
    for key in ("ours//x", "ours/../x", "oursandmore/x", "x"):
        get_filesystem_class("s3")().pipe_file(f"lake/{key}", b"x")
    place = open_place("s3://lake/ours/")
    place.write("x", "mine")
    assert place.names() == ["x"]
    assert place.where() == "s3://lake/ours"
    assert place.sweep() == 0
    with pytest.raises(PlaybookError, match="not a folder of this machine"):
        place.path("x")


def all_faults(place: Place) -> list[PlaybookError]:
    found = []
    for act in (
        place.check,
        place.names,
        lambda: place.read("a.html"),
        lambda: place.write("a.html", "x"),
    ):
        with pytest.raises(PlaybookError) as told:
            act()
        assert told.value.__cause__ is None
        assert told.value.__suppress_context__
        assert "\n" not in str(told.value)
        assert SECRET not in str(told.value)
        found.append(told.value)
    return found


def test_a_bucket_that_is_not_there_is_one_sentence(s3: S3Server) -> None:
    place = open_place("s3://pond/ours")
    checked, named, read, wrote = (str(fault) for fault in all_faults(place))
    assert checked == (
        "s3://pond/ours: there is no such bucket. Make it first, or correct the address."
    )
    assert named == checked
    assert "no such file" in read
    assert wrote == checked.replace("ours", "ours/a.html")
    assert not place.exists("a.html")


def test_keys_that_the_store_does_not_know_are_one_sentence(
    s3: S3Server,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    s3.refuse_keys()
    for fault in all_faults(open_place("s3://lake/ours")):
        assert "does not let these keys in" in str(fault)
    with pytest.raises(PlaybookError, match="keys"):
        open_place("s3://lake/ours").exists("a.html")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    get_filesystem_class("s3").clear_instance_cache()
    for fault in all_faults(open_place("s3://lake/ours")):
        assert "keys" in str(fault)


@pytest.mark.parametrize("address", ["http://127.0.0.1:9", f"http://ada:{SECRET}@127.0.0.1:9"])
def test_a_store_that_does_not_answer_is_one_sentence(
    s3: S3Server, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", address)
    get_filesystem_class("s3").clear_instance_cache()
    for fault in all_faults(open_place("s3://lake/ours")):
        assert "does not answer as it should" in str(fault)


WITHOUT = """
import sys
sys.modules["s3fs"] = None
from playbook.errors import PlaybookError
from playbook.places import open_place
try:
    open_place("s3://lake/ours").check()
except PlaybookError as error:
    print(error)
"""


def test_a_missing_package_is_named_with_what_installs_it() -> None:
    told = subprocess.run(
        [sys.executable, "-c", WITHOUT], check=True, capture_output=True, text=True
    )
    assert told.stdout == (
        "s3://lake/ours: s3:// needs the package s3fs, which is not installed. "
        "Install it: pip install 'ai-product-playbook[s3]'.\n"
    )


FORKED = """
import os
from playbook.places import open_place
place = open_place("s3://lake/ours")
place.write("parent", "x")
if (child := os.fork()) == 0:
    place.write("child", place.read("parent"))
    os._exit(0)
os._exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


def test_a_forked_process_writes_through_connections_of_its_own(
    s3: S3Server,
) -> None:
    subprocess.run([sys.executable, "-W", "ignore", "-c", FORKED], check=True, timeout=60)
    assert open_place("s3://lake/ours").names() == ["child", "parent"]


# ---- the workspace


def test_reports_lie_in_the_workspace_or_where_the_environment_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def where() -> str:
        return Workspace(tmp_path).reports_place.where()

    assert where() == str(tmp_path / "reports")
    monkeypatch.setenv("PLAYBOOK_REPORTS", "elsewhere")
    assert where() == str(tmp_path / "elsewhere")
    monkeypatch.setenv("PLAYBOOK_REPORTS", "/srv/reports")
    assert where() == "/srv/reports"
    monkeypatch.setenv("PLAYBOOK_REPORTS", "s3://lake/ours")
    assert where() == "s3://lake/ours"
