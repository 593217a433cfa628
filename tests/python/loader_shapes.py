"""The demo's two CRMs as Airbyte, dlt and Stitch land them, made of its tables in Fivetran's shape.

Each function lands a CRM as a loader does in a warehouse with types: its tables, columns, nested
values, stamps and marks of deletion. What the loader does not read is not landed; a record that is
gone for good stays as it was last read. All properties are taken to be selected, and of dlt's
options the history and the soft deletes.
"""

from collections.abc import Callable
from pathlib import Path

import duckdb
import yaml

ROOT = Path(__file__).resolve().parents[2]
TYPES = {"timestamp": "timestamptz", "boolean": "boolean", "numeric": "double", "integer": "bigint"}
# HubSpot's numbers that are ids.
NUMBERS = {"property_associatedcompanyid", "property_hs_primary_associated_company"}
PLURALS = {"company": "companies", "contact": "contacts", "deal": "deals", "ticket": "tickets"}
# What Fivetran lands of a deal without the prefix of properties.
PROPERTIES = {
    "deal_pipeline_id": "pipeline", "deal_pipeline_stage_id": "dealstage",
    "owner_id": "hubspot_owner_id",
}  # fmt: skip
LINKS = {
    "deal": ("company", "contact"), "ticket": ("company", "contact"),
    "engagement": ("company", "contact", "deal"),
}  # fmt: skip
HISTORIES = {"opportunity_field_history", "opportunity_history", "lead_history", "account_history"}
HISTORIES |= {"contact_history", "case_history"}
# When the row was loaded.
LOADED = "try_cast(told._fivetran_synced as timestamptz)"


class Landing:
    """A CRM's demo tables as Fivetran lands them, in schema told, and the one made of them."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, crm: str):
        self.sql, self.crm, self.types = connection.execute, crm, {}
        self.sql("set timezone = 'UTC'")
        for schema in ("told", crm):
            self.sql(f"create schema {schema}")
        for file in sorted((ROOT / "models" / "staging" / crm).glob("_*sources.yml")):
            for table in yaml.safe_load(file.read_text())["sources"][0]["tables"]:
                declared = {column["name"]: column["data_type"] for column in table["columns"]}
                self.types[table["name"]] = declared
        self.tables = []
        for file in sorted((ROOT / "seeds" / "demo" / crm).glob("*.csv")):
            name = file.stem.partition("__")[2]
            self.tables.append(name)
            self.sql(f"""create table told."{name}" as select * from read_csv('{file}',
                all_varchar = true, header = true, delim = ',', quote = '"', sample_size = 100)""")

    def columns(self, table: str) -> list[str]:
        """Return the columns of a told table."""
        found = self.sql(f'select * from told."{table}" limit 0').description
        return [column[0] for column in found]

    def typed(self, table: str, column: str, types: dict[str, str]) -> str:
        """Return SQL for a value of a told table as a loader types it."""
        declared = "numeric" if column in NUMBERS else self.types[table].get(column, "string")
        return f'try_cast(told."{column}" as {types.get(declared, "varchar")})'

    def make(self, table: str, source: str, columns: dict[str, str], where: str = "true") -> None:
        """Land a table: its columns (name -> SQL) of the told table `source`, or add the rows."""
        self.sql(f"""create table if not exists {self.crm}."{table}" as
            select {self._list(columns)} from told."{source}" as told limit 0""")
        self.sql(f"""insert into {self.crm}."{table}" by name
            select {self._list(columns)} from told."{source}" as told where {where}""")

    @staticmethod
    def _list(columns: dict[str, str]) -> str:
        return ", ".join(f'{value} as "{name}"' for name, value in columns.items())


def properties(landing: Landing, table: str, types: dict[str, str] = TYPES) -> dict[str, str]:
    """Return the properties of a told HubSpot object (name -> typed SQL)."""
    found = {}
    for column in landing.columns(table):
        name = column.removeprefix("property_")
        if name != column or (table == "deal" and column in PROPERTIES):
            found[PROPERTIES.get(column, name)] = landing.typed(table, column, types)
    if table == "deal":
        found["hs_primary_associated_company"] = """(select min(cast(company_id as double))
            from told.deal_company as link where link.deal_id = told.deal_id and type_id = '5')"""
        found["hs_merged_object_ids"] = """(select string_agg(distinct merged_deal_id, ';')
            from told.merged_deal as merged where merged.deal_id = told.deal_id)"""
    return found


def archived(table: str) -> str:
    """Return SQL for whether a HubSpot object is in the recycle bin."""
    flag = "is_deleted" if table in ("company", "deal", "ticket") else "_fivetran_deleted"
    return f"coalesce(told.{flag} = 'true', false)"


def history(landing: Landing, table: str) -> str:
    """Return the told history of an object's properties with, of a deal, that of its stage."""
    if table == "deal":
        landing.sql("""create table told.deal_history as
            select deal_id, name, value, timestamp, source, source_id
            from told.deal_property_history
            union all
            select deal_id, 'dealstage', value, date_entered, source, source_id
            from told.deal_stage""")
        return "deal_history"
    return f"{table}_property_history"


