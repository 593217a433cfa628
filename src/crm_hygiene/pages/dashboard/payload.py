"""What the page holds, read from the marts."""

import re
from collections.abc import Iterable

import duckdb

from crm_hygiene.marts import ACTOR_IDS, described_marts, is_url_template, personal_columns
from crm_hygiene.pages.dashboard.packing import (
    as_json,
    distinct,
    fair_shares,
    is_value,
    kind_of,
    label,
    nested,
    packed,
)
from crm_hygiene.pages.dashboard.tables import TABLES, Table
from crm_hygiene.pages.names import MASKS_ALL, MASKS_NOTHING, MASKS_PEOPLE, Names
from crm_hygiene.settings import Settings, read_settings
from crm_hygiene.warehouse import NotBuiltError, WarehouseError, columns_of, rows

READ_TABLE = re.compile(r"\b(?:marts|intermediate|staging|policy)\.\w+")
# What the ids of the page mean.
REGISTERED = ("name", "meaning", "why", "remedy", "look_for", "owner_team")
REGISTERS = (
    "select kind, rule_id as id, name, meaning, why, remedy, look_for, owner_team "
    "from policy.rules",
    "select 'metric' as kind, metric as id, name, meaning, why, remedy, owner_team "
    "from policy.health_metrics",
    "select 'sla' as kind, sla_id as id, name, meaning, why, remedy, owner_team "
    "from policy.hygiene_slas",
    "select 'rule' as kind, rule_id as id, name, meaning, why, look_for "
    "from policy.lifecycle_rules",
    "select 'team_figure' as kind, figure as id, name, meaning, why, remedy, owner_team "
    "from policy.team_figure_register",
    "select distinct 'signature' as kind, signature as id, "
    "replace(signature, '_', ' ') as name, "
    "'Of ' || denominator_is || ': ' || numerator_is || '.' as meaning "
    "from marts.failure_signatures",
)
# Columns that hold ids of users, and keys of records.
USER_IDS = ("owner_id", "proposed_owner_id", *sorted(ACTOR_IDS))
RECORD_KEYS = ("record_key", "survivor_record_key", "newest_record_key")
# What the page says of trends on the day of the first build: by whether the histories tell any.
FIRST_DAY = {
    True: "This is the first build. The trend of data health before it is rebuilt from the "
    "histories; what they do not tell, grades among it, has its first day today.",
    False: "No earlier day is kept yet, and no history tells one: data health has no trend and no "
    "change to show.",
}
# What the page says of personal data.
SHOWN = {MASKS_PEOPLE: "masked", MASKS_ALL: "all masked", MASKS_NOTHING: "shown"}
OWNERS = """
    select owners.crm, owners.owner_id as id, max(owners.team) as team
    from marts.lifecycle_decisions as owners
    where owners.owner_id is not null
    group by all
    order by all
"""


