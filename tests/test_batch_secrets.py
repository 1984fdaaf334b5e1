"""A password is where it was given, and nowhere else: not in what is said, written or stored."""

from __future__ import annotations

import subprocess
import zlib
from pathlib import Path
from urllib.parse import quote

import psutil
import pytest
import sqlalchemy as sa

from farm import PATIENCE, Farm, failures, family, ran
from playbook.tables import METADATA
from postgres import PASSWORD, PostgresServer

SHORT = ("ant", "--playbook", "01", "--playbook", "06", "--why")
SECRET = "s3cr3t-tangerine"
DSN = f"postgresql://playbook:{SECRET}@127.0.0.1:9/answers"


def forms(secret: str) -> list[bytes]:
    return [text.encode() for text in {secret, quote(secret), quote(secret, safe="")}]


def leaks(folder: Path, secret: str, *texts: str) -> list[str]:
    """Files in a folder, or texts, that hold the secret."""
    wanted = forms(secret)
    found = [text[:200] for text in texts if any(form in text.encode() for form in wanted)]
    for path in folder.rglob("*"):
        if path.is_file() and any(form in path.read_bytes() for form in wanted):
            found.append(str(path))
    return found


def stored(url: str) -> str:
    """All columns of all tables of the store, unpacked."""
    engine = sa.create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    held = []
    with engine.connect() as connection:
        for table in METADATA.sorted_tables:
            for row in connection.execute(sa.select(table)):
                held += [
                    zlib.decompress(v).decode() if isinstance(v, bytes) else str(v) for v in row
                ]
    engine.dispose()
    return "\n".join(held)


def test_a_store_that_cannot_be_reached_does_not_give_its_password_away(
    farm: Farm, postgres_server: PostgresServer
) -> None:
    wrong = postgres_server.url("postgres", SECRET)
    for url in (DSN, wrong, f"postgresql://u:{SECRET}@[bad/x", f"oracle://u:{SECRET}@h/d"):
        done = farm.run(*SHORT, PLAYBOOK_STORE=url)
        assert (done.returncode, len(done.stderr.splitlines())) == (2, 1), done.stderr
        assert leaks(farm.folder, SECRET, done.stdout, done.stderr) == []


def test_a_store_that_answers_keeps_its_password_to_itself(
    farm: Farm, postgres_server: PostgresServer
) -> None:
    """Also where a notebook fails with a driver's own error, and in a process list."""
    url = postgres_server.new_database()
    farm.variables["PLAYBOOK_STORE"] = url
    waits = "sign.touch()\nwhile not sign.with_name('go').exists(): time.sleep(0.02)"
    driver = farm.start(*SHORT, "--jobs", "2", IN_01=waits,
                        IN_06="import sqlalchemy as sa\nsa.create_engine("
                        "'postgresql+psycopg://u:x@127.0.0.1:9/d').connect()")  # fmt: skip
    farm.wait_for("01-ant")
    lists = [" ".join(process.cmdline()) for process in family(psutil.Process(driver.pid))]
    assert len(lists) >= 3
    (farm.signs / "go").touch()
    out, err = driver.communicate(timeout=PATIENCE)
    done = subprocess.CompletedProcess([], driver.returncode, out, err)
    assert (done.returncode, set(failures(done)), len(ran(done))) == (1, {("ant", "06")}, 2)
    again = farm.run(*SHORT)
    assert "its last run failed" in again.stderr
    assert farm.made() == {("ant", "01"), ("ant", "06")}
    held = stored(url)
    assert "OperationalError" in held
    assert leaks(farm.folder, PASSWORD, out, err, again.stdout, again.stderr, held, *lists) == []


@pytest.mark.parametrize("address", ["postgresql", "https"])
def test_the_password_of_a_table_is_told_to_nobody(farm: Farm, address: str) -> None:
    source = f"{address}://reader:${{PASSWORD}}@127.0.0.1:9/data"
    source += "?table=cases" if address == "postgresql" else "/cases.csv"
    path = farm.workspace / "products/ant/product.yaml"
    with path.open("a", encoding="utf-8") as file:
        file.write(f"tables:\n  decisions:\n    source: {source}\n    columns: {{label: y}}\n")
        file.write("    positive: 1\n    favourable: 1\n")
    done = farm.run("--playbook", "01", "--why", PASSWORD=SECRET)
    assert done.returncode == 2
    assert leaks(farm.folder, SECRET, done.stdout, done.stderr) == []
    assert "ant: " in done.stderr
    assert farm.made() == {("bee", "01")}