def key(table: str) -> str:
    """Return the id column of a told HubSpot object."""
    return {"deal": "deal_id"}.get(table, "engagement_id" if "engagement" in table else "id")


def airbyte_hubspot(landing: Landing) -> None:
    """Land HubSpot as Airbyte does, incrementally: what is archived stands in a second stream."""

    def loaded(day: int) -> dict[str, str]:
        return {
            "_airbyte_raw_id": "cast(uuid() as varchar)", "_airbyte_generation_id": "0",
            "_airbyte_extracted_at": f"timestamptz '2026-10-{day:02} 05:10:00+00'",
            "_airbyte_meta": "cast('{}' as json)",
        }  # fmt: skip

    kinds = ["call", "email", "meeting", "note", "task"]
    streams = {**PLURALS, **{f"engagement_{kind}": f"engagements_{kind}s" for kind in kinds}}
    for table, stream in streams.items():
        told, ids = properties(landing, table), f"told.{key(table)}"
        text = ", ".join(f"'{name}', {value}" for name, value in told.items())
        modified = told.get("hs_lastmodifieddate", told.get("lastmodifieddate"))
        created = told.get("createdate", told.get("hs_createdate"))
        columns = {"id": ids, "createdAt": created, "updatedAt": modified or created}
        columns |= {"properties": f"json_object({text})"}
        columns |= {f"properties_{name}": value for name, value in told.items()}
        source = table.partition("_")[0]
        for other in LINKS.get(source, ()):
            # A link with two labels stands there twice.
            columns[PLURALS[other]] = f"""(select to_json(list({other}_id order by {other}_id))
                from told.{source}_{other} as link where link.{source}_id = {ids})"""
        landing.make(stream, table, {**columns, "archived": "false", **loaded(1)})
        if table != "ticket":
            for other in PLURALS.values():
                columns.pop(other, None)
            columns["archived"] = "true"
            landing.make(f"{stream}_archived", table, columns | loaded(2), archived(table))
    names = {"deal": "dealId", "company": "companyId", "contact": "vid"}
    for table, name in names.items():
        dashes = table == "contact"
        at = "try_cast(told.timestamp as timestamptz)"
        user = "try_cast(split_part(told.source_id, 'userId:', 2) as bigint)"
        columns = {
            name: f"try_cast(told.{table}_id as {'bigint' if dashes else 'varchar'})",
            "property": "told.name", "value": "told.value",
            "timestamp": f"epoch_ms({at})" if dashes else at,
            "source-type" if dashes else "sourceType": "told.source",
            "source-id" if dashes else "sourceId": "told.source_id",
            "updated-by-user-id" if dashes else "updatedByUserId": user, "archived": "false",
        }  # fmt: skip
        condition = "told.name <> 'hs_lastmodifieddate'"
        stream, told = f"{PLURALS[table]}_property_history", history(landing, table)
        landing.make(stream, told, columns | loaded(1), condition)
        # A page that is read again is landed again.
        landing.make(stream, told, columns | loaded(2), f"{condition} and hash(told.value) % 7 = 0")
    landing.make("deal_pipelines", "deal_pipeline", {
        "pipelineId": "told.pipeline_id", "label": "told.label", "objectType": "'DEAL'",
        "displayOrder": "try_cast(told.display_order as bigint)", "active": "told.active = 'true'",
        "stages": """(select to_json(list(json_object('stageId', stage_id, 'label', stage.label,
            'displayOrder', cast(stage.display_order as bigint), 'active', true, 'metadata',
            json_object('isClosed', is_closed, 'probability', probability))))
            from told.deal_pipeline_stage as stage
            where stage.pipeline_id = told.pipeline_id and stage.active = 'true')""",
        **loaded(1),
    })  # fmt: skip
    owner = {
        "id": "told.owner_id", "email": "told.email", "firstName": "told.first_name",
        "lastName": "told.last_name", "userId": "try_cast(told.active_user_id as bigint)",
        "archived": "false", "teams": teams("told"),
    }  # fmt: skip
    landing.make("owners", "owner", owner | loaded(1), "told.is_active = 'true'")
    gone = {"userIdIncludingInactive": owner["userId"], "userId": "cast(null as bigint)"}
    gone |= {"archived": "true"} | loaded(1)
    landing.make("owners_archived", "owner", owner | gone, "told.is_active <> 'true'")
    landing.make("email_events", "email_event", {
        "id": "told.id", "type": "told.type", "recipient": "told.recipient",
        "created": "epoch_ms(try_cast(told.created as timestamptz))",
        "emailCampaignId": "try_cast(told.email_campaign_id as bigint)",
        "category": "null::varchar", "status": "null::varchar",
        "filteredEvent": "told.filtered_event = 'true'", **loaded(1),
    })  # fmt: skip


