"""The stand-in does what dbt_utils' documentation says, and holds exactly what we use of it."""

import datetime
import hashlib
import re
import shutil
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
import yaml
from dbt.cli.main import dbtRunner
from hypothesis import given, settings
from hypothesis import strategies as st

ROOT = Path(__file__).resolve().parents[2]
STANDIN = ROOT / "standin" / "dbt_utils"
NULL_WORD = "_dbt_utils_surrogate_key_null_"

# The model that all the generic tests are run on.
CASES = """
select *
from (values
    (1, 'a', 'x', 10.0, true, date '2026-01-01'),
    (2, 'a', 'x', 20.0, false, date '2026-01-31'),
    (3, 'a', null, 0.0, null, null),
    (4, 'a', null, 30.0, true, date '2026-02-01'),
    (5, null, null, null, true, null),
    (6, null, null, 20.5, false, null),
    (7, 'b', '', -0.5, true, date '2025-12-31')
) as rows (id, "group", part, amount, is_open, seen_date)
"""
# Name, generic test, arguments, column (None: on the model), and what must fail: the combinations,
# else the ids of the rows.
COMBINATION = "unique_combination_of_columns"
GENERIC_TESTS = [
    ("single_column_unique", COMBINATION, {"combination_of_columns": ["id"]}, None, []),
    ("columns_unique_together", COMBINATION, {"combination_of_columns": ["part", "id"]}, None, []),
    # Nulls are equal to one another: (a, null) and (null, null) both stand twice.
    (
        "equal_combinations_fail_once_each",
        COMBINATION,
        {"combination_of_columns": ["group", "part"], "quote_columns": True},
        None,
        [(None, None), ("a", None), ("a", "x")],
    ),
    (
        "empty_text_is_not_null",
        COMBINATION,
        {"combination_of_columns": ["part"]},
        None,
        [(None,), ("x",)],
    ),
    ("expression_on_model", "expression_is_true", {"expression": "amount >= 0"}, None, [7]),
    ("expression_with_or", "expression_is_true", {"expression": "id < 3 or id > 3"}, None, [3]),
    ("expression_on_column", "expression_is_true", {"expression": "< 20.5"}, "amount", [4, 6]),
    ("false_fails_and_null_passes", "expression_is_true", {"expression": ""}, "is_open", [2, 6]),
    ("min_is_inclusive", "accepted_range", {"min_value": 0}, "amount", [7]),
    ("max_is_inclusive", "accepted_range", {"max_value": 20}, "amount", [4, 6]),
    ("both_bounds", "accepted_range", {"min_value": 0, "max_value": 20}, "amount", [4, 6, 7]),
    (
        "both_bounds_exclusive",
        "accepted_range",
        {"min_value": 0, "max_value": 20, "inclusive": False},
        "amount",
        [2, 3, 4, 6, 7],
    ),
    ("bound_is_another_column", "accepted_range", {"max_value": "id * 10"}, "amount", []),
    (
        "bound_is_an_expression",
        "accepted_range",
        {"min_value": "cast('2026-01-01' as date)"},
        "seen_date",
        [7],
    ),
    ("no_bound_accepts_all", "accepted_range", {}, "amount", []),
]

