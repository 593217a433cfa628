{{ landed('open', 'lifecycle_reviews') }}