def teams(owner: str) -> str:
    """Return SQL for the list of an owner's teams, as HubSpot's API gives it."""
    return f"""(select to_json(list(json_object('id', team.id, 'name', team.name,
        'primary', link.is_team_primary = 'true'))) from told.owner_team as link
        inner join told.team as team on link.team_id = team.id
        where link.owner_id = {owner}.owner_id)"""


def dlt_hubspot(landing: Landing) -> None:
    """Land HubSpot as dlt's verified source does, in two runs: the history is copied in each."""
    run = "1790917800.12"
    loaded = {"_dlt_load_id": f"'{run}'"}

    def row(name: str, *parts: str) -> dict[str, str]:
        return {"_dlt_id": f"md5(concat('{name}', {', '.join(parts)}))"}

    for table, name in PLURALS.items():
        ids = f"told.{key(table)}"
        columns = {**properties(landing, table), "id": ids, "is_deleted": archived(table)}
        landing.make(name, table, columns | loaded | row(name, ids))
        columns = {
            "object_id": f"told.{table}_id", "property_name": "told.name", "value": "told.value",
            "timestamp": "try_cast(told.timestamp as timestamptz)", "source_type": "told.source",
            "source_id": "told.source_id",
        }  # fmt: skip
        told = history(landing, table)
        if table == "ticket":
            columns["timestamp"] = "try_cast(told.timestamp_instant as timestamptz)"
        for stamp in (run, "1790831400.34"):
            landing.make(
                f"{name}_property_history", told, {**columns, "_dlt_load_id": f"'{stamp}'"}
            )
    # A link is told once, by the contact or the company.
    for table in ("deal", "ticket"):
        for holder in LINKS[table]:
            name = f"{PLURALS[holder]}__{PLURALS[table]}"
            link = f"{table}_{holder}"
            landing.sql(f"""create table told.distinct_{link} as
                select distinct {table}_id, {holder}_id from told.{link}""")
            ids = (f"told.{holder}_id", f"told.{table}_id")
            parent = row(PLURALS[holder], ids[0])["_dlt_id"]
            landing.make(name, f"distinct_{link}", {
                "value": ids[0], f"{PLURALS[table]}_id": ids[1], "_dlt_root_id": parent,
                "_dlt_parent_id": parent, "_dlt_list_idx": "0::bigint", **row(name, *ids),
            })  # fmt: skip
    pipeline = row("pipelines_deals", "told.pipeline_id")
    landing.make("pipelines_deals", "deal_pipeline", {
        "id": "told.pipeline_id", "label": "told.label", "archived": "false",
        "display_order": "try_cast(told.display_order as bigint)", **loaded, **pipeline,
    })  # fmt: skip
    stage = {
        "id": "told.stage_id", "label": "told.label", "archived": "false",
        "display_order": "try_cast(told.display_order as bigint)",
        "metadata__is_closed": "told.is_closed", "metadata__probability": "told.probability",
        "_dlt_parent_id": pipeline["_dlt_id"], **row("stages", "told.pipeline_id", "told.stage_id"),
    }  # fmt: skip
    landing.make("pipelines_deals__stages", "deal_pipeline_stage", stage, "told.active = 'true'")
    owner = row("owners", "told.owner_id")
    user = "try_cast(told.active_user_id as bigint)"
    landing.make("owners", "owner", {
        "id": "told.owner_id", "email": "told.email", "type": "told.type",
        "first_name": "told.first_name", "last_name": "told.last_name",
        "user_id": f"case when told.is_active = 'true' then {user} end",
        "user_id_including_inactive": user, "archived": "told.is_active <> 'true'",
        "is_deleted": "case when told.is_active <> 'true' then true end", **loaded, **owner,
    })  # fmt: skip
    name = "(select name from told.team where team.id = told.team_id)"
    landing.make("owners__teams", "owner_team", {
        "id": "told.team_id", "name": name, "primary": "told.is_team_primary = 'true'",
        "_dlt_parent_id": owner["_dlt_id"], **row("teams", "told.owner_id", "told.team_id"),
    })  # fmt: skip


