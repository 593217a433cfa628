"""What the sources files declare of a landing and what is landed of it, both as dbt has it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from crm_hygiene.dbt import Dbt

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest


@dataclass(frozen=True)
class Table:
    """A table as the sources files declare it."""

    columns: dict[str, str]
    key: list[str]
    required: list[list[str]]
    events: list[str]
    accepted: dict[str, list[str]]

    def names(self, placeholder: str) -> list[str]:
        """The columns that $required, $event or $accepted stands for."""
        return {
            "$required": [" or ".join(group) for group in self.required],
            "$event": self.events,
            "$accepted": list(self.accepted),
        }[placeholder]


@dataclass(frozen=True)
class LandedTable:
    """A landed table: its columns with their types, the declared ones that they give, the query
    that reads it."""

    columns: dict[str, str]
    reads: list[str]
    query: str

    def has(self, column: str) -> bool:
        """Whether a declared column is landed, under whatever spelling or loader's name."""
        return column in self.reads


@dataclass(frozen=True)
class Landing:
    """A CRM's landing: its tables as declared, and those that are landed."""

    crm: str
    place: str
    where: str
    is_demo: bool
    declared: dict[str, Table]
    landed: dict[str, LandedTable]


@dataclass(frozen=True)
class Run:
    """What a run of the gate looks at, and from when."""

    as_of: datetime
    run_start: datetime
    landings: list[Landing]


def plain(name: str) -> str:
    """A name without case and underscores, so that created_date and CreatedDate are one."""
    return name.lower().replace("_", "")


def declared_tables(manifest: Manifest, crm: str, crms: Sequence[str] = ()) -> dict[str, Table]:
    """The tables of a landing that the sources files declare, where these CRMs are registered."""
    tables = {}
    for source in manifest.sources.values():
        if source.source_name != crm:
            continue
        metas = {name: column.config.meta for name, column in source.columns.items()}
        required = source.config.meta["required"]
        tables[source.name] = Table(
            columns={name: column.data_type for name, column in source.columns.items()},
            key=source.config.meta["key"],
            required=[[each] if isinstance(each, str) else each for each in required],
            events=[name for name, meta in metas.items() if meta.get("event")],
            accepted={
                name: list(crms) if meta["accepted"] == "crms" else meta["accepted"]
                for name, meta in metas.items()
                if "accepted" in meta
            },
        )
    return tables


def read_landings(dbt: Dbt) -> Run:
    """The landings that the project reads: its demo until crm_sources is set."""
    told = dbt.ask("landings_to_check")
    landings = [
        Landing(
            crm=landing["crm"],
            place=landing["place"],
            where=landing["files"] or f"schema {landing['schema']}",
            is_demo=told["is_demo"],
            declared=declared_tables(dbt.manifest, landing["crm"], told["crms"]),
            landed={name: LandedTable(**table) for name, table in landing["tables"].items()},
        )
        for landing in told["landings"]
    ]
    instants = (datetime.fromisoformat(told[name]) for name in ("as_of", "run_start"))
    return Run(*instants, landings)
