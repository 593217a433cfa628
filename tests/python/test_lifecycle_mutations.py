"""Each protection is taken out of the SQL in turn, and the safety checks see each removal.

A mutant is the compiled SQL of one model with a text in it replaced; the models that follow are
made anew on the same landing. The checks know the facts, but not the SQL.
"""

import re
from typing import NamedTuple

import duckdb
import pytest
from plain_lifecycle import DAY, HOUR, Policy
from test_lifecycle_properties import (
    AS_OF,
    COLUMNS,
    FLAGS,
    FOUND,
    MODELS,
    Judged,
    Setting,
    dangers,
    harsher,
    judged,
    landing_of,
    make,
    plain,
)

# As shipped but for these: a suppression that lasts longer than the retention, and an approval, so
# that what these protect from can happen.
SETTING = Setting(
    23,
    2200,
    policy={
        "retention_policy": [
            ("contact", "*", 12, "months", 36, 60), ("contact", "EU", 18, "months", 60, 60),
            ("lead", "*", 180, "days", 24, 60), ("account", "*", 24, "months", None, None),
            ("opportunity", "*", 18, "months", None, None),
            ("activity", "*", 36, "months", None, None),
        ],
        "flag_policy": [
            ("open", "legal_hold", "unknown", "unknown"), ("open", "opted_out", "false", "unknown"),
            ("open", "do_not_contact", "unknown", "unknown"),
            *(("open", name, "unknown", "unknown") for name in FLAGS[:3]),
        ],
        "lifecycle_approvals": [
            ("no_lawful_basis_approved", "*", "EU", "Legal", "2026-01-01"),
            ("no_lawful_basis_approved", "open", "US", "Legal", "2026-06-01"),
        ],
    },
)  # fmt: skip


class Mutant(NamedTuple):
    """A protection: the text that gives it, and the text without it."""

    protection: str
    model: str
    text: str
    without: str


