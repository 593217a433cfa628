"""What a signal or an archetype is made of, read from the project's files: what is missing, and
what to do about it, in a sentence each."""

import csv
import re
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

import yaml

RULES = "seeds/policy/rules.csv"
THRESHOLDS = "seeds/policy/thresholds.csv"
DOCS = "docs/rules.md"
LIST = "macros/normalise/signals.sql"
SIGNALS = "models/intermediate/signals"
ARCHETYPES = "models/intermediate/archetypes"
CARDS = "dashboard_views.js"

# What a row of the register may not leave open, where that is more than a word missing.
CELLS = {
    "counts": "what is counted, in words",
    "out_of": "who could have it, in words",
    "needs": "what must be landed for it, such as history:stage|history:status & milestones",
    "rated_each": "day or period",
    "limit_kind": "absolute or over_baseline",
}
OF_SIGNALS = ("rated_each", "limit_kind")
ONE_INPUT = r"[a-z_]+(:[a-z_]+)?"
NEEDS = re.compile(rf"{ONE_INPUT}(\|{ONE_INPUT})*( & {ONE_INPUT}(\|{ONE_INPUT})*)*")
LIMITS = ("watch", "alert")


class Project:
    """The files of a project."""

    def __init__(self, root: Path):
        self.root = root

    def text(self, path: str) -> str:
        return (self.root / path).read_text(encoding="utf-8")

    def rows(self, path: str) -> list[dict[str, str]]:
        return list(csv.DictReader(self.text(path).splitlines()))

    @cached_property
    def rules(self) -> dict[str, dict[str, dict[str, str]]]:
        """The rows of the register by kind and id."""
        found = {"signal": {}, "archetype": {}}
        for row in self.rows(RULES):
            found[row["kind"]][row["rule_id"]] = row
        return found

    @cached_property
    def thresholds(self) -> set[str]:
        return {row["threshold_id"] for row in self.rows(THRESHOLDS)}

    @cached_property
    def listed(self) -> set[str]:
        """The signals that dbt knows before it reads the register."""
        return set(re.findall(r"'(\w+)'", self.text(LIST)))

    @cached_property
    def described(self) -> set[str]:
        """The models of the rules that have a description."""
        return {
            model["name"]
            for file in self.properties
            for model in file.get("models", [])
            if model.get("description", "").strip()
        }

    @cached_property
    def tested(self) -> set[str]:
        """The models of the rules that have a unit test."""
        return {test["model"] for file in self.properties for test in file.get("unit_tests", [])}

    @cached_property
    def properties(self) -> list[dict]:
        files = [
            path for folder in (SIGNALS, ARCHETYPES) for path in (self.root / folder).rglob("*.yml")
        ]
        # The parser in C, where there is one, is ten times as fast.
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        return [yaml.load(path.read_text(encoding="utf-8"), loader) for path in files]

    @cached_property
    def headings(self) -> dict[str, set[str]]:
        """The rules that the docs explain, by kind."""
        _, signals, archetypes = re.split("(?m)^## ", self.text(DOCS))
        return {
            kind: set(re.findall("(?m)^### (.*)$", part))
            for kind, part in (("signal", signals), ("archetype", archetypes))
        }

    @cached_property
    def cards(self) -> Path:
        """Where the dashboard's pages name what they show."""
        [file] = (self.root / "src").rglob(CARDS)
        return file


def faults(root: Path) -> list[str]:
    """Return what each signal and archetype lacks, and what is there without a row of theirs."""
    project = Project(root)
    return sorted([
        *(fault for id_ in project.rules["signal"] for fault in of_signal(project, id_)),
        *(fault for id_ in project.rules["archetype"] for fault in of_archetype(project, id_)),
        *without_a_row(project),
    ])  # fmt: skip


def of_signal(project: Project, signal: str) -> Iterator[str]:
    yield from of_row(project, "signal", signal)
    folder = f"{SIGNALS}/{signal}"
    evidence, exposure = f"int_signals__{signal}", f"int_signals__{signal}_exposure"
    what = {evidence: "evidence (a row per occurrence)", exposure: "exposure (who could have it)"}
    for model, holds in what.items():
        if not (project.root / folder / f"{model}.sql").is_file():
            yield f"{signal} has no {holds}: write {folder}/{model}.sql."
        else:
            yield from of_model(project, signal, folder, model)
    if signal not in project.listed:
        yield f"{signal} is counted nowhere: add it to {LIST}."
    for limit in LIMITS:
        if f"{signal}__{limit}" not in project.thresholds:
            yield f"{signal} has no {limit} limit: add {signal}__{limit} to {THRESHOLDS}."
    if f'"{signal}"' not in project.cards.read_text(encoding="utf-8"):
        yield (
            f"{signal} is on no team's page of the dashboard: name it in a card (signalFigure) or "
            f"a review list (reviewSection) of {project.cards.relative_to(project.root)}."
        )


def of_archetype(project: Project, archetype: str) -> Iterator[str]:
    yield from of_row(project, "archetype", archetype)
    if archetype in project.rules["signal"]:
        return
    model = f"int_archetypes__{archetype}"
    if not (project.root / ARCHETYPES / f"{model}.sql").is_file():
        yield f"{archetype} is found nowhere: write {ARCHETYPES}/{model}.sql, a row per occurrence."
    else:
        yield from of_model(project, archetype, ARCHETYPES, model)


def of_row(project: Project, kind: str, rule: str) -> Iterator[str]:
    """What a rule's row in the register lacks, and the docs that are made of it."""
    for column, value in project.rules[kind][rule].items():
        is_of_it = kind == "signal" or column not in OF_SIGNALS
        if is_of_it and not value.strip():
            hint = f": write {CELLS[column]}" if column in CELLS else ""
            yield f"The {kind} {rule} has no {column} in {RULES}{hint}."
        if not is_of_it and value:
            yield f"The {kind} {rule} has no rate of its own: leave {column} in {RULES} empty."
        if column == "needs" and value.strip() and not NEEDS.fullmatch(value):
            yield f"The needs of the {kind} {rule} cannot be read: in {RULES} {CELLS[column]}."
    if rule not in project.headings[kind]:
        yield f"The {kind} {rule} is not explained in {DOCS}: run crm-hygiene docs."


def of_model(project: Project, rule: str, folder: str, model: str) -> Iterator[str]:
    if model not in project.described:
        yield f"{model} has no description: describe it in a __models.yml of {folder}, grain first."
    if model not in project.tested:
        yield f"{model} has no unit test: write one in a __unit_tests.yml of {folder}."


def without_a_row(project: Project) -> Iterator[str]:
    """What looks like a signal or an archetype and is none of the register."""
    signals, archetypes = project.rules["signal"], project.rules["archetype"]
    for path in (project.root / SIGNALS).iterdir():
        if path.is_dir() and path.name not in signals:
            yield f"{SIGNALS}/{path.name} is no signal of the register: add its row to {RULES}."
    models = {path: path.read_text("utf-8") for path in (project.root / ARCHETYPES).glob("*.sql")}
    for path in models:
        # What another model of the folder reads is a step on its way, no archetype.
        is_step = any(f"ref('{path.stem}')" in text for text in models.values())
        if path.stem.removeprefix("int_archetypes__") not in archetypes and not is_step:
            yield f"{path.name} is no archetype of the register: add its row to {RULES}."
    for signal in project.listed - signals.keys():
        yield f"{LIST} lists {signal}, which is no signal of the register: add its row to {RULES}."
