{#- The rows of a landed table, cast to the declared types: one row per landed row, none lost.
    Every declared column is there (a typed NULL where it is not landed), and besides:
      landing_status     staged; rejected (cannot be used); duplicate (an exact copy of another row, the
                         loader's own columns aside); superseded (a later row has the same key)
      reject_reason      why it is rejected or superseded
      source_key         the values of the key columns, NULL where there is none
      raw                JSON of the row where it is rejected or superseded
      is_latest_version  false for the older versions of a record in a History Mode table
      unreadable_columns  the columns, not required ones, whose value could not be read and is NULL, of a staged row
    A day of the seed placeholder_dates is no date. A record without a creation date counts from its modification, or is
    rejected (variable missing_creation_date).
    Of several rows with one key the last landed wins, by the loader's stamp, then the system's, then the record's own
    modification; a rejected one never wins.
    Only rows whose key is landed more than once go through a window: on 20 million rows that is the difference
    between a pass over the table and a sort of it. -#}
{% macro landed(crm, table) %}
    {%- set relation, placeholders = crm_hygiene.landed_relation(crm, table), ref('placeholder_dates') -%}
    {%- if not execute -%} {{ return('select 1 as not_compiled') }} {%- endif -%}
    {%- set declared = crm_hygiene.declared_table(crm, table) -%}
    {%- set meta = declared.config.meta -%}
    {%- set text = dbt.type_string() -%}
    {%- if relation is none %}
select
        {%- for column in declared.columns.values() %}
    cast(null as {{ crm_hygiene.declared_type_of(column.data_type) }}) as {{ column.name }},
        {%- endfor %}
    cast(null as {{ text }}) as landing_status,
    cast(null as {{ text }}) as reject_reason,
    cast(null as {{ text }}) as source_key,
    cast(null as {{ text }}) as raw,
    cast(null as {{ dbt.type_boolean() }}) as is_latest_version,
    cast(null as {{ text }}) as unreadable_columns
limit 0
    {%- else -%}
        {%- set landed = crm_hygiene.landed_columns(relation, declared) -%}
        {%- set key = [] -%}
        {%- for name in meta.key if name | replace('_', '') in landed -%}
            {%- do key.append(name) -%}
        {%- endfor -%}
        {%- set key_parts = [] -%}
        {#- The loader's own columns say when a row came, not what it says. -#}
        {%- set content, loaded_at, raw = [], [], {} -%}
        {%- for column in landed.values() | sum(start=[]) | unique(attribute='name')
            if not column.name.startswith('_')
            or column.name | lower | replace('_', '') in ('fivetrandeleted', 'fivetranstart', 'fivetranactive') -%}
            {%- do content.append('source.' ~ adapter.quote(column.name)) -%}
        {%- endfor -%}
        {%- set parsed, texts = crm_hygiene.parsed_columns(declared, landed), crm_hygiene.told_texts(declared, landed) -%}
        {%- for column in declared.columns.values() -%}
            {%- set name = column.name | replace('_', '') -%}
            {%- for source_column in landed.get(name, []) -%}
                {%- do raw.update({source_column.name: column.name if column.data_type == 'string'
                    else 'source_' ~ column.name ~ loop.index}) -%}
            {%- endfor -%}
            {%- if column.name == declared.loaded_at_field and landed.get(name) -%}
                {%- do loaded_at.append(column.name) -%}
            {%- endif -%}
        {%- endfor -%}
        {#- Stamps of loaders that the sources file does not declare; texts and instants of one column sort alike. -#}
        {%- set stamps = [] -%}
        {%- for name in ['airbyteextractedat', 'airbyteemittedat', 'sdcbatchedat', 'sdcreceivedat', 'dltloadid'] -%}
            {%- for column in landed.get(name, []) -%}
                {%- do stamps.append('cast(source.' ~ adapter.quote(column.name) ~ ' as ' ~ text ~ ')') -%}
            {%- endfor -%}
        {%- endfor -%}
        {%- if stamps -%}
            {%- do loaded_at.append('loader_stamp') -%}
        {%- endif -%}
        {%- for last_change in ['system', true] -%}
            {%- for column in declared.columns.values()
                if (column.config.meta or {}).get('last_change') == last_change
                and landed.get(column.name | replace('_', '')) -%}
                {%- do loaded_at.append(column.name) -%}
            {%- endfor -%}
        {%- endfor -%}
        {%- for name in key -%}
            {%- do key_parts.append("coalesce(cast(" ~ parsed[name] ~ " as " ~ text ~ "), '')") -%}
        {%- endfor -%}
        {%- set key_value = 'cast(null as ' ~ text ~ ')' -%}
        {%- if meta.key[0] in key -%}
            {%- set first = 'cast(' ~ parsed[key[0]] ~ ' as ' ~ text ~ ')' -%}
            {%- set key_value = 'case when not ' ~ crm_hygiene.is_blank(first) ~ ' then '
                ~ key_parts | join(" || ':' || ") ~ ' end' -%}
        {%- endif -%}
        {%- set reasons, unreadable, dated = [], [], [] -%}
        {%- set no_date = ' in (select placeholder_date from placeholder_dates)' -%}
        {%- for column in declared.columns.values()
            if column.data_type in ('date', 'timestamp') and not column.name.startswith('_')
            and landed.get(column.name | replace('_', '')) -%}
            {%- do dated.append(column.name) -%}
        {%- endfor -%}
        {#- Of columns of which one must be told, the others stand in for one that cannot be read. -#}
        {%- set required = [] -%}
        {%- for names in meta.required -%}
            {%- set names = [names] if names is string else names -%}
            {%- if names[0] == meta.get('creation') and crm_hygiene.missing_creation_date() == 'reject' -%}
                {%- set names = names[:1] -%}
            {%- endif -%}
            {%- do required.append(names) -%}
        {%- endfor -%}
        {#- What only the loader writes makes no row unusable. -#}
        {%- for column in declared.columns.values()
            if column.data_type != 'string' and column.name != declared.loaded_at_field -%}
            {%- set others = namespace(of_required=none) -%}
            {%- for names in required if column.name in names -%} {%- set others.of_required = names -%} {%- endfor -%}
            {%- for source_column in landed.get(column.name | replace('_', ''), []) -%}
                {%- set text_name = 'text_' ~ column.name ~ '_' ~ loop.index -%}
                {%- set fault = 'parsed.' ~ column.name ~ ' is null and ' ~ (
                    'parsed.' ~ text_name if text_name in texts else 'source_' ~ column.name ~ loop.index) ~ ' is not null' -%}
                {%- if others.of_required is not none or column.name in meta.key -%}
                    {%- set conditions = [fault] -%}
                    {%- for other in others.of_required or [] if other != column.name -%}
                        {%- do conditions.append('parsed.' ~ other ~ ' is null') -%}
                    {%- endfor -%}
                    {%- do reasons.append([conditions | join(' and '), 'unparseable ' ~ column.name]) -%}
                {%- endif -%}
                {%- do unreadable.append("case when " ~ fault ~ " then ', " ~ column.name ~ "' else '' end") -%}
            {%- endfor -%}
        {%- endfor -%}
        {%- for names in required -%}
            {%- set missing = [] -%}
            {%- for name in names -%}
                {%- set is_text = declared.columns[name].data_type == 'string' -%}
                {%- do missing.append(
                    crm_hygiene.is_blank('parsed.' ~ name) if is_text
                    else '(parsed.' ~ name ~ ' is null' ~ (
                        ' or cast(parsed.' ~ name ~ ' as date)' ~ no_date if name in dated else ''
                    ) ~ ')') -%}
            {%- endfor -%}
            {%- do reasons.append([missing | join(' and '), 'missing ' ~ names[0]]) -%}
        {%- endfor -%}
        {%- for name in meta.get('landed', []) if not landed.get(name | replace('_', '')) -%}
            {%- do reasons.append(['true', 'missing ' ~ name]) -%}
        {%- endfor -%}
        {%- for column in declared.columns.values() -%}
            {%- set accepted = crm_hygiene.accepted_values_of(column) -%}
            {%- set event = (column.config.meta or {}).get('event') -%}
            {%- if accepted and landed.get(column.name | replace('_', '')) -%}
                {%- do reasons.append([
                    'parsed.' ~ column.name ~ " not in ('" ~ accepted | join("', '") ~ "')",
                    'unknown ' ~ column.name]) -%}
            {%- endif -%}
            {%- if event and landed.get(column.name | replace('_', '')) -%}
                {%- do reasons.append([
                    'parsed.' ~ column.name ~ ' > ' ~ crm_hygiene.run_start() ~ (' and ' ~ event if event is string else '')
                    ~ (' and not cast(parsed.' ~ column.name ~ ' as date)' ~ no_date if column.name in dated else ''),
                    column.name ~ ' later than the run']) -%}
            {%- endif -%}
        {%- endfor %}
with placeholder_dates as {{ crm_hygiene.inlined() }} (
    select placeholder_date
    from {{ placeholders }}
),

told as {{ crm_hygiene.pipelined() }} (
    select
        {%- for name, value in texts.items() %}
        {{ value }} as {{ name }},
        {%- endfor %}
        source.*
    from {{ relation }} as source
),

keyed as {{ crm_hygiene.pipelined() }} (
    select
        source.*,
        {{ key_value }} as landed_key
    from told as source
),

repeated as (
    select landed_key
    from keyed
    where landed_key is not null
    group by landed_key
    having count(*) > 1
),

parsed as {{ crm_hygiene.pipelined() }} (
    select
        {%- for column in declared.columns.values() %}
        {{ parsed[column.name] }} as {{ column.name }},
            {%- if column.data_type != 'string' %}
                {%- for source_column in landed.get(column.name | replace('_', ''), []) %}
        source.{{ adapter.quote(source_column.name) }} as source_{{ column.name }}{{ loop.index }},
                    {%- if 'text_' ~ column.name ~ '_' ~ loop.index in texts %}
        source.text_{{ column.name }}_{{ loop.index }},
                    {%- endif %}
                {%- endfor %}
            {%- endif %}
        {%- endfor %}
        {%- if stamps %}
        {{ stamps[0] if stamps | length == 1 else 'coalesce(' ~ stamps | join(', ') ~ ')' }} as loader_stamp,
        {%- endif %}
        source.landed_key as source_key,
        (repeated.landed_key is not null or source.landed_key is null) as is_repeated,
        case
            when repeated.landed_key is not null or source.landed_key is null
                then {{ crm_hygiene.row_hash(content) }}
        end as row_hash
    from keyed as source
    left join repeated on source.landed_key = repeated.landed_key
),

judged as {{ crm_hygiene.pipelined() }} (
    select
        parsed.*,
        case
            {%- for condition, reason in reasons %}
            when {{ condition }} then '{{ reason }}'
            {%- endfor %}
        end as fault,
        {%- if unreadable %}
        nullif(substring({{ unreadable | join(' || ') }}, 3), '') as unreadable_columns
        {%- else %}
        cast(null as {{ text }}) as unreadable_columns
        {%- endif %}
    from parsed
),

ranked as (
    select
        judged.*,
        first_value(row_hash) over (
            partition by coalesce(source_key, row_hash)
            order by
                case when fault is null then 0 else 1 end,
                {%- for name in loaded_at %}
                {{ name }} desc nulls last,
                {%- endfor %}
                row_hash
            rows between unbounded preceding and unbounded following
        ) as winner_hash,
        row_number() over (
            partition by coalesce(source_key, row_hash)
            order by
                case when fault is null then 0 else 1 end,
                {%- for name in loaded_at %}
                {{ name }} desc nulls last,
                {%- endfor %}
                row_hash
        ) as place
    from judged
    where is_repeated
),

named as (
    select
        judged.*,
        cast(null as {{ text }}) as winner_hash,
        1 as place,
        case when fault is not null then 'rejected' else 'staged' end as landing_status
    from judged
    where not is_repeated

    union all

    select
        ranked.*,
        case
            when place > 1 and row_hash = winner_hash then 'duplicate'
            when fault is not null then 'rejected'
            when place > 1 then 'superseded'
            else 'staged'
        end as landing_status
    from ranked
)

select
        {%- for column in declared.columns.values() %}
            {%- if column.name in dated %}
    case when not coalesce(cast({{ column.name }} as date){{ no_date }}, false) then {{ column.name }} end as {{ column.name }},
            {%- else %}
    {{ column.name }},
            {%- endif %}
        {%- endfor %}
    landing_status,
    case landing_status
        when 'rejected' then fault
        when 'superseded' then 'superseded by a later row with the same key'
    end as reject_reason,
    source_key,
    case
        when landing_status in ('rejected', 'superseded') then {{ crm_hygiene.json_object(raw) }}
    end as raw,
    case when landing_status = 'staged' then unreadable_columns end as unreadable_columns,
        {%- if meta.key | length == 2 and meta.key[1] == '_fivetran_start' and landed.get('fivetranstart') %}
    row_number() over (
        partition by {{ meta.key[0] }}
        order by
            case when landing_status = 'staged' then 0 else 1 end,
            case when _fivetran_active then 0 else 1 end,
            _fivetran_start desc nulls last
    ) = 1 as is_latest_version
        {%- else %}
    true as is_latest_version
        {%- endif %}
from named
    {%- endif -%}
{% endmacro %}


{#- What is read of a landed table more than once, made once: {name: expression}, over a relation that is called source.
      text_<column>_<n>  a value of another type that is landed as text, stripped; NULL for a word that exports write for nothing
      id_<column>_<n>    an id in the one form that is compared -#}
{% macro told_texts(declared, landed) %}
    {%- set texts = {} -%}
    {%- for column in declared.columns.values() -%}
        {%- for source_column in landed.get(column.name | replace('_', ''), []) -%}
            {%- set value = 'source.' ~ adapter.quote(source_column.name) -%}
            {%- set place = column.name ~ '_' ~ loop.index -%}
            {%- if column.data_type != 'string' and crm_hygiene.is_text_type(source_column.dtype) -%}
                {%- set told = crm_hygiene.strip('cast(' ~ value ~ ' as ' ~ dbt.type_string() ~ ')') -%}
                {%- do texts.update({
                    'text_' ~ place: 'case when length(' ~ told ~ ') > 4 then ' ~ told ~ ' when '
                        ~ crm_hygiene.matches('lower(' ~ told ~ ')', 'null|none|nil|nan|na|n/a|#n/a|-|--')
                        ~ ' then null else ' ~ told ~ ' end'
                }) -%}
            {%- elif crm_hygiene.has_two_forms(declared, column) -%}
                {%- do texts.update({
                    'id_' ~ place: crm_hygiene.with_18_characters('cast(' ~ value ~ ' as ' ~ dbt.type_string() ~ ')')
                }) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(texts) }}
{% endmacro %}


{#- The declared columns of a landed table as expressions of their declared types, from a relation that is called source and
    has told_texts() besides: {name: expression}. The gate and the models read a landing by it, so what the one can read
    the other can.
      landed  what landed_columns() gives of the relation; of a name landed in two spellings the first value counts -#}
{% macro parsed_columns(declared, landed) %}
    {%- set parsed, texts = {}, crm_hygiene.told_texts(declared, landed) -%}
    {%- set formats = crm_hygiene.formats_of(declared.source_name) -%}
    {%- for column in declared.columns.values() -%}
        {%- set values = [] -%}
        {%- for source_column in landed.get(column.name | replace('_', ''), []) -%}
            {%- set place = column.name ~ '_' ~ loop.index -%}
            {%- if 'text_' ~ place in texts -%}
                {%- do values.append(crm_hygiene.parse_value(
                    'source.text_' ~ place, source_column.dtype, column.data_type, formats, true)) -%}
            {%- else -%}
                {%- do values.append(crm_hygiene.parse_value(
                    'source.' ~ ('id_' ~ place if 'id_' ~ place in texts else adapter.quote(source_column.name)),
                    source_column.dtype, column.data_type, formats)) -%}
            {%- endif -%}
        {%- endfor -%}
        {%- if values | length == 0 -%}
            {%- do values.append('cast(null as ' ~ crm_hygiene.declared_type_of(column.data_type) ~ ')') -%}
        {%- endif -%}
        {%- do parsed.update({column.name: values[0] if values | length == 1 else 'coalesce(' ~ values | join(', ') ~ ')'}) -%}
    {%- endfor -%}
    {{ return(parsed) }}
{% endmacro %}


{#- What becomes of a record without a creation date: `modification` (it counts from when it was last modified) or
    `reject`. -#}
{% macro missing_creation_date() %}
    {%- set policy = var('missing_creation_date', 'modification') -%}
    {%- if policy not in ('modification', 'reject') -%}
        {{ exceptions.raise_compiler_error(
            "missing_creation_date is '" ~ policy ~ "'; it may be modification or reject."
        ) }}
    {%- endif -%}
    {{ return(policy) }}
{% endmacro %}


{#- The only values that a declared column may have; nothing where it may have any. -#}
{% macro accepted_values_of(column) %}
    {%- set accepted = (column.config.meta or {}).get('accepted') -%}
    {{ return(crms().keys() | list if accepted == 'crms' else accepted) }}
{% endmacro %}
