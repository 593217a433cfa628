{#- The columns of a signal's exposure (int_signals__<signal>_exposure), which int_signals__daily_moves counts.
      from_at, until_at  what is counted is exposed from one instant to another (NULL: goes on), or at one instant;
                         it counts on each day whose window holds any of that
      unit_sk            what counts once, an integer: the record, its clock, its stage ...
      has_evidence       whether it counts for the numerator too -#}
{% macro exposed(from_at, until_at=none, unit_sk='record_sk', has_evidence='false') -%}
    record_sk,
    {{ unit_sk }} as unit_sk,
    {{ crm_hygiene.seconds_before_as_of(from_at) }} as from_age,
    {{ crm_hygiene.seconds_before_as_of(until_at or from_at) }} as until_age,
    false as is_state,
    {{ has_evidence }} as has_evidence
{%- endmacro %}
