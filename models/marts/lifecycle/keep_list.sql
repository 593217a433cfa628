-- One row per record to keep, with what a reviewer needs to judge it.
{#- Nearly every record is in it: a view keeps no second copy. -#}
{{ config(materialized='view') }}
{{ lifecycle_list('keep') }}
