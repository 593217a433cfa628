"""What a machine can see of the project's conventions: linters, names, docs, contracts, tags."""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest
import yaml
from dbt.cli.main import dbtRunner

ROOT = Path(__file__).resolve().parents[2]


def listed(faults: Iterable[str]) -> str:
    """Return the message of a failed check: one fault a line."""
    return "\n".join(["", *sorted(faults)])


# --- The linters ---

HOOKS = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"][0]["hooks"]


@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: hook["id"])
def test_linter_finds_nothing(hook):
    program, *arguments = shlex.split(hook["entry"])
    # The same environment as that of the tests, wherever it lies.
    program = Path(sys.executable).with_name(Path(program).name)
    done = subprocess.run([program, *arguments], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_sqlfluff_leaves_out_only_models_that_are_one_call_of_landed():
    ignore = (ROOT / ".sqlfluffignore").read_text().splitlines()
    linted = [line[1:] for line in ignore if line.startswith("!")]
    left_out = [
        path
        for path in (ROOT / "models").rglob("base_*.sql")
        if not any(path.match(pattern) for pattern in linted)
    ]
    assert left_out
    others = [path for path in left_out if path.read_text().strip() != call_of_landed(path)]
    assert not others, listed(path.name for path in others)


def call_of_landed(path: Path) -> str:
    """Return what a base model of one landed table says."""
    crm, _, table = path.stem.removeprefix("base_").partition("__")
    return f"{{{{ landed('{crm}', '{table}') }}}}"


def test_sql_lines_have_at_most_100_columns():
    files = [path for folder in ("models", "tests", "analyses") for path in sql_files(folder)]
    long = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in files
        for number, line in enumerate(path.read_text().splitlines(), start=1)
        if len(line) > 100
    ]
    assert files
    assert not long, listed(long)


