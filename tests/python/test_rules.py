"""The register of rules, the models, the thresholds, the unit tests and the docs say the same."""

import json
import re
import shutil
from collections import Counter
from pathlib import Path

import pytest
import rule_parts
from conftest import ROOT, TARGET

from crm_hygiene import docs

STEPS = {"handoff", "stage_change", "incentive", "sla", "integration"}
OBJECT_TYPES = {"account", "contact", "lead", "opportunity", "case"}
# What becomes of a rule's occurrences: a rule that none of these reads finds nothing.
READERS = ("int_root_cause__occurrences", "process_signal_evidence")

RULES = docs.seed("rules")
METRICS = docs.seed("health_metrics")
SLAS = docs.seed("hygiene_slas")
LIFECYCLE_RULES = sorted(docs.seed("lifecycle_rules"), key=lambda rule: int(rule["precedence"]))
FIGURES = docs.seed("team_figure_register")
PAGES = ("rules.md", "health.md", "lifecycle.md", "signatures.md", "teams.md")
THRESHOLDS = {row["threshold_id"] for row in docs.seed("thresholds")}
RULE_IDS = {rule["rule_id"] for rule in RULES}
SIGNALS = {rule["rule_id"] for rule in RULES if rule["kind"] == "signal"}
MODEL_OF = {rule["rule_id"]: Path(docs.model_path(rule, RULES)).stem for rule in RULES}


