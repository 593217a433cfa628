"""The rooms of the project: what may refer to what, and how a model reads from its first line."""

import re
from collections import defaultdict
from pathlib import Path

import pytest
from conftest import ROOT, parsed_project

LAYERS = ("staging", "intermediate", "marts")
REF = re.compile(r"{{\s*ref\(")
CTE = re.compile(r"(\w+) as (?:{{[^}]*}} )?\(")
PRELUDE_LINES = 30
# Rounds or objects of a loop are CTEs there, with the refs that belong to them.
LOOPED = {
    "int_crm__blank_fields", "int_identity__company_names", "int_identity__components",
    "int_identity__values", "stg_salesforce__field_changes",
}  # fmt: skip


def refs_of(nodes) -> list[tuple]:
    """Return each model's refs to models as (model, its folder, model read, its folder)."""
    models = {
        node.unique_id: node
        for node in nodes
        if node.resource_type == "model" and node.package_name == "crm_hygiene"
    }
    return [
        (node.name, folder(node), models[read].name, folder(models[read]))
        for node in models.values()
        for read in node.depends_on.nodes
        if read in models
    ]


def folder(node) -> str:
    """Return a model's folder below models/."""
    return "/".join(Path(node.original_file_path).parts[1:-1])


def upward(refs: list[tuple]) -> list[str]:
    """Return the refs to a higher layer, a sentence each."""
    return [
        f"{name} ({own}) reads {read} ({its}): let what both need stand in {own.split('/')[0]}"
        for name, own, read, its in refs
        if LAYERS.index(own.split("/")[0]) < LAYERS.index(its.split("/")[0])
    ]


def circles(refs: list[tuple]) -> list[str]:
    """Return the groups of folders that refer to each other, be it over others, a sentence each."""
    reads, examples = defaultdict(set), {}
    for name, own, read, its in refs:
        if own != its:
            reads[own].add(its)
            examples.setdefault((own, its), f"{name} reads {read}")

    def reached(start: str) -> set[str]:
        found, left = set(), list(reads[start])
        while left:
            place = left.pop()
            if place not in found:
                found.add(place)
                left.extend(reads[place])
        return found

    reach = {place: reached(place) for place in list(reads)}
    return [
        f"{own} and {its} refer to each other ({examples[own, its]}): move one of the two models"
        for own, its in sorted(examples)
        if own in reach.get(its, ())
    ]


def longest_chain(nodes) -> list[str]:
    """Return the longest chain of models that read each other."""
    reads = defaultdict(list)
    for name, _, read, _ in refs_of(nodes):
        reads[name].append(read)
    chains: dict[str, list[str]] = {}

    def chain(name: str) -> list[str]:
        if name not in chains:
            chains[name] = [name, *max(map(chain, reads[name]), key=len, default=[])]
        return chains[name]

    return max(map(chain, list(reads)), key=len)


@pytest.fixture(scope="module")
def nodes():
    return list(parsed_project().nodes.values())


def test_refs_go_down(nodes):
    assert not (found := upward(refs_of(nodes))), "\n".join(["", *found])


def test_no_two_folders_refer_to_each_other(nodes):
    assert not (found := circles(refs_of(nodes))), "\n".join(["", *found])


def test_the_chain_of_refs_grows_no_longer(nodes):
    chain = longest_chain(nodes)
    assert len(chain) <= 27, f"{len(chain)} models in a row: {' < '.join(chain)}"


def test_upward_and_circles_are_found():
    down = [("m", "marts/a", "i", "intermediate/a"), ("i", "intermediate/a", "s", "staging/crm")]
    assert upward(down) == circles(down) == []
    up = [*down, ("s", "staging/crm", "j", "intermediate/b")]
    assert upward(up) == [
        "s (staging/crm) reads j (intermediate/b): let what both need stand in staging"
    ]
    over_a_third = [*up, ("j", "intermediate/b", "i", "intermediate/a")]
    assert len(circles(over_a_third)) == 3
    assert circles(over_a_third)[0] == (
        "intermediate/a and staging/crm refer to each other (i reads s): move one of the two models"
    )


# --- How a model reads ---


def written_models() -> list[Path]:
    """Return the models that are more than one call of landed() or of a list's macro."""
    files = sorted((ROOT / "models").rglob("*.sql"))
    return [file for file in files if len(file.read_text().splitlines()) > 3]


def no_first_line(text: str) -> bool:
    """Tell whether a model does not begin with a comment that says its grain and purpose."""
    first = text.splitlines()[0]
    return not (first.startswith("-- ") and len(first.split()) > 5)


def prelude_lines(text: str) -> int:
    """Return how many lines of Jinja stand before the SQL."""
    before = re.split(r"(?m)^(?:with|select)\b", text)
    return len(before[0].splitlines()) if len(before) > 1 else 0


def late_refs(text: str) -> list[str]:
    """Return the CTEs that read a model and something else, or come after one that does."""
    found, places = [], [match for match in CTE.finditer(text) if match[0][0] != " "]
    places = [match for match in places if text[: match.start()].endswith(("with ", "\n"))]
    ends = [match.start() for match in places[1:]] + [len(text)] * bool(places)
    is_logic = False
    for place, end in zip(places, ends, strict=True):
        body = text[place.end() : end]
        is_import = len(REF.findall(body)) == 1 and not re.search(
            r"(?<![|] )\bjoin\b|\bunion\b", body
        )
        # A ref of a variable stands in a loop over models.
        if (
            re.search(r"{{\s*ref\('", body)
            and not (is_import and not is_logic)
            and "{%" not in body
        ):
            found.append(place[1])
        is_logic = is_logic or not is_import
    return found


@pytest.mark.parametrize(
    ("fault", "advice"),
    [
        (no_first_line, "begin it with a comment: -- One row per …: what it is for."),
        (
            lambda text: prelude_lines(text) > PRELUDE_LINES,
            f"move Jinja above {PRELUDE_LINES} lines into a macro or a seed",
        ),
        (late_refs, "give each ref a CTE of its own, on top"),
    ],
    ids=["first_line", "prelude", "imports"],
)
def test_models_read_from_the_top(fault, advice):
    faults = [
        f"{file.relative_to(ROOT)}: {advice}"
        for file in written_models()
        if file.stem not in LOOPED and fault(file.read_text())
    ]
    assert not faults, "\n".join(["", *faults])


def test_faults_of_reading_are_found():
    good = """-- One row per deal: where it stands.
with deals as (
    select * from {{ ref('stg_crm__opportunities') }}
),

users as (
    select * from {{ ref('stg_crm__users') }}
),

final as (
    select deals.id from deals inner join users on deals.owner_id = users.id
)

select * from final
"""
    assert not no_first_line(good)
    assert not late_refs(good)
    assert prelude_lines(good) == 1
    assert no_first_line(good.replace("-- One", "-- One row.\n-- "))
    assert no_first_line("{{ config(materialized='view') }}\n" + good)
    joined = good.replace("inner join users", "inner join {{ ref('stg_crm__users') }} as users")
    assert late_refs(joined) == ["final"]
    logic, import_ = "a as (\n    select 1 as one\n)", "b as (\n    select * from {{ ref('x') }}\n)"
    late = good.replace("final as (", f"{logic},\n\n{import_},\n\nfinal as (")
    assert late_refs(late) == ["b"]
    assert prelude_lines("{%- set a = 1 -%}\n" * 31 + good) == 32
