"""How DuckDB would run the models: no two sides that both grow with the landing meet in a loop.

Of 5 million records a loop over their pairs never ends. The plans are those of the built demo, made
as for large tables: a small side is looped over by choice, which is switched off, and what the
demo's rows happen to hold decides nothing.
"""

import json
import re
from collections.abc import Iterator

import duckdb
import pytest

# The last sorts both sides, and then finds half of all pairs.
LOOPS = {"NESTED_LOOP_JOIN", "BLOCKWISE_NL_JOIN", "CROSS_PRODUCT", "PIECEWISE_MERGE_JOIN"}
# A hash of these alone tells apart but a handful of groups.
FEW_VALUES = {"crm", "object_type", "metric_date"}
# One row, or as many as the SQL itself writes down.
BOUNDED = {"UNGROUPED_AGGREGATE", "DUMMY_SCAN", "COLUMN_DATA_SCAN", "EMPTY_RESULT"}
# Models of which the landing decides what they hold, but hardly how many rows.
FEW_ROWS = {
    "int_crm__inputs": "a row per CRM, object and input that the project knows",
    "int_health__rebuilt_days": "twelve month ends and eight weeks",
    "int_lifecycle__limits": "a row per object type and region",
}
# Models that compare in a loop what is grouped by so few values that it stays small.
GROUPED = {
    "int_health__rebuilt_values": "records with twenty days of each CRM and object",
    "int_pipeline__changes": "wins with the one period of each CRM",
    "int_pipeline__totals": "wins with the nine periods that a CRM's forecast looks at",
    "int_review__examples": "weeks of a stage with the one window of their signal",
    "int_signatures__source_mix_shift": "weeks with the records of each week and lead source",
    "reporting_drift": "deals with the figures that drifted: of a report, closed period and part",
}
AS_IF_LARGE = """
    set nested_loop_join_threshold = 0;
    set merge_join_threshold = 0;
    set disabled_optimizers = 'statistics_propagation';
"""


def nodes_below(plan: dict) -> Iterator[dict]:
    """All operators of a plan."""
    yield plan
    for child in plan["children"]:
        yield from nodes_below(child)


def is_loop(node: dict) -> bool:
    """Whether an operator looks at each pair of rows of its sides, or of a few large groups.

    A hash of few values with nothing else to compare joins what is grouped by them.
    """
    if node["name"].strip() != "HASH_JOIN":
        return node["name"].strip() in LOOPS
    conditions = node["extra_info"]["Conditions"]
    conditions = [conditions] if isinstance(conditions, str) else conditions
    sides = [re.split(" = | IS NOT DISTINCT FROM ", condition) for condition in conditions]
    hashed = {name for pair in sides if len(pair) == 2 for name in pair}
    return hashed <= FEW_VALUES and any(len(pair) == 1 for pair in sides)


def loops(plan: dict, bounded: set[str]) -> list[str]:
    """The operators of a plan that loop over two sides which can both grow.

    bounded: the tables, as schema.name, that do not grow with the landing.
    """
    definitions = {
        node["extra_info"]["Table Index"]: node["children"][0]
        for node in nodes_below(plan)
        if node["name"].strip() == "CTE"
    }

    def growing(node: dict) -> set[str]:
        """What makes the rows of an operator grow."""
        name, info = node["name"].strip(), node["extra_info"]
        if name in BOUNDED:
            return set()
        if name == "CTE_SCAN":
            return growing(definitions[info["CTE Index"]])
        if "Table" in info:
            return {".".join(info["Table"].replace('"', "").split(".")[-2:])} - bounded
        # What reads a file or a list has no operator below it either.
        if not node["children"]:
            return {name}
        return set().union(*map(growing, node["children"]))

    found = []
    for node in nodes_below(plan):
        sides = [growing(child) for child in node["children"]]
        if is_loop(node) and all(sides):
            names = (", ".join(sorted(side)) for side in sides)
            found.append(f"{node['name'].strip()} of {' and '.join(names)}")
    return found


def plan_of(connection: duckdb.DuckDBPyConnection, sql: str) -> dict:
    """How DuckDB would run a query."""
    text = connection.execute(f"explain (format json) {sql}").fetchone()[1]
    return {"name": "", "children": json.loads(text), "extra_info": {}}


@pytest.fixture(scope="module")
def compiled(demo) -> list:
    """All models, compiled on the built demo."""
    result = demo.dbt("compile", "--select", "resource_type:model", "--indirect-selection", "empty")
    assert result.success, result.exception
    demo.let_go()
    nodes = [one.node for one in result.result.results if one.node.resource_type == "model"]
    assert not FEW_ROWS.keys() - {node.name for node in nodes}
    return nodes


def bounded_tables(nodes: list) -> set[str]:
    """The tables that do not grow with the landing: seeds, and models of nothing else."""
    of = {node.unique_id: node for node in nodes}

    def is_bounded(unique_id: str) -> bool:
        if unique_id.startswith("seed."):
            return not unique_id.split(".")[-1].startswith("demo_")
        node = of.get(unique_id)
        if node is None or node.name in FEW_ROWS:
            return node is not None
        return bool(node.depends_on.nodes) and all(map(is_bounded, node.depends_on.nodes))

    parents = {parent for node in nodes for parent in node.depends_on.nodes} | of.keys()
    names = (unique_id for unique_id in parents if is_bounded(unique_id))
    return {
        f"{'policy' if n.startswith('seed.') else of[n].schema}.{n.split('.')[-1]}" for n in names
    }


@pytest.mark.parametrize("setting", ["", AS_IF_LARGE], ids=["as-the-demo-is", "as-if-large"])
def test_no_two_sides_that_grow_meet_in_a_loop(demo, compiled, setting):
    bounded = bounded_tables(compiled)
    with duckdb.connect(str(demo.path), read_only=True) as connection:
        connection.execute(setting)
        found = {
            node.name: loops(plan_of(connection, node.compiled_code), bounded) for node in compiled
        }
    assert len(found) > 200
    assert "staging.stg_crm__told_changes" not in bounded
    looping = {name: which for name, which in found.items() if which}
    assert not {name: looping[name] for name in looping.keys() - GROUPED.keys()}
    assert not GROUPED.keys() - looping.keys(), "no exception any more"


@pytest.mark.parametrize(
    ("sql", "is_loop"),
    [
        ("select * from big left join big as b on big.kind = 3 and big.id = b.id", True),
        (
            "select * from big left join big as b on case when big.kind = 3 then big.id end = b.id",
            False,
        ),
        ("select * from big join big as b on big.id < b.kind or big.kind = b.id", True),
        ("select * from big cross join big as b", True),
        ("select * from big cross join (select max(id) from big) as one", False),
        ("select * from big cross join small", False),
        (
            "select * from big join big as b on big.crm = b.crm and big.id between b.id and b.n",
            True,
        ),
        ("select * from big join big as b on big.id = b.id and big.n > b.n", False),
        ("with a as materialized (select * from big) select * from a cross join a as b", True),
        ("with a as materialized (select * from small) select * from big cross join a", False),
        ("select * from big cross join (values (1), (2)) as listed", False),
    ],
)
def test_loops(sql, is_loop):
    with duckdb.connect() as connection:
        connection.execute(AS_IF_LARGE)
        connection.execute(
            "create table big as "
            "select i as id, i % 7 as kind, 'a' as crm, i as n from range(99) as numbers(i)"
        )
        connection.execute("create table small as select 1 as setting")
        assert bool(loops(plan_of(connection, sql), {"main.small"})) == is_loop