VERDICTS, FACTS = "int_lifecycle__verdicts", "int_lifecycle__facts"
OWN, INHERITED = "int_lifecycle__record_facts", "int_lifecycle__inherited"
RECORDS, DECIDING = "int_lifecycle__records", "int_lifecycle__deciding_rules"
ACTIVITY, LINKS = "int_lifecycle__activity_facts", "int_lifecycle__activity_links"
LINKED, LIMITS = "int_lifecycle__linked", "int_lifecycle__limits"
# Left out is what another protection gives as well: of an account or contact that something is
# tied to no rule deletes; a deal of an unknown kind may be a won one.
MUTANTS = [
    Mutant(protection, model, text, without)
    for model, rows in {
        VERDICTS: [
            # Rules that keep, and what comes before others.
            ("held", "is_held as legal", "false as legal"),
            ("open case", "has_open_case as open", "false as open"),
            ("obligation", "has_obligation as active", "false as active"),
            ("suppressed", "is_suppressed and not is_past_suppression as", "false as"),
            ("rescued", "is_rescued as rescued", "false as rescued"),
            ("booked and active", "is_booked and is_active as", "false as"),
            ("booked and not active", "is_booked and not is_active as", "false as"),
            ("customer", "is_of_customer as active", "false as active"),
            ("open deal", "then has_open_opportunity", "then false"),
            ("partner", "is_of_partner_or_strategic as partner", "false as partner"),
            ("came back after a loss", "is_lost and has_signal_after_loss as", "false as"),
            ("engaged", "is_engaged as engaged", "false as engaged"),
            # What a rule asks for before it takes something away.
            ("past suppression", "is_suppressed and is_past_suppression as", "is_suppressed as"),
            ("departed, then seen", "has_departed and not is_contradictory", "has_departed"),
            ("junk, contradictory", "and not is_contradictory as test_or_spam", "as test_or_spam"),
            ("junk", "is_test_or_spam and is_unlinked", "is_unlinked"),
            (
                "address, contradictory",
                "and not is_contradictory as disposable_or_invalid_email",
                "as disposable_or_invalid_email",
            ),
            ("address", "is_unreachable and is_unlinked", "is_unlinked"),
            (
                "duplicate, linked",
                "is_worthless_duplicate and is_unlinked",
                "is_worthless_duplicate",
            ),
            ("duplicate, touched of late", "and not is_recent and", "and"),
            (
                "duplicate, contradictory",
                "and not is_contradictory as duplicate_no_own_value",
                "as duplicate_no_own_value",
            ),
            ("approval", "lacks_lawful_basis and is_approved and", "lacks_lawful_basis and"),
            ("no basis, linked", "is_approved and is_unlinked and", "is_approved and"),
            ("past retention", "and is_past_retention and", "and"),
            ("retention, contradictory", "and not is_contradictory as past", "as past"),
            ("silence, contradictory", "and not is_contradictory as contact", "as contact"),
            ("old contact", "object_type = 'contact' and is_old", "object_type = 'contact'"),
            ("old lead", "object_type = 'lead' and is_old", "object_type = 'lead'"),
            ("nurtured", "is_old and not is_nurtured and", "is_old and"),
            ("old account", "object_type = 'account' and is_old", "object_type = 'account'"),
            ("old deal", "is_closed and is_old and", "is_closed and"),
            ("loss reason", "is_lost and is_old and lacks_loss_reason and", "false and"),
            ("old activity", "object_type = 'activity' and is_old", "object_type = 'activity'"),
        ],
        FACTS: [
            (
                "possible signal",
                "then is_signal else false end as has_signal_after_loss",
                "then coalesce(is_signal, false) else false end as has_signal_after_loss",
            ),
            (
                "possible engagement",
                "coalesce(last_possible_engagement_at >=",
                "coalesce(last_engagement_at >=",
            ),
            ("amount of a mistake", "and coalesce(amount, 0) = 0", ""),
            ("work on a mistake", "and n_activities + n_contacts = 0", ""),
            (
                "exact close of a mistake",
                "when is_close_exact and coalesce(has_creation_date, true) then",
                "when coalesce(has_creation_date, true) then",
            ),
            (
                "creation date of a mistake",
                "when is_close_exact and coalesce(has_creation_date, true) then",
                "when is_close_exact then",
            ),
            ("basis", "and coalesce(lawful_basis = 'none', false)", ""),
            (
                "suppression not known",
                "and (is_suppressed or is_suppression_known or is_past_suppression) as",
                "as",
            ),
            (
                "status not known",
                "when object_type = 'lead' and stage_kind is null and not is_nurture then null",
                "when false then null",
            ),
            ("dependent duplicate", "coalesce(dependent_duplicate_sk,", "coalesce(null,"),
            ("dependent lead", "coalesce(dependent_lead_sk,", "coalesce(null,"),
        ],
        OWN: [
            ("deterministic", "and is_deterministic and", "and"),
            ("own values", "and n_own_values = 0", ""),
            ("later approval", "and approved_at <=", "and date '1970-01-01' <="),
            ("clock", "where stopped_at is null and", "where false and"),
            ("listed obligation", "coalesce(protected.is_owed, 0) = 1 or", ""),
            ("contract in force", "or owed_by_contract.record_key is not null", ""),
            ("tied to the books", "when has_financial_tie then true", ""),
            (
                "suppression not known",
                "is_do_not_contact is not null and is_opted_out is not null as",
                "true as",
            ),
            ("do not contact", "(coalesce(is_do_not_contact, false) or", "(false or"),
            ("opted out", "or coalesce(is_opted_out, false))", "or false)"),
            (
                "case of another",
                "object_type in ('account', 'contact') and has_open_case_link",
                "false",
            ),
            ("possibly won deal", "when may_have_won then null", "when false then null"),
            (
                "planned",
                "when archive_before is null or has_activity_ahead",
                "when archive_before is null",
            ),
            (
                "planned, suppressed",
                "and not has_activity_ahead and not has_document as is_past_suppression",
                "and not has_document as is_past_suppression",
            ),
            (
                "planned, retention",
                "and not has_activity_ahead and not has_document as is_past_limit",
                "and not has_document as is_past_limit",
            ),
            (
                "document, suppressed",
                "and not has_document as is_past_suppression",
                "as is_past_suppression",
            ),
            ("document, retention", "and not has_document as is_past_limit", "as is_past_limit"),
            ("document, deleted", "not has_document and case object_type", "case object_type"),
            ("document in force", "or coalesce(document_ties.is_in_force, false)", ""),
            (
                "undated close",
                "when object_type = 'account' and may_have_closed_later then null",
                "",
            ),
            (
                "engaged after leaving",
                "or coalesce(last_possible_engagement_at > departed_at, false)",
                "",
            ),
            (
                "basis against consent",
                "coalesce(lawful_basis = 'none' and consent_status = 'opted_in', false) or",
                "",
            ),
            (
                "account of a contact",
                "account_id is null and n_opportunities + n_cases",
                "n_opportunities + n_cases",
            ),
            ("conversion", "not is_converted and n_by_hand", "n_by_hand"),
        ],
        INHERITED: [
            (
                "hold not known",
                "select records.record_sk, records.is_on_legal_hold or",
                "select records.record_sk, coalesce(records.is_on_legal_hold, false) or",
            ),
            ("listed hold", "or records.is_listed_held", ""),
            ("hold of the account", "or records.account_is_held", ""),
            (
                "record that is missing",
                "when records.is_account_missing then null",
                "when false then null",
            ),
            ("booked by the account", "or records.account_is_booked", ""),
            ("booked after conversion", "else converted_accounts.is_booked end", "else false end"),
            ("active account", "or records.account_is_active", ""),
            ("customer's contact", "and records.account_is_customer", "and false"),
        ],
        RECORDS: [
            ("renewal", "or customer_deals.record_key is not null", ""),
            ("invoice", "financial_ties.record_key is not null or", ""),
            (
                "empty hold",
                "coalesce(landed.is_on_legal_hold, inputs.empty_legal_hold)",
                "coalesce(landed.is_on_legal_hold, false)",
            ),
            (
                "empty customer",
                "coalesce(landed.is_customer, inputs.empty_is_customer)",
                "coalesce(landed.is_customer, false)",
            ),
            (
                "empty wish",
                "coalesce(records.do_not_contact, inputs.empty_do_not_contact)",
                "coalesce(records.do_not_contact, false)",
            ),
            (
                "stage not known",
                "and inputs.has_stages as is_kind_unknown",
                "and false as is_kind_unknown",
            ),
        ],
        ACTIVITY: [
            ("hold of a record", "or linked.is_held = 1", ""),
            ("hold not known", "when linked.may_be_held = 1 then null", "when false then null"),
            (
                "made by hand",
                "when not activities.is_automated then false",
                "when false then false",
            ),
            (
                "record that lives",
                "coalesce(linked.n_seen, 0) = 0 or linked.n_alive > 0",
                "coalesce(linked.n_seen, 0) = 0",
            ),
        ],
        LINKS: [
            (
                "type not known",
                "when activities.activity_type is null then null",
                "when activities.activity_type is null then false",
            ),
            (
                "status not known",
                "when activities.status is null then null",
                "when activities.status is null then false",
            ),
            (
                "direction not known",
                "when types.direction <> 'any' and activities.direction is null then null",
                "when types.direction <> 'any' and activities.direction is null then false",
            ),
        ],
        LINKED: [
            ("case of a contact", "link in ('case', 'case of a contact')", "link in ('case')"),
            (
                "deal that is missing",
                "when links.linked_sk is null then inputs.has_records",
                "when links.linked_sk is null then false",
            ),
        ],
        LIMITS: [
            (
                "longest limit",
                "when regions.region is null then longest.",
                "when false then longest.",
            ),
        ],
        DECIDING: [
            (
                "cannot be told",
                "when first_decision not in ('archive', 'anonymize', 'delete') then null",
                "when true then null",
            ),
            (
                "missing for anonymize",
                "when 'anonymize' then is_input_missing_for_anonymize",
                "when 'anonymize' then false",
            ),
            ("missing for delete", "then is_input_missing_for_delete or", "then"),
            ("dependants", "when blocked_by is not null then 'blocked_by_dependant'", ""),
            (
                "dependent activity",
                "when first_decision = 'delete' then crm",
                "when false then crm",
            ),
        ],
    }.items()
    for protection, text, without in rows
]