class Payload:
    """What the page holds, read from the marts of an open warehouse."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, masks: str = MASKS_PEOPLE):
        """Read from this connection."""
        self.connection = connection
        self.show_personal_data = masks == MASKS_NOTHING
        self.names = Names(connection, masks)
        self.not_built: set[str] = set()

    def rows(self, query: str) -> list[dict]:
        """Return a query's rows; none where a table that it reads is not built, or an old one."""
        try:
            return rows(self.connection, query)
        except NotBuiltError:
            read = set(READ_TABLE.findall(query))
            absent = {name for name in read if not columns_of(self.connection, name)}
            self.not_built |= absent or read
            return []

    def one(self, query: str) -> object:
        """Return the only value of a query; None where it has no row."""
        return next((value for row in self.rows(query) for value in row.values()), None)

    def shares(self, given: Table) -> tuple[str, int]:
        """Return the select of each kind's share of the cap, and how many rows there are in all."""
        query, kind = given.query(), given.share_by
        found = self.rows(f"select {kind} as share_of, count(*) as n from ({query}) group by all")
        sizes = {row["share_of"]: row["n"] for row in found}
        selects = [
            f"(select * from ({query}) where {is_value(kind, value)} "
            f"order by {given.order} limit {share})"
            for value, share in fair_shares(sizes, given.cap).items()
        ]
        return " union all ".join(selects) or query, sum(sizes.values())

    def columns(self, source: str, types: dict[str, str]) -> list[dict[str, object]]:
        """Return what the page says of a table's columns."""
        mart = source.removeprefix("marts.")
        known = described_marts().get(mart, {}).get("columns", {})
        personal = personal_columns().get(mart, set())
        return [
            {
                "name": name,
                "label": label(name),
                "type": kind_of(name, data_type),
                "description": known.get(name, {}).get("description", ""),
                "is_personal": name in personal,
                "is_masked": name in personal - ACTOR_IDS and not self.show_personal_data,
            }
            for name, data_type in types.items()
        ]

    def table(self, given: Table) -> dict:
        """Return a table of the page."""
        query, n_total = given.query(), None
        if given.share_by:
            query, n_total = self.shares(given)
        described = self.rows(f"describe {query}")
        types = {row["column_name"]: row["column_type"] for row in described}
        if not types:
            mart = described_marts().get(given.source.removeprefix("marts."), {"columns": {}})
            types = {name: column["data_type"] for name, column in mart["columns"].items()}
        columns = self.columns(given.source, types)
        shown = [column["name"] for column in columns if not column["is_masked"]]
        values: list[tuple] = []
        if described:
            limit = "" if given.cap is None else f"limit {given.cap}"
            ordered = f"select * from ({query}) order by {given.order} {limit}"
            selected = ", ".join(
                as_json(name, types[name], self.show_personal_data) for name in shown
            )
            found = self.rows(f"select {selected} from ({ordered})")
            values = [tuple(row.values()) for row in found]
            if n_total is None:
                n_total = self.one(f"select count(*) from ({query})")
        by_column = zip(*values, strict=True) if values else ([] for _ in shown)
        return {
            "source": given.source,
            "n_total": n_total or 0,
            "n_shown": len(values),
            "cap": given.cap,
            "order": given.in_words,
            "columns": columns,
            "data": {name: packed(v) for name, v in zip(shown, by_column, strict=True)},
        }

    def registry(self) -> dict[str, dict]:
        """Return what each id of a rule, metric or list means."""
        found = {
            f"{row['kind']}:{row['id']}": {key: row.get(key) for key in REGISTERED}
            for query in REGISTERS
            for row in self.rows(query)
        }
        return dict(sorted(found.items()))

    def settings(self) -> Settings | None:
        """Return what the build was given; None where that is not known."""
        try:
            return read_settings(self.connection)
        except NotBuiltError:
            self.not_built.add("marts.run_settings")
        except WarehouseError:
            pass
        return None

    def record_urls(self) -> tuple[list[dict], list[str]]:
        """Return the templates of links into the CRM, and which are left out and why."""
        kept, refused = [], []
        for row in self.rows(
            "select crm, object_type, url_template from policy.record_urls order by all"
        ):
            if is_url_template(row["url_template"]):
                kept.append(row)
            else:
                refused.append(
                    f"The link of {row['crm']} {row['object_type']} in the seed record_urls is "
                    "left out: a template starts with https:// or http:// and holds {record_id}."
                )
        return kept, refused

    def notes(self, has_records: bool, has_history: bool, n_days: int) -> list[str]:
        """Return what a reader has to know of the page as a whole."""
        notes = [
            f"{name} is not built, or by an older version; run make build."
            for name in sorted(self.not_built)
        ]
        if not has_records and "marts.lifecycle_decisions" not in self.not_built:
            notes.append("The CRM holds no records.")
        if not has_history and "marts.history_quality" not in self.not_built:
            notes.append(
                "No change of a record is landed: what needs the history cannot be judged."
            )
        if n_days < 2:
            notes.append(
                FIRST_DAY[bool(self.one("select count(*) from marts.data_health_rebuilt"))]
            )
        return notes

    def values_of(self, tables: dict[str, dict], names: Iterable[str]) -> set[str]:
        """Return the different values that these columns have in any table."""
        return {
            value
            for table in tables.values()
            for name in names
            for value in distinct(table["data"].get(name, []))
        }

    def users(self, tables: dict[str, dict], owners: list[dict]) -> dict[str, dict[str, str]]:
        """Return the names of owners and of users whose ids stand in a table, by CRM and id."""
        ids = self.values_of(tables, USER_IDS) | {owner["id"] for owner in owners}
        return nested({key: name for key, name in self.names.users.items() if key[1] in ids})

    def keys(self, tables: dict[str, dict]) -> set[str]:
        """Return the keys of the records that stand in a table."""
        return self.values_of(tables, RECORD_KEYS)

    def build(self) -> dict:
        """Return the whole."""
        tables = {name: self.table(given) for name, given in TABLES.items()}
        urls, refused = self.record_urls()
        registry = self.registry()
        has_records = bool(self.one("select count(*) from marts.lifecycle_decisions"))
        has_history = bool(self.one("select sum(n_changes) from marts.history_quality"))
        n_days = self.one("select count(distinct metric_date) from marts.data_health_grades")
        counts = tables["candidate_counts"]["data"]
        owners = self.rows(OWNERS)
        settings = self.settings()
        return {
            "meta": {
                "as_of": settings and f"{settings.as_of:%Y-%m-%dT%H:%M:%SZ}",
                "version": settings and settings.project_version,
                "is_demo": bool(settings and settings.is_demo),
                "personal_data": SHOWN[self.names.masks],
                "crms": distinct(tables["landing_rows"]["data"].get("crm", []))
                or distinct(counts.get("crm", [])),
                "object_types": distinct(counts.get("object_type", [])),
                "segments": distinct(counts.get("segment", [])),
                "teams": distinct(counts.get("team", [])),
                "owners": owners,
                "users": self.users(tables, owners),
                "records": self.names.records(self.keys(tables)),
                "labels": nested(self.names.labels),
                "window_days": settings and int(settings.thresholds["rate_window_days"]),
                # An older build has no such threshold.
                "funnel_days": settings and settings.thresholds.get("funnel__days"),
                "notes": refused + self.notes(has_records, has_history, n_days or 0),
                "record_urls": urls,
                "has_records": has_records,
                "has_history": has_history,
            },
            "registry": registry,
            "tables": tables,
        }
