"""Faults of the machine, of the warehouse file and of the policy seeds: one sentence each, with the
cause and what to do; nothing published is touched.
"""

import errno
import os
import shutil
import struct
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
import small_nights
from conftest import ROOT, parsed_project

from crm_hygiene import build
from crm_hygiene.gate import policy
from crm_hygiene.nightly import faults
from crm_hygiene.nightly.faults import Stopped, in_words
from crm_hygiene.nightly.warehouses import DuckDBFile


@pytest.fixture
def place(tmp_path) -> DuckDBFile:
    """A warehouse of which the first night is published."""
    small_nights.run(tmp_path / "crm.duckdb", 1)
    return DuckDBFile(tmp_path / "crm.duckdb")


def n_rows(file: Path) -> int:
    with duckdb.connect(str(file), read_only=True) as connection:
        return connection.execute("select count(*) from marts.mart_0 where night = 1").fetchone()[0]


# --- The machine ---


@pytest.mark.parametrize(
    ("number", "sentence"),
    [
        (errno.ENOSPC, faults.DISK_FULL),
        (errno.EDQUOT, faults.DISK_FULL),
        (errno.EROFS, faults.READ_ONLY),
        (errno.EACCES, faults.FORBIDDEN),
    ],
)
def test_an_error_of_the_system_is_told_with_its_place_and_remedy(number, sentence):
    error = OSError(number, os.strerror(number), "/data/crm.duckdb")
    assert in_words(error) == f"/data/crm.duckdb: {sentence}"
    # The same where DuckDB or dbt tells it.
    assert in_words(f'IO Error: Cannot open file "/data/x": {os.strerror(number)}') == sentence


def test_what_is_no_fault_of_the_machine_is_left_to_others():
    assert in_words("Binder Error: Referenced column owner not found") is None
    assert in_words(OSError(errno.ENOENT, "No such file", "/x")) is None


LIMITED = """
import resource, sys
from pathlib import Path
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), int(sys.argv[2])))
import duckdb, small_nights
from crm_hygiene.build import sentence_of
from crm_hygiene.nightly.faults import Stopped
try:
    small_nights.run(Path(sys.argv[1]), 2)
except (Stopped, OSError, duckdb.Error) as error:
    print(sentence_of(error))
    sys.exit(1)
"""


@pytest.mark.parametrize("share", [0.2, 0.9, 1.1])
def test_a_file_that_may_not_grow_stops_a_night_and_nothing_is_lost(place, share):
    """As a full disk does: while it is copied, and while it is built."""
    limit = int(place.published.stat().st_size * share)
    env = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}:{Path(__file__).parent}"}
    night = subprocess.run(
        [sys.executable, "-c", LIMITED, str(place.published), str(limit)],
        env=env, capture_output=True, text=True,
    )  # fmt: skip
    assert night.returncode == 1, night.stderr
    assert night.stdout.strip().endswith(faults.TOO_LARGE)
    assert n_rows(place.published) == small_nights.N_ROWS
    small_nights.run(place.published, 3)
    assert n_rows(place.published) == 0


def test_a_folder_that_may_not_be_written_to_is_named_before_anything_runs(monkeypatch, capsys):
    monkeypatch.setenv("CRM_HYGIENE_DUCKDB", "/sys/crm.duckdb")
    assert build.main([]) == 1
    told = capsys.readouterr().out.strip().splitlines()
    assert told[0] == f"FAILED: /sys/crm.nightly: {faults.FORBIDDEN}"
    assert len(told) == 2


# --- The warehouse file ---


def test_a_file_of_another_version_of_duckdb_is_named(place):
    content = bytearray(place.published.read_bytes())
    assert content[8:12] == b"DUCK"
    checksum, before = struct.unpack_from("<QQ", content)
    content[12] = 250
    (after,) = struct.unpack_from("<Q", content, 8)
    # DuckDB adds up the words of a block so.
    for word in (before, after):
        checksum ^= word * 0xBF58476D1CE4E5B9 % 2**64
    struct.pack_into("<Q", content, 0, checksum)
    place.published.write_bytes(content)
    with pytest.raises(Stopped) as stopped:
        place.take(as_of_is_given=True)
    assert str(place.published) in str(stopped.value)
    assert str(stopped.value).endswith(faults.OTHER_VERSION)
    assert place.published.read_bytes() == content


@pytest.mark.parametrize("damage", ["cut", "overwritten", "text"])
def test_a_damaged_file_is_named_and_left_as_it_is(place, damage):
    content = place.published.read_bytes()
    damaged = {
        "cut": content[:9000],
        "overwritten": content[:4096] + os.urandom(8192) + content[12288:],
        "text": b"to be or not to be" * 1000,
    }[damage]
    place.published.write_bytes(damaged)
    with pytest.raises(Stopped) as stopped:
        place.take(as_of_is_given=True)
    assert str(stopped.value).endswith(faults.CORRUPT), stopped.value
    assert place.published.read_bytes() == damaged
    assert not place.candidate.exists()


# --- The policy seeds ---


def test_the_policy_seeds_have_no_fault():
    assert policy.faults_of(parsed_project()) == []


@pytest.fixture(scope="module")
def seeds() -> dict[str, policy.Seed]:
    return {seed.name: seed for seed in policy.read_seeds(parsed_project())}


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        ("thresholds", "threshold_id,value,", "threshold_id,val,", "lacks the column value; is"),
        ("thresholds", ",reason\n", ",reason,note\n", "has a column that nothing reads: note."),
        ("thresholds", "_seconds,60,seconds,", "_seconds,60,", "line 2 has 3 cells and the"),
        ("thresholds", "_seconds,60,", "_seconds,-60,", "value is -60; it may not be below"),
        ("thresholds", "_seconds,60,", "_seconds,sixty,", "value is 'sixty', which is no numeric"),
        ("thresholds", "one_save__seconds,", "first_value_seconds,", "line 3: threshold_id first"),
        ("thresholds", ',"One save is', ',"One "save is', "is a quote left open"),
        ("lifecycle_rules", "case,20,keep,", "case,20,keeep,", "decision is 'keeep'; it may be"),
        ("lifecycle_rules", "open_case,20,keep,", ",20,keep,", "line 3: rule_id is empty."),
    ],
)  # fmt: skip
def test_a_typo_in_a_policy_seed_is_told_by_file_line_and_value(
    seeds, tmp_path, name, old, new, said
):
    file = Path(shutil.copy(seeds[name].file, tmp_path))
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    [fault, *_] = policy.faults_of_seed(
        policy.Seed(name, file, seeds[name].columns, seeds[name].tests)
    )
    assert fault.startswith(f"seeds/policy/{name}.csv")
    assert said in fault


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty: it needs its header, threshold_id,value,unit,reason."),
        (b"threshold_id,value,unit,reason\n", "has no rows"),
        ("threshold_id,value,unit,reason\nx,1,days,für\n".encode("latin-1"), "is not UTF-8"),
        (None, "cannot be read: No such file"),
    ],
)
def test_a_seed_that_is_empty_or_unreadable_is_named(seeds, tmp_path, content, said):
    file = tmp_path / "thresholds.csv"
    if content is not None:
        file.write_bytes(content)
    [fault] = policy.faults_of_seed(
        policy.Seed("thresholds", file, seeds["thresholds"].columns, seeds["thresholds"].tests)
    )
    assert fault.startswith("seeds/policy/thresholds.csv") and said in fault


def test_many_faults_are_told_short():
    assert policy.sentence(["One."]) == "One."
    assert policy.sentence(["One."] * 7) == "One. " * 5 + "And 2 more."
