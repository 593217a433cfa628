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
from conftest import parsed_project

ROOT = Path(__file__).resolve().parents[2]


def listed(faults: Iterable[str]) -> str:
    """Return the message of a failed check: one fault a line."""
    return "\n".join(["", *sorted(faults)])


# --- The linters ---

HOOKS = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"][0]["hooks"]


@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: hook["id"])
def test_linter_finds_nothing(hook):
    program, *arguments = shlex.split(hook["entry"])
    if hook.get("pass_filenames", True):
        # On commit it is given the files that changed.
        arguments += ["models", "tests/singular", "analyses"]
    # The same environment as that of the tests, wherever it lies.
    command = [Path(sys.executable).with_name(Path(program).name)]
    if hook["id"] == "sqlfluff":
        command = [sys.executable, Path(__file__).with_name("lint_whole.py")]
    done = subprocess.run([*command, *arguments], cwd=ROOT, capture_output=True, text=True)
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
    r"staging/(?P<crm>[a-z]+)": r"(?:base|stg)_{crm}__[a-z0-9_]+",
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
def manifest():
    """The parsed project."""
    return parsed_project()


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
        ("staging/hubspot", "stg_hubspot__accounts", True),
        ("staging/hubspot", "base_salesforce__account", False),
        ("staging/hubspot", "stg_crm__accounts", False),
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


def too_long_names(manifest) -> list[str]:
    """Return what has a longer name than PostgreSQL lets a table have."""
    own = [*manifest.nodes.values(), *manifest.unit_tests.values()]
    names = {
        getattr(node, "alias", None) or node.name
        for node in own
        if node.package_name == "crm_hygiene"
    }
    return [name for name in names if len(name) > 63]


def test_no_name_is_too_long_for_postgresql(manifest):
    assert not too_long_names(manifest), listed(too_long_names(manifest))


def test_doubles_are_named_as_each_engine_names_them():
    # PostgreSQL and BigQuery know no type of that name.
    plain = [
        f"{path.relative_to(ROOT)}:{number}"
        for folder, pattern in (
            ("models", r"(data_type: *[\"']?|\bas |::)double\b *($|[\"',})])"),
            ("macros", r"(\bas |::)double *\)"),
            ("seeds", r": *[\"']?double\b"),
        )
        for path in (ROOT / folder).rglob("*")
        if path.suffix in (".sql", ".yml") and path.parent != ROOT / "macros" / "engine"
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if re.search(pattern, line)
    ]
    assert not plain, "write the anchor of _pipeline__models.yml, or type_double()" + listed(plain)


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


# --- CRMs ---

REGISTER = ROOT / "macros" / "landing" / "crms.sql"
# What is above the folder of a CRM, but for the register and what the demo writes.
ABOVE = ("models/staging/crm", "models/intermediate", "models/marts")
ABOVE += ("macros", "analyses", "tests/singular")
NOT_ABOVE = ("macros/landing/crms.sql", "macros/landing/demo_tables.sql")
# The open landing is the project's own: its tables and columns have the project's names.
OWN_LANDING = "open"
SQL_COMMENT = re.compile(r"{#.*?#}|--[^\n]*", re.DOTALL)


def registered() -> dict[str, dict[str, set[str]]]:
    """Return what the register says of each CRM: its tables, and what its folder gives."""
    entry = re.compile(
        r"'(\w+)': {\s*(?:'(?:ids|prefixes)': .*\n\s*)*"
        r"'tables': \[([^]]*)\],\s*'gives': \[([^]]*)\]"
    )
    return {
        crm: {
            "tables": set(re.findall(r"'(\w+)'", tables)),
            "gives": set(re.findall(r"'(\w+)'", gives)),
        }
        for crm, tables, gives in entry.findall(REGISTER.read_text())
    }


def register_faults(entries: dict, declared: set[tuple], models: set[str]) -> list[str]:
    """Return where the register of CRMs, the sources and the models of their folders differ."""
    tables = {(crm, table) for crm, entry in entries.items() for table in entry["tables"]}
    gives = {(crm, what) for crm, entry in entries.items() for what in entry["gives"]}
    staged = {tuple(name[4:].split("__", 1)) for name in models if name.startswith("stg_")}
    base = {tuple(name[5:].split("__", 1)) for name in models if name.startswith("base_")}
    return [
        *(f"{crm}.{table} is declared: list it in crms()" for crm, table in declared - tables),
        *(
            f"{crm}.{table} is in crms(): declare it as a source"
            for crm, table in tables - declared
        ),
        *(
            f"{crm}.{table} is declared: write base_{crm}__{table}"
            for crm, table in declared - base
        ),
        *(
            f"crms() says that {crm} gives {what}: write stg_{crm}__{what}"
            for crm, what in gives - staged
        ),
        *(
            f"stg_{crm}__{what} is read by nobody: list it in what {crm} gives in crms()"
            for crm, what in staged - gives
            if crm != "crm"
        ),
    ]


def test_the_register_of_crms_is_what_their_folders_hold(manifest, models):
    declared = {(node.source_name, node.name) for node in manifest.sources.values()}
    faults = register_faults(registered(), declared, {node.name for node in models})
    assert not faults, listed(faults)


