"""A nightly job with a small build of its own in place of dbt's: for tests that kill and read it.

    python small_nights.py WAREHOUSE NIGHT [NIGHT ...]

Every mart of a night holds the number of that night, and nothing else.
"""

import sys
from pathlib import Path

import duckdb

from crm_hygiene.nightly.lock import one_run
from crm_hygiene.nightly.warehouses import DuckDBFile

N_MARTS, N_ROWS = 12, 20_000


def build(file: Path, night: int) -> None:
    """Make the marts of a night, one after the other, as dbt does."""
    with duckdb.connect(str(file)) as connection:
        connection.execute("create schema if not exists marts")
        connection.execute("create table if not exists marts.kept (night integer)")
        connection.execute(f"delete from marts.kept where night = {night}")
        connection.execute(f"insert into marts.kept values ({night})")
        for number in range(N_MARTS):
            connection.execute(
                f"create or replace table marts.mart_{number} as"
                f" select {night} as night, md5(cast(value as varchar)) as filler"
                f" from range({N_ROWS}) as numbers(value)"
            )


def run(warehouse: Path, night: int) -> None:
    """Run one night and publish it."""
    place = DuckDBFile(warehouse)
    name = f"{night:04d}"
    with one_run(place.folder, name):
        place.clean()
        place.take(as_of_is_given=True)
        build(place.candidate, night)
        place.publish(name, ["marts.kept"])


if __name__ == "__main__":
    for number in sys.argv[2:]:
        run(Path(sys.argv[1]), int(number))
