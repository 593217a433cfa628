{{ landed('hubspot', 'engagement') }}