def stitch_hubspot(landing: Landing) -> None:
    """Land HubSpot as Stitch does on a warehouse without nested values: lists are tables."""
    loaded = {"_sdc_sequence": "1::bigint", "_sdc_table_version": "0::bigint"}
    for name in ("batched", "received", "extracted"):
        loaded[f"_sdc_{name}_at"] = "timestamptz '2026-10-02 05:10:00+00'"
    names = {"company": "companyid", "contact": "vid", "deal": "dealid"}
    for table, name in names.items():
        columns = {name: f"try_cast(told.{key(table)} as bigint)"}
        for told, value in properties(landing, table).items():
            # What may be a number or a text is split by type.
            is_number = told == "amount" or f"property_{told}" in NUMBERS
            columns[f"property_{told}__value{'__double' if is_number else ''}"] = value
            columns[f"property_{told}__source"] = "'CRM_UI'"
        landing.make(PLURALS[table], table, columns | loaded)
    ticket = {f"properties__{name}": value for name, value in properties(landing, "ticket").items()}
    ticket |= {"id": "try_cast(told.id as bigint)", "archived": "false", **loaded}
    ticket |= {"createdat": ticket["properties__createdate"]}
    landing.make("tickets", "ticket", ticket)

    def of(column: str, name: str) -> dict[str, str]:
        level = {"_sdc_level_0_id": "0::bigint"}
        return {f"_sdc_source_key_{name}": f"try_cast(told.{column} as bigint)", **level, **loaded}

    for other, name in {"company": "associatedcompanyids", "contact": "associatedvids"}.items():
        value = {"value": f"try_cast(told.{other}_id as bigint)"}
        columns = value | of("deal_id", "dealid")
        landing.make(f"deals__associations__{name}", f"deal_{other}", columns)
        columns = {"id": value["value"], "type": "'ticket'", **of("ticket_id", "id")}
        name = f"tickets__associations__{PLURALS[other]}__results"
        landing.make(name, f"ticket_{other}", columns)
    order = {"displayorder": "try_cast(told.display_order as bigint)"}
    landing.make("deal_pipelines", "deal_pipeline", {
        "pipelineid": "told.pipeline_id", "label": "told.label", "active": "true",
        "staticdefault": "false", **order, **loaded,
    })  # fmt: skip
    landing.make("deal_pipelines__stages", "deal_pipeline_stage", {
        "_sdc_source_key_pipelineid": "told.pipeline_id", "_sdc_level_0_id": "0::bigint",
        "stageid": "told.stage_id", "label": "told.label", "active": "true", **order,
        "probability": "try_cast(told.probability as double)",
        "closedwon": "told.closed_won = 'true'", **loaded,
    }, "told.active = 'true'")  # fmt: skip
    landing.make("owners", "owner", {
        "ownerid": "try_cast(told.owner_id as bigint)", "type": "told.type", "email": "told.email",
        "firstname": "told.first_name", "lastname": "told.last_name",
        "isactive": "told.is_active = 'true'",
        "activeuserid": "try_cast(told.active_user_id as bigint)", **loaded,
    })  # fmt: skip
    landing.make("email_events", "email_event", {
        "id": "told.id", "type": "told.type", "recipient": "told.recipient",
        "created": "try_cast(told.created as timestamptz)",
        "emailcampaignid": "try_cast(told.email_campaign_id as bigint)", **loaded,
    })  # fmt: skip
    stitch_engagements(landing, of, loaded)