def rows_of(table: str, *told: dict) -> dict:
    return {table: [dict.fromkeys(COLUMNS[table]) | row for row in told]}


LONG_AGO = AS_OF - 3600 * DAY
ACCOUNT = {"account_id": "#a", "created_at": LONG_AGO, **dict.fromkeys(FLAGS, False)}
CONTACT = {
    "contact_id": "#c", "created_at": LONG_AGO, "legal_hold": False, "do_not_contact": False,
    "lawful_basis": "none", "region": "EU", "phone": "+442079460010",
}  # fmt: skip
MISTAKE = {
    "opportunity_id": "#o", "created_at": LONG_AGO, "legal_hold": False, "stage": "lost",
    "closed_at": LONG_AGO + HOUR, "loss_reason": "price",
}  # fmt: skip
LEAD = {"lead_id": "#l", "created_at": LONG_AGO, "legal_hold": False, "do_not_contact": False}
ROLE = {"opportunity_id": "#o", "contact_id": "#c"}
MAIL = {"activity_id": "#m", "occurred_at": AS_OF - 9 * DAY, "contact_id": "#c", "type": "email"}
PERSON = CONTACT | {"lawful_basis": "consent", "consent_status": "opted_in"}
NAMESAKES = [PERSON, PERSON | {"contact_id": "#d", "created_at": AS_OF - 9 * DAY}]
CLUSTER = {
    "object_type": "contact", "survivor_id": "#c", "is_deterministic": True, "n_own_values": 0,
}  # fmt: skip
# What chance seldom draws.
WORLDS = [
    # A contact without a lawful basis, of an account.
    rows_of("accounts", ACCOUNT) | rows_of("contacts", CONTACT | {"account_id": "#a"}),
    # One with a basis that nothing is tied to.
    rows_of("contacts", CONTACT | {"lawful_basis": "consent"}),
    # A lost deal whose contact may have written.
    rows_of("contacts", CONTACT) | rows_of("opportunity_contacts", ROLE)
    | rows_of("activities", MAIL) | rows_of("opportunities", MISTAKE | {"amount": 1}),
    # A lost deal on which the buyer may have answered, within a year.
    rows_of("opportunities", MISTAKE | {"amount": 1})
    | rows_of("activities", MAIL | {"type": "reply", "occurred_at": AS_OF - 300 * DAY}
              | {"contact_id": None, "opportunity_id": "#o"}),
    # A deal made by mistake that has a contact, and one that a lead was converted into.
    rows_of("contacts", CONTACT) | rows_of("opportunity_contacts", ROLE)
    | rows_of("opportunities", MISTAKE),
    rows_of("opportunities", MISTAKE)
    | rows_of("leads", LEAD | {"converted_at": LONG_AGO, "converted_opportunity_id": "#o"}),
    # A new contact that is the duplicate of an old one.
    rows_of("contacts", *NAMESAKES)
    | rows_of("clusters", *({**CLUSTER, "record_id": one["contact_id"],
                             "is_survivor": one["contact_id"] == "#c"} for one in NAMESAKES)),
    # A lost deal of which only its modification is told.
    rows_of("opportunities", MISTAKE | {"created_at": None, "updated_at": LONG_AGO}),
    # An account whose contact has an open case.
    rows_of("accounts", ACCOUNT) | rows_of("contacts", CONTACT | {"account_id": "#a"})
    | rows_of("cases", {"case_id": "#k", "created_at": LONG_AGO, "contact_id": "#c"}),
]  # fmt: skip