@pytest.fixture(scope="module")
def manifest(warehouse):
    """The project, compiled on an empty database: ids that a loop puts together stand there."""
    result = warehouse.dbt("compile", "--select", "resource_type:model")
    assert result.success, result.exception
    return json.loads((Path(TARGET) / "manifest.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def models(manifest):
    """The models by name."""
    nodes = manifest["nodes"].values()
    return {node["name"]: node for node in nodes if node["resource_type"] == "model"}


def thresholds_in(sql: str) -> set[str]:
    """Return the thresholds that compiled SQL reads."""
    return set(re.findall(r"defaults\.threshold_id = '([^']*)'", sql))


def test_every_rule_of_the_register_is_complete():
    assert Counter(rule["kind"] for rule in RULES) == {"signal": 7, "archetype": 9}
    for rule in RULES:
        assert all(cell.strip() == cell for cell in rule.values()), rule
        assert set(rule["object_types"].split(" ")) <= OBJECT_TYPES, rule
        assert set(rule["suspected_step"].split(" ")) <= STEPS, rule


def test_every_signal_and_archetype_is_whole():
    """Register, models, limits, unit tests, docs, card: the faults say what to do."""
    assert rule_parts.faults(ROOT) == []


PING_PONG = f"{rule_parts.SIGNALS}/owner_ping_pong"
CARDS = rule_parts.Project(ROOT).cards.relative_to(ROOT)


@pytest.mark.parametrize(
    ("file", "pattern", "fault"),
    [
        (
            rule_parts.RULES,
            "history:owner_id(?=,day)",
            "The signal owner_ping_pong has no needs in seeds/policy/rules.csv: write what must be "
            "landed for it, such as history:stage|history:status & milestones.",
        ),
        (
            rule_parts.RULES,
            "records with an owner change in the window that followed another too soon",
            "The signal owner_ping_pong has no counts in seeds/policy/rules.csv: write what is "
            "counted, in words.",
        ),
        (
            rule_parts.RULES,
            r"next_step\|activities(?=,,)",
            "The archetype missing_next_step has no needs in seeds/policy/rules.csv: write what "
            "must be landed for it, such as history:stage|history:status & milestones.",
        ),
        (
            f"{PING_PONG}/int_signals__owner_ping_pong.sql",
            None,
            "owner_ping_pong has no evidence (a row per occurrence): write models/intermediate/"
            "signals/owner_ping_pong/int_signals__owner_ping_pong.sql.",
        ),
        (
            f"{PING_PONG}/int_signals__owner_ping_pong_exposure.sql",
            None,
            "owner_ping_pong has no exposure (who could have it): write models/intermediate/"
            "signals/owner_ping_pong/int_signals__owner_ping_pong_exposure.sql.",
        ),
        (
            f"{PING_PONG}/_owner_ping_pong__unit_tests.yml",
            "(?<=model: )int_signals__owner_ping_pong_exposure",
            "int_signals__owner_ping_pong_exposure has no unit test: write one in a "
            "__unit_tests.yml of models/intermediate/signals/owner_ping_pong.",
        ),
        (
            f"{PING_PONG}/_owner_ping_pong__models.yml",
            "(?<=- name: )int_signals__owner_ping_pong_exposure",
            "int_signals__owner_ping_pong_exposure has no description: describe it in a "
            "__models.yml of models/intermediate/signals/owner_ping_pong, grain first.",
        ),
        (
            rule_parts.LIST,
            "'owner_ping_pong', ",
            "owner_ping_pong is counted nowhere: add it to macros/normalise/signals.sql.",
        ),
        (
            rule_parts.THRESHOLDS,
            "owner_ping_pong__alert",
            "owner_ping_pong has no alert limit: add owner_ping_pong__alert to "
            "seeds/policy/thresholds.csv.",
        ),
        (
            rule_parts.DOCS,
            "### owner_ping_pong\n",
            "The signal owner_ping_pong is not explained in docs/rules.md: run crm-hygiene docs.",
        ),
        (
            str(CARDS),
            '"owner_ping_pong"',
            "owner_ping_pong is on no team's page of the dashboard: name it in a card "
            f"(signalFigure) or a review list (reviewSection) of {CARDS}.",
        ),
        (
            rule_parts.RULES,
            "(?m)^signal,late_edit,.*\n",
            "models/intermediate/signals/late_edit is no signal of the register: add its row to "
            "seeds/policy/rules.csv.",
        ),
        (
            rule_parts.RULES,
            "(?m)^archetype,stage_regression,.*\n",
            "int_archetypes__stage_regression.sql is no archetype of the register: add its row to "
            "seeds/policy/rules.csv.",
        ),
    ],
)
def test_what_a_rule_lacks_is_said(tmp_path, file, pattern, fault):
    """A copy of the files with one thing taken out: a pattern of a file, or all of it."""
    folders = [
        rule_parts.SIGNALS,
        rule_parts.ARCHETYPES,
        "macros/normalise",
        "seeds/policy",
        "docs",
    ]
    for folder in [*folders, CARDS.parent]:
        shutil.copytree(ROOT / folder, tmp_path / folder)
    broken = tmp_path / file
    if pattern is None:
        broken.unlink()
    else:
        text, n_removed = re.subn(pattern, "", broken.read_text(encoding="utf-8"))
        assert n_removed
        broken.write_text(text, encoding="utf-8")
    assert fault in rule_parts.faults(tmp_path)


# What the triage of the archetypes asks for: impact, frequency, detectability, suspected step.
LEVELS = {"low to medium": 2, "medium": 3, "high": 4}
TRIAGE = {
    "premature_stage": ("high", "medium", "high", {"stage_change"}),
    "multi_stage_jump": ("high", "low to medium", "high", {"stage_change", "incentive"}),
    "owner_ping_pong": ("medium", "medium", "high", {"handoff"}),
    "duplicate_account": ("high", "medium", "medium", {"handoff", "integration"}),
    "close_date_churn": ("high", "medium", "high", {"incentive", "stage_change"}),
    "missing_next_step": ("medium", "high", "medium", {"handoff", "sla"}),
}


@pytest.mark.parametrize("rule_id", TRIAGE)
def test_the_register_says_what_the_triage_says(rule_id):
    *levels, steps = TRIAGE[rule_id]
    for rule in RULES:
        if rule["rule_id"] == rule_id:
            figures = [int(rule[name]) for name in ("impact", "frequency", "detectability")]
            assert figures == [LEVELS[level] for level in levels], rule
            assert set(rule["suspected_step"].split(" ")) == steps, rule
            assert rule["severity"] == levels[0], rule


def test_a_rule_of_both_kinds_judges_the_same():
    columns = ("object_types", "owner_team", "suspected_step", "severity", "impact", "frequency")
    judged = {(rule["rule_id"], *(rule[column] for column in columns)) for rule in RULES}
    assert len(judged) == len(RULE_IDS)


def test_every_rule_has_its_model_and_every_model_its_rule(models):
    read = {
        name.split(".")[-1] for reader in READERS for name in models[reader]["depends_on"]["nodes"]
    }
    assert {name for name in read if re.match("int_(signals|archetypes)__", name)} == set(
        MODEL_OF.values()
    )
    for rule in RULES:
        path = docs.model_path(rule, RULES)
        assert models[Path(path).stem]["original_file_path"] == path


def test_every_rule_has_a_unit_test(manifest):
    tested = {test["model"] for test in manifest["unit_tests"].values()}
    assert set(MODEL_OF.values()) - tested == set()


def test_thresholds_are_those_that_models_read(models):
    read = set().union(*(thresholds_in(node["compiled_code"]) for node in models.values()))
    # The limits of all signals are read by their names.
    rates = models["int_signals__daily_rates"]["compiled_code"]
    limits = re.findall(r"\|\| '(__\w+)' =", rates)
    read |= {signal + limit for signal in SIGNALS for limit in limits}
    assert read - THRESHOLDS == set(), "read, but not in the seed"
    assert THRESHOLDS - read == set(), "in the seed, but not read"


def test_a_rule_reads_no_threshold_of_another(models):
    model_of = {model: rule_id for rule_id, model in MODEL_OF.items()}
    for name, model in models.items():
        folder = Path(model["original_file_path"]).parent
        if folder.parent.name == "signals":
            model_of[name] = folder.name
    for name, rule_id in model_of.items():
        topics = {
            threshold.partition("__")[0]
            for threshold in thresholds_in(models[name]["compiled_code"])
            if "__" in threshold
        }
        assert topics <= {rule_id}, name


def test_every_signal_has_its_limits():
    limits = {f"{signal}__{limit}" for signal in SIGNALS for limit in ("watch", "alert")}
    assert limits <= THRESHOLDS
    assert {id_ for id_ in THRESHOLDS if re.search("__(watch|alert)$", id_)} == limits


def expected_columns(manifest: dict, model: str) -> set[str]:
    """Return the columns that any unit test of a model expects."""
    tests = [test for test in manifest["unit_tests"].values() if test["model"] == model]
    return {column for test in tests for row in test["expect"]["rows"] for column in row}


def test_every_health_metric_is_told_listed_and_tested(manifest, models):
    ids = {metric["metric"] for metric in METRICS}
    told = re.findall(r"'(\w+)' as metric", models["int_health__metric_values"]["compiled_code"])
    assert set(told) == ids
    listed = re.findall(r"'(\w+)' as finding", models["int_health__findings"]["compiled_code"])
    findings = {metric["metric"] for metric in METRICS if metric["is_finding"] == "true"}
    assert set(listed) == findings
    assert ids - expected_columns(manifest, "int_health__record_checks") == set()
    for metric in METRICS:
        assert set(metric["object_types"].split(" ")) <= OBJECT_TYPES, metric


def test_every_hygiene_sla_has_its_model_and_a_unit_test(manifest, models):
    paths = docs.sla_models()
    assert set(paths) == {sla["sla_id"] for sla in SLAS}
    for path in paths.values():
        assert models[Path(path).stem]["original_file_path"] == path
    tested = {test["model"] for test in manifest["unit_tests"].values()}
    assert {Path(path).stem for path in paths.values()} - tested == set()
    others = "populations|status|verdicts"
    named = {name for name in models if re.match(f"int_health__sla_(?!{others})", name)}
    assert named == {Path(path).stem for path in paths.values()}


def test_lifecycle_rules_are_the_columns_of_the_verdicts_in_order(models):
    code = models[Path(docs.VERDICTS).stem]["compiled_code"]
    columns = re.findall(r"(?m)\bas (\w+),?$", code[code.index("final as (") :])
    assert columns == [
        rule["rule_id"] for rule in LIFECYCLE_RULES if rule["rule_id"] not in docs.OUTCOMES
    ]


def test_every_lifecycle_rule_is_complete_and_has_a_unit_test(manifest):
    verdicts = expected_columns(manifest, Path(docs.VERDICTS).stem)
    tests = manifest["unit_tests"].values()
    deciding = {
        row.get("rule_id")
        for test in tests
        if test["model"] == Path(docs.DECISIONS).stem
        for row in test["expect"]["rows"]
    }
    for rule in LIFECYCLE_RULES:
        assert all(cell.strip() == cell != "" for cell in rule.values()), rule
        assert rule["topic"] in docs.TOPICS, rule
        is_outcome = rule["rule_id"] in docs.OUTCOMES
        assert rule["rule_id"] in (deciding if is_outcome else verdicts), rule


def test_docs_are_up_to_date():
    assert docs.stale() == [], "run crm-hygiene docs"


def headings(page: str) -> list[str]:
    """Return the rules that a page explains."""
    return re.findall("(?m)^### (.*)$", (ROOT / "docs" / page).read_text(encoding="utf-8"))


def test_docs_have_a_heading_and_a_link_for_every_rule():
    assert headings("rules.md") == [rule["rule_id"] for rule in RULES]
    metrics, slas = [row["metric"] for row in METRICS], [row["sla_id"] for row in SLAS]
    assert headings("health.md") == metrics + slas
    assert sorted(headings("lifecycle.md")) == sorted(row["rule_id"] for row in LIFECYCLE_RULES)
    assert headings("teams.md") == [row["figure"] for row in FIGURES]
    for page in PAGES:
        text = (ROOT / "docs" / page).read_text(encoding="utf-8")
        links = re.findall(r"\]\(\.\./(models/[^)]*)\)", text)
        assert all((ROOT / link).is_file() for link in links)
        if page == "rules.md":
            assert links == [
                path
                for rule in RULES
                for path in (
                    *([docs.exposure_path(rule["rule_id"])] if rule["kind"] == "signal" else []),
                    docs.model_path(rule, RULES),
                )
            ]
        else:
            assert len(links) == len(headings(page)), page


def test_the_index_leads_to_every_heading():
    text = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    led_to = set(re.findall(r"\]\((\w+\.md)#(\w+)\)", text))
    assert led_to == {(page, heading) for page in PAGES for heading in headings(page)}


def test_check_says_in_one_sentence_what_is_stale(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(docs.command, "DOCS", tmp_path)
    assert docs.main([]) == 0
    assert docs.main(["--check"]) == 0
    assert capsys.readouterr().out == ""
    page = tmp_path / "rules.md"
    page.write_text(page.read_text(encoding="utf-8").replace("Duplicate account", "Twins"))
    assert docs.main(["--check"]) == 1
    assert capsys.readouterr().out == "Stale: docs/rules.md; run crm-hygiene docs\n"
    assert "Twins" in page.read_text(encoding="utf-8")