def stitch_engagements(landing: Landing, of: Callable, loaded: dict[str, str]) -> None:
    """Land activities as Stitch does: all kinds in one table, what they belong to in three."""
    types = {"call": "CALL", "meeting": "MEETING", "note": "NOTE", "task": "TASK"}
    types = {kind: f"'{name}'" for kind, name in types.items()}
    for kind, name in {**types, "email": "told.property_hs_email_direction"}.items():
        table = f"engagement_{kind}"
        told = properties(landing, table)
        at = {"createdat": told["hs_createdate"], "timestamp": told["hs_timestamp"]}
        status = told.get(f"hs_{kind}_status", "null::varchar")
        landing.make("engagements", table, {
            "engagement_id": "try_cast(told.engagement_id as bigint)", "engagement__type": name,
            **{f"engagement__{column}": value for column, value in at.items()},
            "engagement__ownerid": f"try_cast({told['hubspot_owner_id']} as bigint)",
            "engagement__active": "true", "lastupdated": at["createdat"],
            "metadata__status": status, **loaded,
        })  # fmt: skip
    for other in LINKS["engagement"]:
        columns = {"value": f"try_cast(told.{other}_id as bigint)"}
        columns |= of("engagement_id", "engagement_id")
        landing.make(f"engagements__associations__{other}ids", f"engagement_{other}", columns)


def salesforce_columns(landing: Landing, table: str, types: dict[str, str]) -> dict[str, str]:
    """Return the columns of a told Salesforce object by their names in its API."""
    found = {}
    for column in landing.columns(table):
        if not column.startswith("_fivetran"):
            name = "".join(part.capitalize() for part in column.removesuffix("_c").split("_"))
            if column.endswith("_c"):
                name = (
                    "_".join(p.capitalize() for p in column.removesuffix("_c").split("_")) + "__c"
                )
            found[name] = landing.typed(table, column, types)
    return found