def ends_of(mutant: Mutant) -> str:
    return f"{mutant.model}: {mutant.protection}"


def on_one_line(sql: str) -> str:
    """SQL without comments and line breaks."""
    return " ".join(re.sub("--.*", "", sql).split())


# As FOUND, but of the verdicts only the rule that held: of what was stopped the reason tells it.
DECIDED = """
    select
        record_key, decision, rule_id, blocked_by, is_protected, missing_inputs,
        '+' || case
            when rule_id in ('cannot_be_told', 'input_missing', 'blocked_by_dependant')
                then split_part(split_part(reason, ' by ', 2), ',', 1)
            else rule_id
        end
    from marts.lifecycle_decisions
"""


class Mutated:
    """The models that follow a changed one, made again and rolled back."""

    def __init__(self, one: Judged):
        self.one = one
        self.nodes = {node.name: node for node in MODELS.nodes}
        self.order = [node.name for node in MODELS.nodes]
        self.connection = duckdb.connect(str(one.warehouse.path))
        self.connection.execute("set timezone = 'UTC'")

    def followers(self, model: str) -> list[str]:
        """The models that rest on one, in the order in which they can be made."""
        changed = {self.nodes[model].unique_id}
        names = []
        for name in self.order:
            node = self.nodes[name]
            if changed & set(node.depends_on.nodes):
                changed.add(node.unique_id)
                names.append(name)
        return names

    def decided(self, mutant: Mutant) -> list[tuple]:
        """The decisions of the models with a protection taken out."""
        sql = on_one_line(self.nodes[mutant.model].compiled_code)
        assert mutant.text in sql, f"{mutant.model} does not say '{mutant.text}' any more"
        self.connection.execute("begin")
        try:
            make(
                self.connection,
                self.nodes[mutant.model],
                sql.replace(mutant.text, mutant.without),
            )
            for name in self.followers(mutant.model):
                make(self.connection, self.nodes[name], self.nodes[name].compiled_code)
            return self.connection.execute(DECIDED).fetchall()
        finally:
            self.connection.execute("rollback")


@pytest.fixture(scope="module")
def mutated():
    judged("as shipped")  # dbt runs once for all
    landing = landing_of(SETTING, WORLDS)
    warehouse = MODELS.again(landing.tables, SETTING.policy)
    lifecycle = plain(landing.tables, Policy(warehouse.sql))
    one = Judged(landing, warehouse, lifecycle, warehouse.sql(FOUND))
    assert seen(one, one.found) == []
    mutated = Mutated(one)
    yield mutated
    mutated.connection.close()


def seen(one: Judged, found: list[tuple]) -> list[str]:
    """What the safety checks have to say of decisions."""
    return dangers(one.lifecycle, found) + harsher(one.landing, found)


@pytest.mark.parametrize("mutant", MUTANTS, ids=ends_of)
def test_each_protection_is_missed(mutated, mutant):
    assert seen(mutated.one, mutated.decided(mutant)), "no check missed it"
