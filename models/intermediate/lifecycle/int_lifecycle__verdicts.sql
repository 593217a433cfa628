-- One row per live record and one column per lifecycle rule, in their order: true, false, or NULL
-- where it cannot be told. A rule that does not judge the object type is false there.
{{ config(materialized='view') }}

with facts as (
    select * from {{ ref('int_lifecycle__facts') }}
),

final as (
    select
        *,

        -- Compliance
        is_held as legal_hold,
        has_open_case as open_case,
        has_obligation as active_obligation,
        is_suppressed and is_past_suppression as suppressed_past_retention,
        is_suppressed and not is_past_suppression as suppressed_within_retention,
        is_rescued as rescued,

        -- Financial truth
        is_booked and is_active as booked_revenue_active,
        is_booked and not is_active as booked_revenue_inactive,

        -- Customer continuity
        is_of_customer as active_customer,
        case
            when has_open_opportunity or not may_be_on_open_opportunity then has_open_opportunity
        end as open_opportunity,
        is_of_partner_or_strategic as partner_or_strategic,
        has_departed and not is_contradictory as departed,

        -- Future value
        is_lost and has_signal_after_loss as re_engage_lost_opportunity,
        has_signal_after_silence as re_engage_dormant_contact,
        is_engaged as engaged,

        -- Junk: only what nothing is tied to, and nothing that contradicts itself
        object_type <> 'opportunity' and is_test_or_spam and is_unlinked and not is_contradictory
            as test_or_spam,
        is_unreachable and is_unlinked and not is_contradictory as disposable_or_invalid_email,
        is_worthless_duplicate and is_unlinked and not is_recent and not is_contradictory
            as duplicate_no_own_value,
        is_mistake and not is_contradictory as mistaken_deal,
        object_type = 'opportunity'
        and is_test_or_spam
        and is_untouched
        and is_lost
        and not is_contradictory as test_deal,
        is_duplicate_deal and is_untouched and is_lost and not is_recent and not is_contradictory
            as duplicate_deal,
        lacks_lawful_basis and is_approved and is_unlinked and not is_contradictory
            as no_lawful_basis_approved,
        lacks_lawful_basis and not is_contradictory as no_lawful_basis,

        -- Age: only where signs of life are landed at all
        is_of_deleted_records as activity_of_deleted_record,
        is_double_logged as double_logged_activity,
        is_noise as system_noise,
        object_type in ('contact', 'lead')
        and is_past_retention
        and has_signs_of_life
        and not is_contradictory as past_retention,
        object_type = 'contact' and is_old and has_signs_of_life and not is_contradictory
            as contact_inactive,
        object_type = 'lead' and is_old and not is_nurtured and has_signs_of_life
            as lead_inactive,
        object_type = 'account' and is_old and has_signs_of_life as account_inactive,
        is_lost and is_old and lacks_loss_reason and not is_contradictory as closed_lost_no_reason,
        is_closed and is_old and not is_contradictory as opportunity_closed,
        object_type = 'case' and is_old as case_closed,
        object_type = 'activity' and is_old as activity_old,

        -- Doubt
        is_contradictory as contradictory,
        is_doubtful as doubt,
        true as nothing_applies
    from facts
)

select * from final
