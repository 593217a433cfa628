"""A CRM of many people in the open shape, for benchmarks of identity and decisions.

Of its contacts 3 % are planted duplicates (planted_duplicates.parquet names each and its kind), and
it has what makes duplicates hard to find: role accounts, switchboards, giant accounts, names that
thousands share, cities where many live, addresses without a company.
"""

from .names import INDUSTRIES, SEGMENTS
from .scale import write_parquet
from .world import AS_OF

ORIGINALS = 0.97  # of the contacts, and of the accounts; the others are their duplicates
KINDS = ["same email", "phone and family name", "typo at the company", "swapped at home"]
KINDS += ["typo at home", "other email"]
STARTS = [
    "An", "Ber", "Chri", "Da", "El", "Fre", "Ga", "Han", "Iv", "Jo", "Ka", "Le", "Ma", "Ni", "Ol",
    "Pa", "Qui", "Ro", "Sa", "Ti", "Ur", "Vi", "Wal", "Xa", "Yo", "Ze", "Mar", "Ste", "Bri", "Cla",
    "Dra", "Eri", "Gre", "Hei", "Jan", "Kri", "Lu", "Mo", "Ne", "Pe",
]  # fmt: skip
ENDS = [
    "a", "as", "drik", "elle", "en", "er", "ia", "ik", "in", "ina", "is", "ja", "jo", "ka", "la",
    "lena", "lia", "lin", "lo", "ma", "mir", "na", "nas", "ne", "nia", "no", "o", "ra", "ran",
    "ric", "rik", "rina", "ro", "sa", "san", "sia", "ta", "tin", "to", "vid",
]  # fmt: skip
NAMES = [
    "bach", "berg", "borg", "brand", "burg", "dahl", "dorf", "feld", "gaard", "haus", "heim", "hof",
    "holm", "kamp", "land", "ley", "lund", "mann", "mark", "mont", "muth", "nes", "quist", "roth",
    "sen", "shaw", "ski", "son", "stad", "stein", "ström", "ton", "vang", "vig", "ward", "well",
    "wick", "witz",
]  # fmt: skip
STREETS = ["Street", "Road", "Lane", "Avenue", "Square", "Way"]
COUNTRIES = ["Germany", "United States", "United Kingdom", "France"]