KEY_MODEL = "select {{ dbt_utils.generate_surrogate_key(['a', 'b', 'c']) }} as key from inputs"
TEXT = st.none() | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A scratch dbt project that has the stand-in as its only package."""
    root = tmp_path_factory.mktemp("scratch")
    write = {
        "dbt_project.yml": {
            "name": "scratch",
            "config-version": 2,
            "profile": "scratch",
            "flags": {"send_anonymous_usage_stats": False},
        },
        "profiles.yml": {
            "scratch": {
                "target": "duckdb",
                "outputs": {"duckdb": {"type": "duckdb", "path": str(root / "scratch.duckdb")}},
            }
        },
        "packages.yml": {"packages": [{"local": str(STANDIN)}]},
        "models/models.yml": {"models": [model_of_cases()]},
    }
    for name, content in write.items():
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text(yaml.safe_dump(content))
    (root / "models" / "cases.sql").write_text(CASES)
    (root / "models" / "key.sql").write_text(KEY_MODEL)
    shutil.copytree(STANDIN, root / "dbt_packages" / "dbt_utils")
    return root


def model_of_cases() -> dict:
    """Return the properties of the model `cases`: all of GENERIC_TESTS."""
    columns: dict[str, list] = {}
    on_model = []
    for name, test, arguments, column, _ in GENERIC_TESTS:
        entry = {f"dbt_utils.{test}": {"name": name, "arguments": arguments}}
        (on_model if column is None else columns.setdefault(column, [])).append(entry)
    return {
        "name": "cases",
        "data_tests": on_model,
        "columns": [{"name": name, "data_tests": tests} for name, tests in columns.items()],
    }


def run_dbt(project: Path, *command: str):
    """Run a dbt command in the scratch project and return its result."""
    place = ["--project-dir", str(project), "--profiles-dir", str(project)]
    result = dbtRunner().invoke(["--quiet", *command, *place])
    assert result.exception is None, result.exception
    return result.result


@pytest.fixture(scope="module")
def failing_rows(project):
    """The failing rows of each generic test, as dbt stored them."""
    run_dbt(project, "build", "--select", "cases", "--store-failures")
    with duckdb.connect(str(project / "scratch.duckdb")) as connection:
        connection.execute("use main_dbt_test__audit")
        stored = {row[0] for row in connection.execute("show tables").fetchall()}
        return {name: connection.sql(f'from "{name}"').fetchall() for name in stored}


@pytest.mark.parametrize(
    ("name", "test", "expected"), [(case[0], case[1], case[4]) for case in GENERIC_TESTS]
)
def test_generic_test_fails_with_exactly_these_rows(failing_rows, name, test, expected):
    rows = failing_rows[name]
    found = rows if test == COMBINATION else [row[0] for row in rows]
    assert sorted(found, key=repr) == sorted(expected, key=repr)


@pytest.fixture(scope="module")
def key_sql(project):
    """The rendered SQL of the surrogate key model: as it is, and with nulls as empty texts."""
    variable = "{surrogate_key_treat_nulls_as_empty_strings: true}"
    commands = {False: [], True: ["--vars", variable]}
    return {
        nulls_as_empty: run_dbt(project, "compile", "--select", "key", *options)
        .results[0]
        .node.compiled_code
        for nulls_as_empty, options in commands.items()
    }


@pytest.fixture(scope="module")
def memory():
    """A DuckDB in memory."""
    with duckdb.connect() as connection:
        yield connection


def key_of(memory, sql: str, values: tuple) -> str:
    """Return the surrogate key of three values, computed by DuckDB."""
    inputs = "with inputs as (select ? as a, ? as b, ? as c) "
    return memory.execute(inputs + sql, list(values)).fetchone()[0]


def md5_of(texts: list[str]) -> str:
    """Return what the documentation says the key is: the md5 of the texts joined by '-'."""
    return hashlib.md5("-".join(texts).encode()).hexdigest()


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        (("a", "b", "c"), ["a", "b", "c"]),
        (("ä'\"", " ", "a-b"), ["ä'\"", " ", "a-b"]),
        ((1, -20, 2**62), ["1", "-20", str(2**62)]),
        ((1.5, Decimal("2.50"), 0.1), ["1.5", "2.50", "0.1"]),
        ((True, False, ""), ["true", "false", ""]),
        (
            (datetime.date(2026, 3, 31), datetime.datetime(2026, 3, 31, 12, 0, 1), "x"),
            ["2026-03-31", "2026-03-31 12:00:01", "x"],
        ),
        ((None, "", None), [NULL_WORD, "", NULL_WORD]),
    ],
)
def test_surrogate_key_is_the_md5_of_the_values_as_text(memory, key_sql, values, texts):
    assert key_of(memory, key_sql[False], values) == md5_of(texts)


@settings(deadline=None)
@given(values=st.tuples(TEXT, TEXT, TEXT))
def test_surrogate_key_of_any_text(memory, key_sql, values):
    with_word = [NULL_WORD if value is None else value for value in values]
    with_empty = [value or "" for value in values]
    assert key_of(memory, key_sql[False], values) == md5_of(with_word)
    assert key_of(memory, key_sql[True], values) == md5_of(with_empty)


def test_standin_holds_exactly_what_the_project_uses():
    macro = re.compile(r"{%-?\s*(?:macro|test)\s+(?!default__)(\w+)")
    held = {name for path in STANDIN.rglob("*.sql") for name in macro.findall(path.read_text())}
    folders = ["models", "macros", "tests", "seeds", "analyses"]
    files = [path for folder in folders for path in (ROOT / folder).rglob("*.*")]
    texts = [
        p.read_text() for p in [ROOT / "dbt_project.yml", *files] if p.suffix in (".sql", ".yml")
    ]
    used = {name for text in texts for name in re.findall(r"\bdbt_utils\.(\w+)", text)}
    assert held == used, f"to add: {used - held or None}, to remove: {held - used or None}"