def test_register_faults():
    entries = {"one": {"tables": {"deals"}, "gives": {"opportunities"}}}
    models = {"base_one__deals", "stg_one__opportunities", "stg_crm__opportunities"}
    assert not register_faults(entries, {("one", "deals")}, models)
    assert register_faults(entries, {("one", "deals"), ("one", "people")}, models) == [
        "one.people is declared: list it in crms()",
        "one.people is declared: write base_one__people",
    ]
    assert register_faults(entries, set(), models)
    assert register_faults(entries, {("one", "deals")}, models | {"stg_one__contacts"}) == [
        "stg_one__contacts is read by nobody: list it in what one gives in crms()"
    ]
    assert register_faults(entries, {("one", "deals")}, {"base_one__deals"}) == [
        "crms() says that one gives opportunities: write stg_one__opportunities"
    ]


def names_of_one_crm(manifest, models) -> dict[str, str]:
    """Return the landed tables and columns that only one CRM's folder may name, with the CRM.

    Names of one word are too common to tell.
    """
    canonical = {
        column
        for node in models
        if not re.match(r"(?:base|stg)_(?!crm__)", node.name)
        for column in node.columns
    }
    for path in sql_files("models/staging/crm"):
        for columns in re.findall(r"crm_union\((.*?)\) }}", path.read_text(), re.DOTALL):
            canonical |= set(re.findall(r"'(\w+)'", columns))
    names = {}
    for node in manifest.sources.values():
        for name in [node.name, *node.columns]:
            if node.source_name == OWN_LANDING:
                canonical.add(name)
            else:
                names[name] = node.source_name
    return {name: crm for name, crm in names.items() if "_" in name and name not in canonical}


def crm_faults(text: str, crms: Iterable[str], names: dict[str, str]) -> list[str]:
    """Return what a text above the CRMs' folders says of one CRM, each with what to do instead."""
    text = SQL_COMMENT.sub("", text)
    either = "|".join(crms)
    others = "|".join(crm for crm in crms if crm != OWN_LANDING)
    compared = rf"\bcrm\s*(?:==?|<>|!=|(?:not\s+)?in)\s*\(?\s*'(?:{either})'"
    literal = rf"{compared}|'(?:{others})'|'{OWN_LANDING}':"
    return [
        *(
            f"{found}: read the stg_crm__ model instead, which unites what the CRMs give"
            for found in re.findall(rf"\b(?:base|stg)_(?:{either})__\w+", text)
        ),
        *(
            f"{' '.join(found.split())}: let what differs come as a column from stg_<crm>__,"
            " or from the meta of the sources"
            for found in re.findall(literal, text)
        ),
        *(
            f"{found}: what ids begin with stands in the meta of the sources (names, id_prefix)"
            for found in re.findall(r"'0[0-9A-Z]{2}%?'", text)
        ),
        *(
            f"{word} is {names[word]}'s name: give it the project's in stg_{names[word]}__,"
            " or say in the meta of the sources what it gives"
            for word in sorted(set(re.findall(r"\w+", text)) & set(names))
        ),
    ]


def test_nothing_above_the_folder_of_a_crm_knows_it(manifest, models):
    names = names_of_one_crm(manifest, models)
    assert {"property_amount", "legal_hold_c", "engagement_call", "who_id"} <= set(names)
    files = {path: str(path.relative_to(ROOT)) for folder in ABOVE for path in sql_files(folder)}
    # What reads every landing knows what a loader adds to each.
    of_crms = {word: crm for word, crm in names.items() if not word.startswith("_")}
    faults = [
        f"{name}: {fault}"
        for path, name in files.items()
        if name not in NOT_ABOVE
        for fault in crm_faults(
            path.read_text(),
            registered(),
            of_crms if name.startswith("macros/landing/") else names,
        )
    ]
    assert not faults, listed(faults)


@pytest.mark.parametrize(
    ("text", "n_faults"),
    [
        ("select * from {{ ref('stg_crm__accounts') }} where crm in ('*', records.crm)", 0),
        ("-- HubSpot's property_amount\nselect 1 {# crm = 'hubspot' #}", 0),
        ("where crm in ('{{ crm_sources() | join(\"', '\") }}') and stage_kind = 'open'", 0),
        ("select * from {{ ref('base_hubspot__deal') }}", 1),
        ("select * from {{ ref('stg_open__leads') }}", 1),
        ("where accounts.crm = 'open'", 1),
        ("where crm not in ( 'open')", 1),
        ("case crm when 'salesforce' then 1 end", 1),
        ("{%- if crm == 'open' -%}", 1),
        ("{%- set tables = {'open': ['leads']} -%}", 1),
        ("where owner_id like '00G%'", 1),
        ("select property_amount, legal_hold_c from records", 2),
        ("where not coalesce(_fivetran_deleted, false)", 1),
        ("where policy.crm in ('*', records.crm) and n = 0 and code = '007x'", 0),
    ],
)
def test_crm_faults(text, n_faults):
    names = {"property_amount": "hubspot", "legal_hold_c": "salesforce"}
    names["_fivetran_deleted"] = "hubspot"
    found = crm_faults(text, ["salesforce", "hubspot", "open"], names)
    assert len(found) == n_faults, found
