"""What DuckDB may take of the machine, as the profile says and the environment asks."""

import duckdb
import pytest
from conftest import Warehouse

from crm_hygiene.memory import Plugin, memory_limit

IN_BYTES = {"bytes": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40}


def in_bytes(text: str) -> float:
    size, unit = text.split()
    return float(size) * IN_BYTES[unit]


def asked(connection: duckdb.DuckDBPyConnection, name: str) -> str:
    return connection.execute(f"select current_setting('{name}')").fetchone()[0]


def configured(connection, **settings) -> None:
    plugin = Plugin("memory", {"memory_limit": "60%", "threads": "", **settings})
    plugin.configure_connection(connection)


def test_a_percentage_is_one_of_the_machines_memory():
    with duckdb.connect() as connection:
        # DuckDB takes 80 % by itself.
        whole = in_bytes(asked(connection, "memory_limit")) / 0.8
    assert in_bytes(memory_limit("60%")) == pytest.approx(0.6 * whole, rel=0.01)
    assert in_bytes(memory_limit("20%")) == pytest.approx(0.2 * whole, rel=0.01)


def test_a_size_is_taken_as_it_is():
    assert memory_limit("4GB") == "4GB"


def test_what_is_not_set_is_left_to_duckdb():
    with duckdb.connect() as untouched, duckdb.connect() as connection:
        configured(connection)
        assert asked(connection, "threads") == asked(untouched, "threads")


def test_a_database_that_was_opened_before_is_not_bounded_further():
    with duckdb.connect() as connection:
        configured(connection)
        first = asked(connection, "memory_limit")
        configured(connection)
        assert asked(connection, "memory_limit") == first


def test_a_folder_that_holds_something_already_is_not_set_again(tmp_path):
    with duckdb.connect(str(tmp_path / "crm.duckdb")) as connection:
        folder = str(tmp_path / "it's spilled")
        configured(connection, memory_limit="100MB", temp_directory=folder, threads="1")
        connection.execute(
            "create temp table sorted as select i, md5(i::varchar) as text "
            "from range(3000000) as numbers(i) order by text"
        )
        configured(connection, memory_limit="100MB", temp_directory=folder, threads="1")
        assert asked(connection, "temp_directory") == folder


def test_a_build_is_bounded_by_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("CRM_HYGIENE_MEMORY_LIMIT", "1GB")
    monkeypatch.setenv("CRM_HYGIENE_THREADS", "1")
    monkeypatch.setenv("CRM_HYGIENE_TEMP", str(tmp_path / "elsewhere"))
    warehouse = Warehouse(tmp_path / "crm.duckdb")
    assert warehouse.dbt("seed", "--select", "threshold_overrides").success
    with duckdb.connect(str(warehouse.path)) as same:
        assert in_bytes(asked(same, "memory_limit")) == pytest.approx(1e9, rel=0.01)
        assert asked(same, "threads") == 1
        assert asked(same, "temp_directory") == str(tmp_path / "elsewhere")
    warehouse.let_go()
