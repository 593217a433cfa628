{{ landed('hubspot', 'merged_deal') }}