def sql_files(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.sql"))


# --- Files ---

# Written so that this file does not name what it forbids.
FORBIDDEN = re.compile(
    r"pyp[i]\.org|pythonhoste[d]\.org|npmj[s]\.(?:org|com)|de[b]\.debian\.org"
    r"|(?<![\w.\]})/-])/(?:wor[k]|far[m]|tm[p]|roo[t]|hom[e]|User[s])/|/bash_job[s]"
)


def kept_files() -> list[Path]:
    """Return the files of the project that git does not ignore."""
    ignored = {line.rstrip("/") for line in (ROOT / ".gitignore").read_text().split()} | {".git"}
    found = []
    for folder, folders, files in os.walk(ROOT):
        folders[:] = [name for name in folders if name not in ignored]
        found += [Path(folder, name) for name in files if name not in ignored]
    return sorted(found)


def test_no_file_names_a_registry_host_or_a_path_of_one_machine():
    hits = [
        f"{path.relative_to(ROOT)}: {hit.group()}"
        for path in kept_files()
        for hit in FORBIDDEN.finditer(path.read_text(errors="ignore"))
    ]
    assert not hits, listed(hits)


@pytest.mark.parametrize(
    ("text", "is_forbidden"),
    [
        ("see https://pyp" + "i.org/simple", True),
        ("path: '/hom" + "e/someone/crm'", True),
        ("cd /wor" + "k/main", True),
        ("https://docs.example.com/home/start and a relative tmp/file", False),
    ],
)
def test_forbidden_pattern(text, is_forbidden):
    assert bool(FORBIDDEN.search(text)) == is_forbidden


def test_ci_runs_what_a_developer_runs():
    script = ROOT / ".ci" / "run"
    assert script.read_text().splitlines()[-1] == "make test"
    assert os.access(script, os.X_OK)


def test_plain_dbt_finds_the_folder_of_the_default_warehouse():
    # DuckDB makes the file but not its folder, which a clone therefore has.
    assert (ROOT / "warehouse" / ".gitkeep").is_file()


# --- Models ---

NAMES = {
    r"staging/crm": r"(?:base|stg)_crm__[a-z0-9_]+",
    r"staging/(?P<crm>salesforce|hubspot|open)": r"base_{crm}__[a-z0-9_]+",
    r"intermediate/(?P<topic>[a-z_]+)": r"int_{topic}__[a-z0-9_]+",
    # A signal has a folder of its own.
    r"intermediate/signals/[a-z_]+": r"int_signals__[a-z0-9_]+",
    r"marts/[a-z_]+": r"(?!base_|stg_|int_)[a-z0-9]+(_[a-z0-9]+)*",
}
UNIQUENESS_TESTS = {"unique", "unique_combination_of_columns"}

# A string column with one of these words in its name holds personal data, unless the mart's column
# is listed in NOT_PERSONAL with the reason why not.
PERSONAL = re.compile(
    r"(?:^|_)(?:e?mail|phone|mobile|fax|name|username|salutation|title|birth\w*|street|address|zip"
    r"|postal_code|raw|old_value|new_value)(?:_|$)"
)
NOT_PERSONAL = {
    "test_runs.name": "the name of a test or model",
    "test_failures.name": "the name of a test or model",
}


@pytest.fixture(scope="module")
def manifest(tmp_path_factory):
    """The parsed project."""
    command = ["--quiet", "parse", "--project-dir", str(ROOT), "--target", "lint"]
    command += ["--profiles-dir", str(ROOT / "profiles")]
    command += ["--target-path", str(tmp_path_factory.mktemp("target"))]
    parsed = dbtRunner().invoke(command)
    assert parsed.success, parsed.exception
    return parsed.result


@pytest.fixture(scope="module")
def models(manifest):
    """The models of the project."""
    own = [node for node in manifest.nodes.values() if node.resource_type == "model"]
    return [node for node in own if node.package_name == "crm_hygiene"]


@pytest.fixture(scope="module")
def marts(models):
    """The models that BI tools read."""
    found = [node for node in models if node.original_file_path.startswith("models/marts/")]
    assert found
    return found


def name_pattern(folder: str) -> str:
    """Return the pattern of a model's name in a folder below models/."""
    for place, name in NAMES.items():
        match = re.fullmatch(place, folder)
        if match:
            return name.format(**match.groupdict()) if match.groupdict() else name
    raise AssertionError(f"no models belong into models/{folder}")


def test_models_are_named_by_their_folder(models):
    misnamed = []
    for node in models:
        path = Path(node.original_file_path)
        if not re.fullmatch(name_pattern(path.parent.relative_to("models").as_posix()), node.name):
            misnamed.append(node.original_file_path)
    assert not misnamed, listed(misnamed)


@pytest.mark.parametrize(
    ("folder", "name", "is_right"),
    [
        ("staging/hubspot", "base_hubspot__deal", True),
        ("staging/hubspot", "base_salesforce__account", False),
        ("staging/crm", "stg_crm__accounts", True),
        ("staging/crm", "int_crm__accounts", False),
        ("intermediate/history", "int_history__changes", True),
        ("intermediate/history", "int_crm__changes", False),
        ("marts/landing", "rejected_rows", True),
        ("marts/landing", "int_rejected_rows", False),
        ("marts/landing", "landing__rejected_rows", False),
    ],
)
def test_name_pattern(folder, name, is_right):
    assert bool(re.fullmatch(name_pattern(folder), name)) == is_right


def test_every_model_has_a_description(models):
    undescribed = [node.name for node in models if not node.description.strip()]
    assert not undescribed, listed(undescribed)


def test_every_mart_column_has_a_description_and_a_data_type(marts):
    incomplete = [
        f"{node.name}.{column.name}"
        for node in marts
        for column in node.columns.values()
        if not (column.description.strip() and column.data_type)
    ]
    assert not incomplete, listed(incomplete)


def test_every_mart_has_an_enforced_contract(marts):
    loose = [node.name for node in marts if not node.config.contract.enforced]
    assert not loose, listed(loose)


def test_every_mart_has_a_tested_unique_key(manifest, marts):
    tested = {
        node.attached_node
        for node in manifest.nodes.values()
        if node.resource_type == "test"
        and node.config.enabled
        and getattr(node, "test_metadata", None)
        and node.test_metadata.name in UNIQUENESS_TESTS
    }
    untested = [node.name for node in marts if node.unique_id not in tested]
    assert not untested, listed(untested)


def personal_data_fault(name: str, data_type: str, meta: dict) -> str | None:
    """Return what is wrong with how a mart's column says whether it holds personal data."""
    if not re.match(r"string|text|varchar|char|json", data_type or "string", re.IGNORECASE):
        return None
    says = meta.get("contains_personal_data")
    if not isinstance(says, bool):
        return "must say contains_personal_data: true or false"
    if PERSONAL.search(name) and not says:
        return "sounds like personal data"
    return None


def test_every_mart_column_says_whether_it_holds_personal_data(marts):
    faults = [
        f"{node.name}.{column.name}: {fault}"
        for node in marts
        for column in node.columns.values()
        if (fault := personal_data_fault(column.name, column.data_type, column.config.meta))
        and f"{node.name}.{column.name}" not in NOT_PERSONAL
    ]
    assert not faults, listed(faults)


@pytest.mark.parametrize(
    ("name", "data_type", "meta", "is_right"),
    [
        ("email", "string", {"contains_personal_data": True}, True),
        ("contact_email", "varchar", {"contains_personal_data": False}, False),
        ("owner_name", "string", {"contains_personal_data": False}, False),
        ("raw", "string", {}, False),
        ("segment", "string", {}, False),
        ("segment", None, {}, False),
        ("segment", "string", {"contains_personal_data": "no"}, False),
        ("segment", "string", {"contains_personal_data": False}, True),
        ("n_with_email", "integer", {}, True),
    ],
)
def test_personal_data_fault(name, data_type, meta, is_right):
    assert (personal_data_fault(name, data_type, meta) is None) == is_right


def test_every_declared_table_has_its_base_model_and_is_gone_over(manifest, models):
    declared = {(node.source_name, node.name) for node in manifest.sources.values()}
    base_models = {node.name for node in models if node.name.startswith("base_")}
    assert {f"base_{crm}__{table}" for crm, table in declared} <= base_models
    source = (ROOT / "macros" / "landing" / "crms.sql").read_text()
    listed = {
        (crm, table)
        for crm, tables in re.findall(r"'(\w+)': {\s*'tables': \[([^\]]*)\]", source)
        for table in re.findall(r"'(\w+)'", tables)
    }
    assert listed == declared
