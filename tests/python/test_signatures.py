"""The register of the failure signatures, their models, limits, tests and docs say the same."""

import csv
import re
import shutil
from pathlib import Path

import pytest
import yaml

from crm_hygiene import docs

ROOT = Path(__file__).parents[2]
FOLDER = Path("models/intermediate/signatures")
REGISTER = Path("seeds/policy/signature_register.csv")
THRESHOLDS = Path("seeds/policy/thresholds.csv")
PAGE = Path("docs/signatures.md")
INPUTS = ("int_crm__inputs",)
CHECKED = ("models/intermediate", "seeds/policy", PAGE)
OBJECT_TYPES = {"account", "contact", "lead", "opportunity", "case", "activity"}


class Project:
    """What is checked, read once."""

    def __init__(self, root: Path):
        self.register = self.rows(root / REGISTER)
        self.thresholds = {row["threshold_id"] for row in self.rows(root / THRESHOLDS)}
        self.sql = {
            path.stem: path.read_text(encoding="utf-8")
            for path in (root / "models/intermediate").rglob("int_*.sql")
        }
        self.explained = re.findall("(?m)^### (.*)$", (root / PAGE).read_text(encoding="utf-8"))
        self.inputs = self.known_inputs(root)
        self.verdicts = self.verdicts_tested(root)

    @staticmethod
    def rows(path: Path) -> list[dict[str, str]]:
        """Return the rows of a seed."""
        with path.open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    def known_inputs(self, root: Path) -> set[str]:
        """Return what may be needed: what the model of the inputs names, and fields' histories."""
        told = set().union(*(re.findall(r"'([\w:]+)'", self.sql[name]) for name in INPUTS))
        fields = {row["field"] for row in self.rows(root / "seeds/policy/field_map.csv")}
        return told | {f"history:{field}" for field in fields}

    @staticmethod
    def verdicts_tested(root: Path) -> dict[str, set[bool]]:
        """Return which verdicts the unit tests of each model expect."""
        found: dict[str, set[bool]] = {}
        for path in (root / FOLDER).glob("*unit_tests.yml"):
            text = path.read_text(encoding="utf-8")
            for test in yaml.load(text, yaml.CSafeLoader)["unit_tests"]:
                verdicts = {row.get("is_hit") for row in test["expect"]["rows"]}
                found.setdefault(test["model"], set()).update(verdicts - {None})
        return found

    def limits_in(self, name: str) -> set[str]:
        """Return the thresholds that a model reads for itself."""
        return set(re.findall(r"threshold\('([^']+)'\)", self.sql[name]))


def faults_of_row(row: dict[str, str], project: Project) -> list[str]:
    """Return what is wrong with a signature's row, each in a sentence that says what to do."""
    signature = row["signature"]
    needs = {need.strip() for need in re.split(r"[|&]", row["needs"])} - {""}
    found = [
        f"{signature} has nothing in the column {column} of {REGISTER}: fill it."
        for column, cell in row.items()
        if column != "limits" and not cell.strip()
    ]
    found += [
        f"{signature} judges {one}, which is no object type: mend its object_types in {REGISTER}."
        for one in sorted(set(row["object_types"].split()) - OBJECT_TYPES)
    ]
    found += [
        f"{signature} needs {need}, which no landing ever tells: mend its needs in {REGISTER}, "
        f"or add the input to {INPUTS[0]}."
        for need in sorted(needs - project.inputs)
    ]
    found += [
        f"{signature} has the limit {limit}, which {THRESHOLDS} lacks: add it with its reason."
        for limit in row["limits"].split()
        if limit not in project.thresholds
    ]
    if signature not in project.explained:
        found.append(f"{PAGE} does not explain {signature}: run crm-hygiene docs.")
    return found


def faults_of_model(row: dict[str, str], project: Project) -> list[str]:
    """Return what is wrong with a signature's model and its unit tests."""
    signature, limits = row["signature"], row["limits"].split()
    name = f"int_signatures__{signature}"
    if name not in project.sql:
        return [f"{signature} has no cases: write {FOLDER}/{name}.sql, a row a case with is_hit."]
    read = project.limits_in(name)
    parents = re.findall(r"ref\('(int_\w+)'\)", project.sql[name])
    of_parents = set().union(*(project.limits_in(parent) for parent in parents))
    found = [
        f"{name} reads the threshold {limit}: name it in {signature}'s limits in {REGISTER}."
        for limit in sorted(read - set(limits))
    ]
    found += [
        f"{signature} has the limit {limit}, which {name} does not read: take it out of {REGISTER}."
        for limit in limits
        if limit not in read | of_parents
    ]
    if "int_signatures__changes" in parents:
        found += [
            f"int_signatures__changes may not reach back as far as {limit} of {signature}: "
            "add it to its list."
            for limit in sorted(read)
            if re.search("_(days|hours|minutes)$", limit)
            and f"'{limit}'" not in project.sql["int_signatures__changes"]
        ]
    found += [
        f"No unit test of {name} expects a case that is {'bad' if verdict else 'not bad'}: "
        f"add one beside it in {FOLDER}."
        for verdict in (True, False)
        if verdict not in project.verdicts.get(name, set())
    ]
    return found