MACROS = f"""
    create macro as_of() as timestamp '{AS_OF}';
    -- A number below `size` that the row number and a salt decide; `common` prefers low numbers.
    create macro pick(i, salt, size) as cast(hash(i * 256 + salt) % size as bigint);
    create macro common(i, salt, size) as
        cast(floor(size * pow(pick(i, salt, 1000000) / 1e6, 2)) as bigint);
    create macro one(list, number) as list[1 + number % len(list)];
    create macro key(letter, i) as letter || lpad(cast(i as varchar), 8, '0');
    create macro user_key(i, salt) as key('U', pick(i, salt, getvariable('users')));
    -- Eight years of creation up to a week before the as-of instant, in whole seconds.
    create macro born(i) as as_of() - interval 7 day - to_seconds(pick(i, 1, 2900 * 86400));
    create macro after_birth(i, salt) as
        born(i) + to_seconds(pick(i, salt, cast(epoch(as_of()) - epoch(born(i)) as bigint)));
    create macro given_name(n) as one({STARTS}, n) || one({ENDS}, n // {len(STARTS)});
    create macro family_name(n) as
        one({STARTS}, n) || one({NAMES}, n // {len(STARTS)})
        || case when n >= {len(STARTS) * len(NAMES)} then one({ENDS}, n % 13) else '' end;
    create macro given(i) as given_name(common(i, 2, {len(STARTS) * len(ENDS)}));
    create macro family(i) as family_name(common(i, 3, {len(STARTS) * len(NAMES) * 5}));
    -- The account of a person: one in ten has none, one in a hundred one of four giants.
    create macro account_of(i) as case
        when pick(i, 4, 100) < 10 then null
        when pick(i, 4, 100) < 11 then pick(i, 5, least(4, getvariable('accounts')))
        else common(i, 6, getvariable('accounts'))
    end;
    -- A later account in a row of duplicates stands for the same company.
    create macro company_of(a) as case
        when a is null then null
        when a < {ORIGINALS} * getvariable('accounts') then a
        else pick(a, 7, cast(ceil({ORIGINALS} * getvariable('accounts')) as bigint))
    end;
    create macro company(a) as
        family_name(pick(a, 8, 9000)) || ' '
        || one(['Logistics', 'Systems', 'Foods', 'Energy', 'Partners', 'Works'], pick(a, 9, 6))
        || ' ' || (a % 977);
    create macro domain(a) as lower(strip_accents(replace(company(a), ' ', ''))) || '.example';
    create macro country(i) as one({COUNTRIES}, common(i, 10, 4));
    create macro digits(i, salt, n) as
        lpad(cast(pick(i, salt, cast(pow(10, n) as bigint)) as varchar), n, '0');
    create macro phone(i, salt, country) as case country
        when 'Germany' then '+49 30 ' || digits(i, salt, 8)
        when 'United States' then '(415) ' || substr('2' || digits(i, salt, 6), 1, 3) || '-'
            || digits(i, salt + 1, 4)
        when 'United Kingdom' then '020 ' || digits(i, salt, 4) || ' ' || digits(i, salt + 1, 4)
        else '+33 1 ' || digits(i, salt, 8)
    end;
    create macro city_number(i) as common(i, 12, 600);
    create macro city(n) as one({STARTS}, n * 7) || one({NAMES}, n // 3) || one(['', 'en'], n);
    create macro postal_code(n, i) as cast(10000 + n * 131 + pick(i, 13, 9) as varchar);
    create macro street(i) as
        (1 + pick(i, 14, 240)) || ' ' || family_name(pick(i, 15, 1500)) || ' '
        || one({STREETS}, pick(i, 16, 6));
    -- One slip of the keyboard: a letter left out, doubled, swapped with the next or replaced.
    create macro slip(text, j) as case pick(j, 17, 4)
        when 0 then text[:1 + j % 3] || text[3 + j % 3:]
        when 1 then text[:2 + j % 3] || text[2 + j % 3:]
        when 2 then text[:1] || text[3:3] || text[2:2] || text[4:]
        else text[:1 + j % 3] || 'x' || text[3 + j % 3:]
    end;
    create macro consent(i) as
        ['opted_in', 'unknown', 'opted_in', 'unknown', 'opted_out', null][1 + pick(i, 18, 6)];
    -- A flag: NULL for one in a hundred, true for so many in a thousand.
    create macro flag(i, salt, per_mille) as
        case when pick(i, salt, 1000) >= 10 then pick(i, salt, 1000) < 10 + per_mille end;
    create macro stage_of(i) as
        one(['Qualify', 'Propose', 'Won', 'Won', 'Lost', 'Lost'], pick(i, 19, 6));
"""
# A contact j that is a duplicate has the facts of contact i, changed after its kind (0 to 5).
PEOPLE = """
    select
        j,
        kind,
        i,
        company_of(account_of(i)) as a,
        account_of(i) as account,
        country(i) as country,
        -- One contact in 300 is a test that nobody removed.
        case when pick(i, 20, 300) = 0 then 'Test' else given(i) end as given,
        case when pick(i, 20, 300) = 0 then 'Test' else family(i) end as family,
        -- Half of those with an account have its address, one in six its switchboard.
        coalesce(case when pick(i, 21, 2) = 0 then company_of(account_of(i)) end, i) as place,
        account_of(i) is not null and pick(i, 22, 6) = 0 as by_switch
    from (
        select
            j,
            case when j >= getvariable('originals') then pick(j, 23, 6) end as kind,
            case
                when j >= getvariable('originals') then pick(j, 24, getvariable('originals'))
                else j
            end as i
        from range(getvariable('contacts')) as numbers(j)
    )"""
EMAIL = """
    case
        when pick(i, 25, 100) < 5 then null
        when pick(i, 25, 100) < 7
            then one(['info@', 'sales@', 'office@', 'noreply@'], i) || domain(coalesce(a, i % 50))
        when a is null or pick(i, 25, 100) < 15
            then lower(strip_accents(given || family)) || (i % 1000) || '@'
                || one(['gmail.com', 'gmx.de'], i)
        else lower(strip_accents(given || '.' || family)) || (i % 50) || '@' || domain(a)
    end"""
PHONE = """
    case
        when pick(i, 26, 100) < 30 then null
        when pick(i, 26, 100) < 31 then '0000000'
        when by_switch then phone(a, 30, country)
        else phone(i, 27, country)
    end"""
