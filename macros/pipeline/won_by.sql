{#- Whether a win came by the end of a window and still held then. A business period ends before its end, so many days end
    with it. -#}
{% macro won_by(win, window) -%}
    (
        {{ win }}.won_at < {{ window }}.ends_at
        or ({{ window }}.is_weekly and {{ win }}.won_at = {{ window }}.ends_at)
    )
    and ({{ win }}.won_until is null or {{ win }}.won_until > {{ window }}.ends_at)
{%- endmacro %}