def faults(root: Path) -> list[str]:
    """Return what is out of step under a root, each in a sentence that says what to do."""
    project = Project(root)
    signatures = [row["signature"] for row in project.register]
    cases = project.sql["int_signatures__cases"]
    listed = re.findall(r"'(\w+)'", cases[cases.index("set signatures") : cases.index("] %}")])
    found = []
    for row in project.register:
        found += faults_of_row(row, project) + faults_of_model(row, project)
    found += [
        f"int_signatures__cases does not read {one}: add it to its list."
        for one in signatures
        if one not in listed
    ]
    found += [
        f"{REGISTER} lacks {one}, which int_signatures__cases reads: add a row."
        for one in listed
        if one not in signatures
    ]
    return found


def test_every_signature_is_whole():
    assert faults(ROOT) == []


def test_the_page_has_the_signatures_in_the_registers_order():
    page = (ROOT / PAGE).read_text(encoding="utf-8")
    steps = list(docs.STEPS)
    by_step = sorted(docs.seed("signature_register"), key=lambda row: steps.index(row["step"]))
    assert re.findall("(?m)^### (.*)$", page) == [row["signature"] for row in by_step]


@pytest.fixture()
def copy(tmp_path):
    """A copy of what is checked, to be broken."""
    for path in CHECKED:
        target = tmp_path / path
        target.parent.mkdir(parents=True, exist_ok=True)
        (shutil.copytree if (ROOT / path).is_dir() else shutil.copyfile)(ROOT / path, target)
    return tmp_path


def test_what_a_broken_copy_says(copy):
    assert faults(copy) == []


@pytest.mark.parametrize(
    ("path", "old", "new", "says"),
    [
        (
            REGISTER,
            ",stopped_clocks & history:owner_id,",
            ",,",
            f"handoff_stops_clock has nothing in the column needs of {REGISTER}: fill it.",
        ),
        (
            REGISTER,
            ",clocks stopped,",
            ",,",
            f"handoff_stops_clock has nothing in the column out_of of {REGISTER}: fill it.",
        ),
        (
            REGISTER,
            "& owner_id & queues",
            "& owner_id & queueing",
            "long_in_queue needs queueing, which no landing ever tells: mend its needs in "
            f"{REGISTER}, or add the input to {INPUTS[0]}.",
        ),
        (
            REGISTER,
            ",queue_wait__days,",
            ",,",
            "int_signatures__long_in_queue reads the threshold queue_wait__days: name it in "
            f"long_in_queue's limits in {REGISTER}.",
        ),
        (
            REGISTER,
            "clock_restart_by_edit,sla,",
            "clock_started_by_edit,sla,",
            f"clock_started_by_edit has no cases: write {FOLDER}/"
            "int_signatures__clock_started_by_edit.sql, a row a case with is_hit.",
        ),
        (
            THRESHOLDS,
            "win_inflation__days,",
            "win_inflation_days,",
            "amount_raised_before_win has the limit win_inflation__days, which "
            f"{THRESHOLDS} lacks: add it with its reason.",
        ),
        (
            FOLDER / "int_signatures__cases.sql",
            "'rush', ",
            "",
            "int_signatures__cases does not read rush: add it to its list.",
        ),
        (
            FOLDER / "int_signatures__cases.sql",
            "'rush', ",
            "'rush', 'slack', ",
            f"{REGISTER} lacks slack, which int_signatures__cases reads: add a row.",
        ),
        (
            FOLDER / "int_signatures__changes.sql",
            "    (minute, 'clock_stop__minutes'),\n",
            "",
            "int_signatures__changes may not reach back as far as clock_stop__minutes of "
            "handoff_stops_clock: add it to its list.",
        ),
        (
            FOLDER / "_int_signatures__stage_change_unit_tests.yml",
            "is_hit: true, detail: back from Offer to New",
            "is_hit: false, detail: back from Offer to New",
            "No unit test of int_signatures__regression expects a case that is bad: "
            f"add one beside it in {FOLDER}.",
        ),
        (
            PAGE,
            "### rush\n",
            "",
            f"{PAGE} does not explain rush: run crm-hygiene docs.",
        ),
    ],
)
def test_a_fault_is_named_in_one_sentence(copy, path, old, new, says):
    text = (copy / path).read_text(encoding="utf-8")
    assert old in text
    (copy / path).write_text(text.replace(old, new), encoding="utf-8")
    assert says in faults(copy)


def test_a_signature_without_unit_tests_is_named(copy):
    path = copy / FOLDER / "_int_signatures__sla_unit_tests.yml"
    path.write_text(path.read_text("utf-8").replace("model: int_signatures__rush", "model: x"))
    assert faults(copy) == [
        f"No unit test of int_signatures__rush expects a case that is {verdict}: "
        f"add one beside it in {FOLDER}."
        for verdict in ("bad", "not bad")
    ]
