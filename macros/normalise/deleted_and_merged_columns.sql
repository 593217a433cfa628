{#- The columns is_deleted, deleted_at, merged_into_id, is_merged and is_live at as_of, from is_flagged_deleted,
    deleted_at (NULL: deleted at an unknown time, then it counts as deleted at every as_of) and merged_into_id
    of the relation `landed`. A merged record is not counted as deleted as well. -#}
{% macro deleted_and_merged_columns() -%}
    {%- set known = '(landed.deleted_at is null or landed.deleted_at <= ' ~ crm_hygiene.as_of() ~ ')' -%}
    landed.is_flagged_deleted and landed.merged_into_id is null and {{ known }} as is_deleted,
        case when {{ known }} then landed.deleted_at end as deleted_at,
        case when {{ known }} then landed.merged_into_id end as merged_into_id,
        landed.merged_into_id is not null and {{ known }} as is_merged,
        not ((landed.is_flagged_deleted or landed.merged_into_id is not null) and {{ known }}) as is_live
{%- endmacro %}
