"""A large CRM in the Salesforce shape, for benchmarks: typed parquet, history mode off.

Every value is a hash of its row number, so the same scale gives the same rows, and every table is
one streamed query: memory does not grow with the scale.
"""

import duckdb

from .names import INDUSTRIES, SEGMENTS
from .world import AS_OF

OPPORTUNITIES = 2_000_000  # at scale 1
CHANGES = 10  # of each opportunity
STAGES = [
    "Prospecting",
    "Qualification",
    "Value Proposition",
    "Proposal/Price Quote",
    "Negotiation/Review",
    "Closed Won",
    "Closed Lost",
]
MACROS = f"""
    create macro as_of() as timestamp '{AS_OF}';
    -- A number below `size` that the row number and a salt decide.
    create macro pick(i, salt, size) as cast(hash(i * 64 + salt) % size as bigint);
    -- 18 characters, as Salesforce's ids; without capitals in the first fifteen they end in AAA.
    create macro sf_id(prefix, i) as prefix || '5g0' || lpad(cast(i as varchar), 9, '0') || 'AAA';
    create macro user_id(i, salt) as sf_id('005', pick(i, salt, getvariable('users')));
    -- Two years of creation up to a week before the as-of instant, in whole seconds.
    create macro born(i) as as_of() - interval 7 day - to_seconds(pick(i, 1, 723 * 86400));
    -- The seconds over which a deal's changes are spread: one to six months, or up to the as-of.
    create macro span(i) as least(
        cast(epoch(as_of()) - epoch(born(i)) as bigint), (30 + pick(i, 2, 150)) * 86400
    );
    create macro changed(i, k) as born(i) + to_seconds(cast(
        ((k + 1) * 60 + pick(i * {CHANGES} + k, 3, 50)) * span(i) // ({CHANGES} * 60 + 120)
        as bigint
    ));
    -- How far a deal came: two in three to an end, the others to one of the open stages.
    create macro reached(i) as case when pick(i, 4, 3) > 0 then 5 else pick(i, 5, 5) end;
    create macro stage(i, n) as
        {STAGES}[case when n >= 5 then 6 + pick(i, 6, 2) else n + 1 end];
    create macro amount(i, salt) as cast(500 + pick(i, salt, 400) * 250 as decimal(18, 2));
"""
STAMPS = """
    false as is_deleted,
    born(i) as created_date,
    born(i) as last_modified_date,
    user_id(i, 10) as last_modified_by_id,
    born(i) as system_modstamp,
    as_of() as _fivetran_synced
"""
# Change k of a deal: an odd one is the next stage, as far as the deal came; the others in turn are
# owner, close date, owner, amount, next step.
QUERIES = {
    "opportunity": f"""
        select
            sf_id('006', i) as id,
            sf_id('001', pick(i, 7, getvariable('accounts'))) as account_id,
            'Deal ' || i as name,
            stage(i, reached(i)) as stage_name,
            amount(i, 9) as amount,
            cast(born(i) + interval 90 day as date) as close_date,
            'New Business' as type,
            'Call back' as next_step,
            ['Web', 'Referral', 'Outbound'][1 + pick(i, 12, 3)] as lead_source,
            'Pipeline' as forecast_category_name,
            case when stage(i, reached(i)) = 'Closed Lost' then 'Price' end as loss_reason_c,
            {SEGMENTS}[1 + pick(i, 13, 3)] as segment_c,
            user_id(i, 16) as owner_id,
            reached(i) >= 5 as is_closed,
            stage(i, reached(i)) = 'Closed Won' as is_won,
            user_id(i, 10) as created_by_id,
            {STAMPS}
        from range(getvariable('opportunities')) as numbers(i)""",
    "opportunity_field_history": f"""
        select
            sf_id('017', i * {CHANGES} + k) as id,
            sf_id('006', i) as opportunity_id,
            case
                when k % 2 = 1 and k // 2 < reached(i) then 'StageName'
                when k % 2 = 1 then 'Probability'
                else ['Owner', 'CloseDate', 'Owner', 'Amount', 'NextStep'][1 + k // 2]
            end as field,
            case
                when k % 2 = 1 and k // 2 < reached(i) then stage(i, k // 2)
                when k % 2 = 1 then cast(k * 10 as varchar)
                when k = 0 then user_id(i, 10)
                when k = 2 then cast(cast(born(i) + interval 60 day as date) as varchar)
                when k = 4 then user_id(i, 15)
                when k = 6 then cast(amount(i, 8) as varchar)
                else 'Qualify'
            end as old_value,
            case
                when k % 2 = 1 and k // 2 < reached(i) then stage(i, k // 2 + 1)
                when k % 2 = 1 then cast(k * 10 + 20 as varchar)
                when k = 0 then user_id(i, 15)
                when k = 2 then cast(cast(born(i) + interval 90 day as date) as varchar)
                when k = 4 then user_id(i, 16)
                when k = 6 then cast(amount(i, 9) as varchar)
                else 'Call back'
            end as new_value,
            user_id(i, 10) as created_by_id,
            changed(i, k) as created_date,
            false as is_deleted,
            as_of() as _fivetran_synced
        from range(getvariable('opportunities')) as numbers(i)
        cross join range({CHANGES}) as changes(k)""",
    "opportunity_stage": f"""
        select
            sf_id('01J', i) as id,
            {STAGES}[i] as api_name,
            {STAGES}[i] as master_label,
            i as sort_order,
            true as is_active,
            i >= 6 as is_closed,
            i = 6 as is_won,
            false as _fivetran_deleted,
            as_of() as _fivetran_synced
        from range(1, 8) as numbers(i)""",
    "account": f"""
        select
            sf_id('001', i) as id,
            'Company ' || i as name,
            case when pick(i, 20, 4) = 0 then 'Customer' else 'Prospect' end as type,
            'www.company' || i || '.example' as website,
            '+1 415 ' || lpad(cast(i as varchar), 7, '0') as phone,
            {INDUSTRIES}[1 + pick(i, 21, {len(INDUSTRIES)})] as industry,
            ['Germany', 'United States', 'United Kingdom'][1 + pick(i, 22, 3)] as billing_country,
            user_id(i, 10) as owner_id,
            {SEGMENTS}[1 + pick(i, 13, 3)] as segment_c,
            cast(null as varchar) as master_record_id,
            {STAMPS}
        from range(getvariable('accounts')) as numbers(i)""",
    "contact": f"""
        select
            sf_id('003', i) as id,
            sf_id('001', pick(i, 7, getvariable('accounts'))) as account_id,
            'First' || pick(i, 23, 5000) as first_name,
            'Last' || i as last_name,
            'person' || i || '@company' || pick(i, 7, getvariable('accounts')) || '.example'
                as email,
            '+49 30 ' || lpad(cast(i as varchar), 7, '0') as phone,
            ['Germany', 'United States', 'United Kingdom'][1 + pick(i, 22, 3)] as mailing_country,
            user_id(i, 10) as owner_id,
            'Web' as lead_source,
            ['opted_in', 'unknown', 'opted_out'][1 + pick(i, 24, 3)] as consent_status_c,
            pick(i, 25, 30) = 0 as has_opted_out_of_email,
            false as do_not_call,
            pick(i, 26, 40) = 0 as is_email_bounced,
            cast(null as varchar) as master_record_id,
            {STAMPS}
        from range(getvariable('contacts')) as numbers(i)""",
    "user": """
        select
            sf_id('005', i) as id,
            'User ' || i as name,
            'user' || i || '@fennmark.example' as email,
            'Standard' as user_type,
            ['Sales', 'Sales Development', 'Customer Success'][1 + pick(i, 27, 3)] as department,
            pick(i, 28, 12) > 0 as is_active,
            false as _fivetran_deleted,
            as_of() as _fivetran_synced
        from range(getvariable('users')) as numbers(i)""",
    "task": """
        select
            sf_id('00T', i) as id,
            sf_id('003', pick(i, 30, getvariable('contacts'))) as who_id,
            sf_id('006', i // 2) as what_id,
            user_id(i // 2, 10) as owner_id,
            'Completed' as status,
            true as is_closed,
            cast(changed(i // 2, 1 + i % 2 * 6) as date) as activity_date,
            changed(i // 2, 1 + i % 2 * 6) as completed_date_time,
            ['Call', 'Email'][1 + pick(i, 31, 2)] as type,
            ['Call', 'Email'][1 + pick(i, 31, 2)] as task_subtype,
            case when pick(i, 31, 2) = 0 then ['Inbound', 'Outbound'][1 + pick(i, 32, 2)] end
                as call_type,
            false as is_deleted,
            user_id(i // 2, 10) as created_by_id,
            changed(i // 2, 1 + i % 2 * 6) as created_date,
            as_of() as _fivetran_synced
        from range(getvariable('opportunities') * 2) as numbers(i)""",
}


def write_parquet(out, sizes, macros, queries):
    """Write a parquet file for each query; the sizes are variables of theirs."""
    out.mkdir(parents=True, exist_ok=True)
    db = duckdb.connect(config={"threads": 2, "memory_limit": "2GB"})
    db.execute("set TimeZone = 'UTC'")
    for name, size in sizes.items():
        db.execute(f"set variable {name} = {size}")
    db.execute(macros)
    for table, query in queries.items():
        path = str(out / f"{table}.parquet").replace("'", "''")
        db.execute(f"copy ({query}) to '{path}' (format parquet)")


def make(scale, out):
    """Write the parquet files of a scale (1 is 2 million opportunities, 20 million changes)."""
    deals = max(round(OPPORTUNITIES * scale), 20)
    sizes = {
        "opportunities": deals,
        "accounts": deals // 4,
        "contacts": deals // 2,
        "users": max(deals // 2000, 20),
    }
    write_parquet(out, sizes, MACROS, QUERIES)
