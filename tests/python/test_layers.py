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
    assert len(chain) <= 25, f"{len(chain)} models in a row: {' < '.join(chain)}"


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


# --- What knows a CRM ---

UNITED = "read stg_crm__ instead, where all CRMs are united"
COLUMN = "let its folder in staging give the project's column"
TOLD = "let its folder in staging give a column that tells"
PREFIX = "let the sources' meta tell the prefix (names_a_queue, names)"
KNOWS_A_CRM = {
    r"\b(?:base|stg)_(?:{crms})__\w+": UNITED,
    r"\bcrm\s*(?:=|<>|!=|in)\s*\(?\s*'(?:{crms})'": TOLD,
    r"\b(?:property_|hs_|_fivetran_)\w+|\b\w*[a-z0-9]_c\b": COLUMN,
    r"'(?:00[0-9A-Z]|0[0-9A-Z]{{2}})%?'": PREFIX,
}
# The registers of the landings, the reader of landed tables, and what Salesforce's folder calls.
OF_LANDINGS = ("macros/landing/", "macros/normalise/salesforce_event_type.sql")


def knows_a_crm(text: str, crms: list[str]) -> list[str]:
    """Return what a text knows of one CRM, comments aside, and what to do about it."""
    text = re.sub(r"(?s){#.*?#}|--[^\n]*", "", text)
    return [
        f"{match[0]}: {advice}"
        for pattern, advice in KNOWS_A_CRM.items()
        for match in re.finditer(pattern.format(crms="|".join(crms)), text)
    ]


@pytest.fixture(scope="module")
def crms():
    """The CRMs that have a folder of their own."""
    return [place.name for place in (ROOT / "models/staging").iterdir() if place.name != "crm"]


def test_nothing_above_its_folder_knows_a_crm(crms):
    places = ("models/staging/crm", "models/intermediate", "models/marts", "macros", "analyses")
    faults = [
        f"{name} knows {fault}"
        for place in (*places, "tests/singular")
        for file in sorted((ROOT / place).rglob("*.sql"))
        if not (name := str(file.relative_to(ROOT))).startswith(OF_LANDINGS)
        for fault in knows_a_crm(file.read_text(), crms)
    ]
    assert not faults, "\n".join(["", *faults])


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("from {{ ref('base_salesforce__task') }}", "base_salesforce__task: read stg_crm__"),
        ("where crm = 'hubspot'", "crm = 'hubspot': let its folder"),
        ("where crm in ('open')", "crm in ('open': let its folder"),
        ("select property_dealname", "property_dealname: let its folder"),
        ("select segment_c as segment", "segment_c: let its folder"),
        ("where owner_id like '00G%'", "'00G%': let the sources' meta"),
        ("-- Salesforce's 00G\nselect crm {# property_x #}", None),
        ("where policy.crm in ('*', records.crm) and n = 0 and code = '007x'", None),
    ],
)
def test_what_knows_a_crm_is_found(text, found):
    faults = knows_a_crm(text, ["salesforce", "hubspot", "open"])
    assert len(faults) == (found is not None)
    assert not found or faults[0].startswith(found)


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