def current(landing: Landing, table: str) -> str:
    """Return SQL for whether a told row is the record as it is now."""
    if "_fivetran_start" not in landing.columns(table):
        return "true"
    return f"""not exists (select 1 from told."{table}" as later
        where later.id = told.id and later._fivetran_start > told._fivetran_start)"""


def airbyte_salesforce(landing: Landing) -> None:
    """Land Salesforce as Airbyte does: the API's names; a row may be landed more than once."""
    for table in landing.tables:
        stream = "".join(part.capitalize() for part in table.split("_"))
        columns = salesforce_columns(landing, table, TYPES | {"date": "date"})
        for day, share in ((2, 1), (1, 7)):
            loaded = {
                "_airbyte_raw_id": "cast(uuid() as varchar)", "_airbyte_generation_id": "0",
                "_airbyte_extracted_at": f"{LOADED} - interval {2 - day} day",
                "_airbyte_meta": "cast('{}' as json)",
            }  # fmt: skip
            where = f"{current(landing, table)} and hash(told.id) % {share} = 0"
            landing.make(stream, table, columns | loaded, where)


def stitch_salesforce(landing: Landing) -> None:
    """Land Salesforce as Stitch does: lower-case names, values of a history split by type."""
    loaded = {"_sdc_sequence": "1::bigint", "_sdc_table_version": "0::bigint"}
    for name in ("batched", "received", "extracted"):
        loaded[f"_sdc_{name}_at"] = LOADED
    for table in landing.tables:
        told = salesforce_columns(landing, table, TYPES | {"date": "timestamptz"})
        columns = {}
        for name, value in told.items():
            if table in HISTORIES and name in ("OldValue", "NewValue"):
                number = f"case when told.field = 'Amount' then {value} end"
                columns[f"{name.lower()}__double"] = f"cast({number} as double)"
                columns[f"{name.lower()}__string"] = (
                    f"case when told.field <> 'Amount' then {value} end"
                )
            else:
                columns[name.lower()] = value
        name = table.replace("_", "")
        landing.make(name, table, columns | loaded, current(landing, table))


def dlt_salesforce(landing: Landing) -> None:
    """Land Salesforce as dlt's verified source does: no histories, cases and lists; days in ms."""
    names = [
        "account",
        "campaign_member",
        "contact",
        "event",
        "lead",
        "opportunity",
        "task",
        "user",
    ]
    for table in [*names, "opportunity_contact_role"]:
        columns = {
            column: landing.typed(table, column, TYPES | {"date": "date"})
            for column in landing.columns(table)
            if not column.startswith("_fivetran")
        }
        for column, value in columns.items():
            if landing.types[table].get(column) == "date":
                columns[column] = f"epoch_ms(cast({value} as timestamp))"
        columns = {
            f"{name.removesuffix('_c')}__c" if name.endswith("_c") else name: value
            for name, value in columns.items()
        }
        loaded = {"_dlt_load_id": "'1790917800.12'", "_dlt_id": "md5(told.id)"}
        where = current(landing, table)
        landing.make("sf_user" if table == "user" else table, table, columns | loaded, where)


def fivetran(landing: Landing) -> None:
    """Land a CRM as the demo does."""
    for table in landing.tables:
        landing.sql(f'create table {landing.crm}."{table}" as from told."{table}"')


SHAPES = {
    "fivetran": {"hubspot": fivetran, "salesforce": fivetran},
    "airbyte": {"hubspot": airbyte_hubspot, "salesforce": airbyte_salesforce},
    "dlt": {"hubspot": dlt_hubspot, "salesforce": dlt_salesforce},
    "stitch": {"hubspot": stitch_hubspot, "salesforce": stitch_salesforce},
}


def land(path: Path, loader: str) -> None:
    """Land both CRMs of the demo in a DuckDB file as a loader does."""
    with duckdb.connect(str(path)) as connection:
        for crm, shape in SHAPES[loader].items():
            shape(Landing(connection, crm))
            connection.execute("drop schema told cascade")
