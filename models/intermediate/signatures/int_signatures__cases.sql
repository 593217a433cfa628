-- One row per failure signature and case that it judges, bad or not: what the rates count.
{{ config(materialized='view') }}
{%- set signatures = [
    'owner_thrash', 'overwritten_after_handoff', 'blank_after_handoff',
    'born_duplicate_after_routing', 'long_in_queue', 'skipped_stage', 'stage_without_evidence',
    'regression', 'inflation_near_win',
    'amount_raised_before_win', 'source_to_credited', 'source_mix_shift', 'period_end_edits',
    'milestone_gaming', 'activity_padding', 'padding_against_peers',
    'clock_restart_by_edit', 'rush', 'handoff_stops_clock',
    'written_without_source',
] %}
with final as (
    {%- for signature in signatures %}
        select
            '{{ signature }}' as signature,
            record_sk,
            record_key,
            crm,
            object_type,
            part,
            field,
            change_number,
            occurred_at,
            signature_window,
            is_hit,
            related_id,
            related_at,
            detail
        from {{ ref('int_signatures__' ~ signature) }}
        {%- if not loop.last %}

            union all
        {% endif %}
    {%- endfor %}
)

select * from final
