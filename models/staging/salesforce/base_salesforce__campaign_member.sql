{{ landed('salesforce', 'campaign_member') }}
