"""The quick check of what changed: which linters, models and unit tests it picks."""

from conftest import parsed_project

from crm_hygiene import check
from crm_hygiene.dbt import reason


def picked(*files: str) -> dict[str, list[str]]:
    """Return the files that each linter is given."""
    commands = check.linter_commands(files)
    return {name: [file for file in files if file in line] for name, line in commands.items()}


def test_each_linter_gets_the_files_that_it_reads():
    assert picked("src/a.py", "models/marts/m.sql", "macros/x.sql", "seeds/s.yml", "a.md") == {
        "ruff check": ["src/a.py"],
        "ruff format": ["src/a.py"],
        "yamllint": ["seeds/s.yml"],
        "sqlfluff": ["models/marts/m.sql"],
    }
    assert picked("docs/a.md") == {}


def test_a_changed_model_and_a_changed_seed_are_made_anew():
    own, others = check.changed_nodes(
        parsed_project(),
        ["models/intermediate/calendar/int_calendar__days.sql", "seeds/policy/holidays.csv"],
    )
    assert (own, others) == (["holidays", "int_calendar__days"], [])


def test_a_changed_file_of_unit_tests_picks_the_models_that_it_tests():
    folder = "models/intermediate/calendar"
    own, others = check.changed_nodes(
        parsed_project(), [f"{folder}/_int_calendar__unit_tests.yml", "README.md"]
    )
    assert (own, others) == ([], ["int_calendar__days", "int_calendar__working_time"])


def test_a_changed_macro_picks_whatever_uses_it_be_it_through_another_macro():
    own, others = check.changed_nodes(parsed_project(), ["macros/landing/parse_value.sql"])
    assert own == []
    assert {"base_salesforce__account", "base_open__cases"} <= set(others)
    assert "int_calendar__days" not in others


def test_a_changed_file_of_sources_picks_the_models_that_read_them():
    file = "models/staging/open/_open__sources.yml"
    own, others = check.changed_nodes(parsed_project({"crm_sources": ["open"]}), [file])
    assert {"base_open__accounts", "base_open__changes"} <= set(own)
    assert not {"base_salesforce__account", "stg_open__accounts"} & {*own, *others}


def test_the_reason_of_dbt_is_told_without_where_it_was_raised():
    error = """Compilation Error in macro as_of (macros/landing/as_of.sql)
  as_of is 'soon'; write a date.

  > in macro as_of (macros/landing/as_of.sql)
  > called by macro run_settings (macros/runs/run_settings.sql)"""
    assert reason(error) == "as_of is 'soon'; write a date."
