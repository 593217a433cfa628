{#- The workflow event that a Salesforce history row without values stands for: handoff, milestone, stage_change;
    `created` for the row that only marks creation; NULL where the name is a field's. -#}
{% macro salesforce_event_type(field) -%}
    case
        when lower({{ field }}) in ('ownerassignment', 'owneraccepted', 'ownerescalated') then 'handoff'
        when lower({{ field }}) in (
            'leadconverted', 'opportunitycreatedfromlead', 'accountcreatedfromlead', 'contactcreatedfromlead',
            'accountupdatedbylead', 'contactupdatedbylead', 'personaccountupdatedbylead',
            'leadmerged', 'accountmerged', 'contactmerged'
        ) then 'milestone'
        when lower({{ field }}) = 'closed' then 'stage_change'
        when lower({{ field }}) = 'created' then 'created'
    end
{%- endmacro %}
