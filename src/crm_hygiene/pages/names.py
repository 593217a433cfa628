"""What the pages call records, people and values, where the marts hold their ids.

Names of companies, deals and the CRM's own users come from staging; contacts and leads have theirs
only where personal data is shown. An account that is a person, a deal of one, and what carries the
name of a contact of its own or an address, is masked like a person.
"""

import argparse
import re
from collections.abc import Iterable
from functools import cached_property

import duckdb

from crm_hygiene.warehouse import columns_of, rows

# What a page may show: names of companies, deals and users; nobody's; everybody's.
MASKS_PEOPLE, MASKS_ALL, MASKS_NOTHING = "people", "all", "nothing"

# The people of an account are its contacts, those of a deal also who has a role in it.
OF_PEOPLE = """
    with wanted as (select unnest(?) as record_key),

    contacts as (
        select crm, contact_id, account_id, lower(coalesce(first_name, '')) as first_name,
            lower(last_name) as last_name
        from staging.stg_crm__contacts
        where length(last_name) > 1
    ),
"""
BEARS_A_PERSONS_NAME = "contains(lower(named.name), {0}.first_name) " + (
    "and contains(lower(named.name), {0}.last_name)"
)
ACCOUNTS = f"""
    {OF_PEOPLE}
    named as (
        select crm, account_id, record_key, account_name as name
        from staging.stg_crm__accounts
        inner join wanted using (record_key)
        where not is_person and account_name not like '%@%'
    )

    select record_key, name from named
    where not exists (
        select 1 from contacts
        where contacts.crm = named.crm and contacts.account_id = named.account_id
            and lower(named.name) = trim(contacts.first_name || ' ' || contacts.last_name)
    )
"""
DEALS = f"""
    {OF_PEOPLE}
    named as (
        select deals.crm, deals.opportunity_id, deals.account_id, deals.record_key,
            deals.opportunity_name as name
        from staging.stg_crm__opportunities as deals
        inner join wanted using (record_key)
        left join staging.stg_crm__accounts as accounts
            on deals.crm = accounts.crm and deals.account_id = accounts.account_id
        where not coalesce(accounts.is_person, false) and deals.opportunity_name not like '%@%'
    ),

    people as (
        select named.record_key
        from named
        inner join contacts on named.crm = contacts.crm and named.account_id = contacts.account_id
        where {BEARS_A_PERSONS_NAME.format("contacts")}

        union

        select named.record_key
        from named
        inner join staging.stg_crm__opportunity_contacts as roles
            on named.crm = roles.crm and named.opportunity_id = roles.opportunity_id
        inner join contacts
            on roles.crm = contacts.crm and roles.contact_id = contacts.contact_id
        where {BEARS_A_PERSONS_NAME.format("contacts")}
    )

    select record_key, name from named
    where record_key not in (select record_key from people)
"""
# Of each table what names its records.
NAMED_BY = {
    "accounts": "account_name",
    "opportunities": "opportunity_name",
    "contacts": "nullif(trim(concat_ws(' ', first_name, last_name)), '')",
    "leads": "nullif(trim(concat_ws(' ', first_name, last_name)), '')",
}
ALL_OF_THEM = [
    f"select record_key, {name} as name from staging.stg_crm__{table} "
    "inner join (select unnest(?) as record_key) using (record_key)"
    for table, name in NAMED_BY.items()
]
READ_TABLE = re.compile(r"\bstaging\.\w+")
# Where the rules write a stage: `A: 3 d 0 h`, `entered A, no meeting`, `back from A to B`.
STAGES_IN_WORDS = re.compile(
    r"^(?P<entered>entered )?(?P<stage>[^:,]+)(?=(?(entered)(?:,|$)|: ))"
    r"|^(?P<start>(?:back )?from )(?P<before>[^,]+?)(?P<between> to )(?P<after>[^,]+?)(?=,|$)"
)


def add_masks(parser: argparse.ArgumentParser) -> None:
    """Let a command be told what to mask."""
    given = parser.add_mutually_exclusive_group()
    parser.set_defaults(masks=MASKS_PEOPLE)
    given.add_argument(
        "--mask-all",
        dest="masks",
        action="store_const",
        const=MASKS_ALL,
        help="mask names of companies, deals and users too",
    )
    given.add_argument(
        "--show-personal-data",
        dest="masks",
        action="store_const",
        const=MASKS_NOTHING,
        help="show names of contacts and leads, and values of fields",
    )


class Names:
    """The names that a page may show, read from the staging of an open warehouse."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, masks: str = MASKS_PEOPLE):
        """Read from this connection."""
        self.connection = connection
        self.masks = masks
        # None for a record without a name that may be shown.
        self.read_records: dict[str, str | None] = {}

    def read(self, query: str, values: tuple = ()) -> list[dict]:
        """Return a query's rows; none where a table that it reads is not built."""
        if not all(columns_of(self.connection, name) for name in READ_TABLE.findall(query)):
            return []
        return rows(self.connection, query, values)

    @cached_property
    def labels(self) -> dict[tuple[str, str, str, str], str]:
        """Return what people call a value, by CRM, object type, field and value."""
        return {
            (row["crm"], row["object_type"], row["field"], row["value"]): row["label"]
            for row in self.read("select * from staging.stg_crm__labels order by all")
        }

    def label(self, crm: str, object_type: str, field: str, value: str | None) -> str | None:
        """Return what people call a value: itself where it has no other name."""
        return self.labels.get((crm, object_type, field, value), value)

    @cached_property
    def users(self) -> dict[tuple[str, str], str]:
        """Return the names of the CRM's own users by CRM and id."""
        if self.masks == MASKS_ALL:
            return {}
        found = self.read(
            "select crm, user_id, user_name from staging.stg_crm__users "
            "where user_name is not null order by all"
        )
        return {(row["crm"], row["user_id"]): row["user_name"] for row in found}

    def records(self, keys: Iterable[str]) -> dict[str, str]:
        """Return the names of these records, of those that have one that may be shown."""
        wanted = set(keys)
        unread = sorted(wanted - set(self.read_records))
        if self.masks != MASKS_ALL and unread:
            queries = ALL_OF_THEM if self.masks == MASKS_NOTHING else (ACCOUNTS, DEALS)
            found = [row for query in queries for row in self.read(query, (unread,))]
            self.read_records |= dict.fromkeys(unread)
            self.read_records |= {row["record_key"]: row["name"] for row in found}
        return {key: name for key in sorted(wanted) if (name := self.read_records.get(key))}

    def spoken(self, text: str | None, crm: str, object_type: str) -> str | None:
        """Return a rule's words about a record with its stages as people call them.

        An id is one only where the rules write a stage: some CRMs number them.
        """

        def labelled(found: re.Match) -> str:
            parts = found.groupdict(default="")
            for name in ("stage", "before", "after"):
                parts[name] = self.label(crm, object_type, "stage", parts[name]) or ""
            return "".join(parts.values())

        return text and STAGES_IN_WORDS.sub(labelled, text)
