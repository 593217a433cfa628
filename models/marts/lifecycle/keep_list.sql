{#- Nearly every record is in it: a view keeps no second copy. -#}
{{ config(materialized='view') }}
{{ lifecycle_list('keep') }}
