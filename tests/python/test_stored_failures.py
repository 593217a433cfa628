"""A data test keeps the rows that it found, until it finds none."""


def test_found_rows_are_kept_until_a_test_finds_none(warehouse):
    assert warehouse.dbt("seed", "--select", "free_mail_domains").success
    stored = "select table_name from duckdb_tables() where schema_name = 'test_failures'"
    test = "not_null_free_mail_domains_domain"

    warehouse.sql("insert into policy.free_mail_domains values (null)")
    assert not warehouse.dbt("test", "--select", "free_mail_domains").success
    assert warehouse.sql(stored) == [(test,)]
    assert warehouse.sql(f"select count(*) from test_failures.{test}") == [(1,)]

    warehouse.sql("delete from policy.free_mail_domains where domain is null")
    assert warehouse.dbt("test", "--select", "free_mail_domains").success
    assert warehouse.sql(stored) == []
