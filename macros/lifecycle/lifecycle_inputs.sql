{#- What the rules would have looked at, a list of: its name, when a record lacks it (a condition over the facts), and which
    decisions need it. -#}
{% macro lifecycle_inputs() %}
    {{ return([
        (
            'accounts',
            "object_type = 'contact' and (lacks_account_links or (account_id is not null"
            ~ " and account_sk is null and not is_account_missing))",
            ['archive', 'anonymize', 'delete'],
        ),
        (
            'accounts of deals',
            "object_type = 'opportunity' and coalesce(lacks_accounts_of_deals, false)",
            ['anonymize', 'delete'],
        ),
        ('activities', "object_type <> 'case' and not has_activities", ['anonymize', 'delete']),
        ('amount', "object_type = 'opportunity' and not has_amount", ['delete']),
        (
            'cases', "object_type in ('account', 'contact') and not has_cases",
            ['anonymize', 'delete'],
        ),
        ('consent', "object_type in ('contact', 'lead') and is_opted_out is null", ['delete']),
        (
            'contact_roles', "object_type in ('contact', 'opportunity') and not has_contact_roles",
            ['anonymize', 'delete'],
        ),
        (
            'contacts',
            "object_type in ('account', 'opportunity') and (not has_contacts or lacks_account_links)",
            ['anonymize', 'delete'],
        ),
        (
            'do_not_contact', "object_type in ('contact', 'lead') and is_do_not_contact is null",
            ['delete'],
        ),
        ('is_customer', 'lacks_is_customer', []),
        ('is_partner', 'lacks_is_partner', []),
        ('is_strategic', 'lacks_is_strategic', []),
        ('legal_hold', "object_type <> 'case' and lacks_hold", ['anonymize', 'delete']),
        ('loss_reason', "object_type = 'opportunity' and not has_loss_reasons", []),
        ('lost rows', 'coalesce(is_landing_short, false)', ['anonymize', 'delete']),
        (
            'opportunities', "object_type in ('account', 'contact') and not has_opportunities",
            ['anonymize', 'delete'],
        ),
        ('phone', "object_type in ('contact', 'lead') and not has_phone", []),
        (
            'stages', "object_type in ('account', 'contact') and not has_stages",
            ['anonymize', 'delete'],
        ),
        ('unreadable rows', 'has_unreadable_rows', ['anonymize', 'delete']),
    ]) }}
{% endmacro %}