QUERIES = {
    "accounts": f"""
        select
            key('A', a) as account_id,
            born(a) as created_at,
            case when a = company_of(a) or a % 2 = 0 then company(company_of(a)) else company(a) end
            || one([' GmbH', ' Ltd', ' Inc.', ''], a) as name,
            case
                when pick(a, 29, 100) < 20 then null
                when pick(a, 29, 100) < 22 then one(['facebook.com/shop', 'gmail.com'], a)
                else 'www.' || domain(company_of(a))
            end as domain,
            phone(company_of(a), 30, country(company_of(a))) as phone,
            street(company_of(a)) as street,
            city(city_number(company_of(a))) as city,
            postal_code(city_number(company_of(a)), company_of(a)) as postal_code,
            country(company_of(a)) as country,
            one({INDUSTRIES}, pick(a, 32, 6)) as industry,
            one({SEGMENTS}, pick(a, 33, 3)) as segment,
            user_key(a, 34) as owner_id,
            flag(a, 35, 150) as is_customer,
            flag(a, 36, 20) as is_partner,
            flag(a, 37, 5) as is_strategic,
            flag(a, 38, 2) as legal_hold,
            case when pick(a, 39, 200) = 0 then after_birth(a, 40) end as deleted_at
        from range(getvariable('accounts')) as numbers(a)""",
    "contacts": f"""
        select
            key('C', j) as contact_id,
            born(j) as created_at,
            case when kind in (3, 4) then null else key('A', account) end as account_id,
            case
                when kind = 3 then family
                when kind in (1, 4, 5) then slip(given, j)
                else given
            end as first_name,
            case
                when kind = 3 then given
                when kind = 2 then slip(family, j)
                else family
            end as last_name,
            case
                when kind = 0 then upper({EMAIL})
                when kind is null then {EMAIL}
                when kind = 5
                    then lower(strip_accents(given[:1] || family)) || (i % 1000) || '@'
                        || coalesce(domain(a), 'gmail.com')
            end as email,
            case
                when kind = 1 then replace({PHONE}, ' ', '-')
                when kind is null then {PHONE}
            end as phone,
            case when kind = 4 then slip(street(place), j) else street(place) end as street,
            city(city_number(place)) as city,
            postal_code(city_number(place), place) as postal_code,
            country,
            one(['Head of Operations', 'CFO', 'Buyer', null], pick(j, 41, 4)) as title,
            user_key(j, 42) as owner_id,
            'Web' as lead_source,
            consent(j) as consent_status,
            one(['consent', 'contract', 'legitimate_interest', 'none', null], pick(j, 43, 5))
                as lawful_basis,
            flag(j, 44, 30) as do_not_contact,
            case when pick(j, 45, 50) = 0 then after_birth(j, 46) end as hard_bounced_at,
            case when pick(j, 47, 50) = 0 then after_birth(j, 48) end as departed_at,
            flag(j, 49, 1) as legal_hold,
            case when pick(j, 50, 100) = 0 then after_birth(j, 51) end as deleted_at
        from ({PEOPLE})""",
    "planted_duplicates": f"""
        select key('C', j) as record_id, key('C', i) as duplicate_of, {KINDS}[kind + 1] as kind
        from ({PEOPLE}) where kind is not null

        union all

        select key('L', j), key('C', pick(j, 62, getvariable('originals'))), 'lead'
        from range(getvariable('leads')) as numbers(j) where pick(j, 61, 10) = 0

        union all

        select key('A', a), key('A', company_of(a)), 'account'
        from range(getvariable('accounts')) as numbers(a) where a <> company_of(a)""",
    # One lead in ten is a contact that came in again, one in five is converted.
    "leads": f"""
        select
            key('L', j) as lead_id,
            born(j) as created_at,
            given as first_name,
            family as last_name,
            company(coalesce(a, pick(j, 52, 1000))) as company,
            {EMAIL} as email,
            {PHONE} as phone,
            street(i) as street,
            city(city_number(i)) as city,
            postal_code(city_number(i), i) as postal_code,
            country,
            one(['New', 'Working', 'Nurture', 'Disqualified', null], pick(j, 53, 5)) as status,
            one({SEGMENTS}, pick(j, 54, 3)) as segment,
            user_key(j, 55) as owner_id,
            'Web' as lead_source,
            consent(j) as consent_status,
            flag(j, 56, 30) as do_not_contact,
            case when pick(j, 57, 5) = 0 then after_birth(j, 58) end as converted_at,
            case when pick(j, 57, 5) = 0 then key('C', pick(j, 59, getvariable('contacts'))) end
                as converted_contact_id,
            flag(j, 60, 1) as legal_hold
        from (
            select
                *,
                country(i) as country,
                given(i) as given,
                family(i) as family,
                company_of(account_of(i)) as a,
                account_of(i) is not null and pick(i, 22, 6) = 0 as by_switch
            from (
                select
                    j,
                    case when pick(j, 61, 10) = 0 then pick(j, 62, getvariable('originals'))
                        else j + getvariable('contacts') end as i
                from range(getvariable('leads')) as numbers(j)
            )
        )""",
    "opportunities": f"""
        select
            key('O', i) as opportunity_id,
            born(i) as created_at,
            key('A', common(i, 63, getvariable('accounts'))) as account_id,
            'Deal ' || i as name,
            stage_of(i) as stage,
            one({SEGMENTS}, pick(i, 64, 3)) as segment,
            user_key(i, 65) as owner_id,
            case when pick(i, 66, 10) > 0 then cast(500 + 250 * pick(i, 67, 400) as decimal(18, 2))
            end as amount,
            cast(born(i) + interval 90 day as date) as close_date,
            'Web' as lead_source,
            'Call back' as next_step,
            case when stage_of(i) = 'Lost' and pick(i, 68, 5) > 0 then 'Price' end as loss_reason,
            flag(i, 69, 1) as legal_hold
        from range(getvariable('opportunities')) as numbers(i)""",
    "changes": """
        select
            'opportunity' as object_type,
            key('O', i) as record_id,
            'stage' as field,
            least(after_birth(i, 70), born(i) + interval 180 day) + to_seconds(k) as changed_at,
            key('H', i * 2 + k) as change_id,
            one(['Qualify', 'Propose'], k) as old_value,
            case when k = 0 then 'Propose' else stage_of(i) end as new_value,
            user_key(i, 65) as changed_by
        from range(getvariable('opportunities')) as numbers(i)
        cross join range(2) as changes(k)
        where k < case stage_of(i) when 'Qualify' then 0 when 'Propose' then 1 else 2 end""",
    "opportunity_contacts": """
        select
            key('O', i // 2) as opportunity_id,
            key('C', pick(i, 71, getvariable('contacts'))) as contact_id,
            one(['Buyer', 'Sponsor'], i) as role,
            i % 2 = 0 as is_primary
        from range(getvariable('opportunities') * 2) as numbers(i)""",
    # Six contacts in ten have all the activities; one activity in fifty is planned.
    "activities": """
        select
            key('X', i) as activity_id,
            case
                when pick(i, 72, 50) = 0 then as_of() + to_seconds(pick(i, 73, 30 * 86400))
                else least(after_birth(contact, pick(i, 74, 128)), as_of())
            end as occurred_at,
            one(['email', 'email', 'call', 'call', 'meeting', 'task', 'form'], pick(i, 75, 7))
                as type,
            one(['inbound', 'outbound', 'outbound', null], pick(i, 76, 4)) as direction,
            case when pick(i, 72, 50) = 0 then 'planned' else 'completed' end as status,
            flag(i, 77, 200) as is_automated,
            case when pick(i, 78, 10) < 8 then key('C', contact) end as contact_id,
            case when pick(i, 78, 10) = 8 then key('L', pick(i, 79, getvariable('leads'))) end
                as lead_id,
            case
                when pick(i, 78, 10) in (0, 9)
                    then key('O', pick(i, 80, getvariable('opportunities')))
            end as opportunity_id,
            user_key(i, 81) as owner_id
        from (
            select i, pick(i, 82, getvariable('contacts') * 6 // 10) * 10 // 6 as contact
            from range(getvariable('contacts') * 3) as numbers(i)
        )""",
    "cases": """
        select
            key('K', i) as case_id,
            born(i) as created_at,
            key('A', common(i, 83, getvariable('accounts'))) as account_id,
            key('C', pick(i, 84, getvariable('contacts'))) as contact_id,
            case when pick(i, 85, 10) = 0 then 'Open' else 'Closed' end as status,
            pick(i, 85, 10) > 0 as is_closed,
            case when pick(i, 85, 10) > 0 then after_birth(i, 86) end as closed_at,
            user_key(i, 87) as owner_id,
            flag(i, 88, 1) as legal_hold
        from range(getvariable('contacts') // 10) as numbers(i)""",
    "sla_clocks": """
        select
            'case' as object_type,
            key('K', i) as record_id,
            'first response' as sla,
            born(i) as started_at,
            born(i) + interval 30 day as due_at,
            case when pick(i, 85, 10) > 0 then after_birth(i, 86) end as stopped_at
        from range(getvariable('contacts') // 10) as numbers(i)
        where i % 4 = 0""",
    "stages": """
        select
            'opportunity' as object_type,
            one(['Qualify', 'Propose', 'Won', 'Lost'], i) as stage,
            i as stage_order,
            one(['open', 'open', 'won', 'lost'], i) as kind,
            i = 1 as is_milestone
        from range(4) as numbers(i)""",
    "users": """
        select
            key('U', i) as user_id,
            'User ' || i as name,
            'user' || i || '@fennmark.example' as email,
            one(['Sales', 'Sales Development', 'Customer Success'], pick(i, 89, 3)) as team,
            'human' as kind,
            pick(i, 90, 12) > 0 as is_active,
            key('U', i // 10) as manager_id
        from range(getvariable('users')) as numbers(i)""",
}


def make(contacts, out):
    """Write the parquet files of a CRM with so many contacts (3 activities each)."""
    sizes = {
        "contacts": contacts,
        "originals": round(contacts * ORIGINALS),
        "accounts": max(contacts // 5, 10),
        "leads": max(contacts // 4, 10),
        "opportunities": max(contacts // 7, 10),
        "users": max(contacts // 2000, 20),
    }
    write_parquet(out, sizes, MACROS, QUERIES)
