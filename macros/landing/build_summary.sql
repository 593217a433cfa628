{#- Prints, at the end of a run that built the marts, what a person should know of it: rows landed, staged and rejected,
    the history's quality, what is not landed with what cannot be computed without it, the signals in watch or alert,
    the dirty records by cause, machines to stop, the health metrics with their targets, the grades, what the lifecycle
    rules decided, reports that this would move or that have drifted, and where to look next.
    Prints nothing of marts that were not built. -#}
{% macro build_summary(results) %}
    {#- dbt learns here what the hook reads. -#}
    {%- do [
        ref('landing_row_counts'), ref('landing_coverage'), ref('rejected_rows'), ref('unreadable_values'),
        ref('int_landing__losses'), ref('int_crm__records'), ref('history_quality'),
        ref('process_signals_daily'), ref('dirty_records'), ref('stop_the_line'), ref('signal_review_list'),
        ref('causing_steps'), ref('data_health_daily'), ref('data_health_grades'), ref('data_health_findings'),
        ref('lifecycle_decisions'), ref('candidate_reviews'), ref('delete_candidates'), ref('cleanup_impact'),
        ref('reporting_drift'), ref('stg_crm__contacts'), ref('stg_crm__leads'), ref('suppression_register'),
        ref('suppression_breaches'),
    ] -%}
    {%- if execute and results is defined -%}
        {%- set built = results
            | selectattr('node.resource_type', 'equalto', 'model')
            | selectattr('status', 'equalto', 'success')
            | map(attribute='node.name') | list -%}
        {%- if 'landing_coverage' in built and 'landing_row_counts' in built and 'rejected_rows' in built -%}
            {%- do crm_hygiene.print_landing_summary() -%}
            {%- if 'history_quality' in built -%}
                {%- do crm_hygiene.print_history_summary() -%}
            {%- endif -%}
            {%- do crm_hygiene.print_coverage_summary() -%}
            {%- if 'process_signals_daily' in built and 'dirty_records' in built and 'stop_the_line' in built -%}
                {%- do crm_hygiene.print_signal_summary() -%}
            {%- endif -%}
            {%- if 'data_health_daily' in built and 'data_health_grades' in built -%}
                {%- do crm_hygiene.print_health_summary() -%}
            {%- endif -%}
            {%- if 'lifecycle_decisions' in built and 'candidate_reviews' in built -%}
                {%- do crm_hygiene.print_lifecycle_summary() -%}
            {%- endif -%}
            {%- if 'suppression_register' in built and 'suppression_breaches' in built -%}
                {%- do crm_hygiene.print_suppression_summary() -%}
            {%- endif -%}
            {%- if 'cleanup_impact' in built and 'reporting_drift' in built -%}
                {%- do crm_hygiene.print_reporting_summary() -%}
            {%- endif -%}
            {%- set places = [] -%}
            {%- for mart in ['signal_review_list', 'causing_steps', 'data_health_findings', 'delete_candidates'] if mart in built -%}
                {%- do places.append(ref(mart) | string) -%}
            {%- endfor -%}
            {%- if places -%}
                {%- do print('') -%}
                {%- do print('Where to look next: ' ~ places | join(', ') ~ '; one record: make trace RECORD=<record_key>') -%}
            {%- endif -%}
        {%- endif -%}
    {%- endif -%}
{% endmacro %}


{% macro print_landing_summary() %}
    {%- set counts = run_query(
        'select crm, sum(n_landed), sum(n_staged), sum(n_rejected), sum(n_duplicates) from '
        ~ ref('landing_row_counts') ~ ' group by crm order by crm') -%}
    {%- do print('') -%}
    {%- do print(('Demo CRM' if crm_hygiene.is_demo() else 'CRM') ~ ' as of '
        ~ crm_hygiene.as_of().split("'")[1][:19] ~ ' UTC') -%}
    {%- do print('') -%}
    {%- do print('%-12s %12s %12s %12s %12s' | format('rows', 'landed', 'staged', 'rejected', 'duplicates')) -%}
    {%- for row in counts.rows -%}
        {%- do print('%-12s %12s %12s %12s %12s' | format(
            row[0], crm_hygiene.thousands(row[1]), crm_hygiene.thousands(row[2]),
            crm_hygiene.thousands(row[3]), crm_hygiene.thousands(row[4]))) -%}
    {%- endfor -%}
    {%- set reasons = run_query(
        'select crm, source_table, reason, count(*) from ' ~ ref('rejected_rows')
        ~ ' group by crm, source_table, reason order by count(*) desc, crm, source_table, reason') -%}
    {%- for row in reasons.rows[:5] -%}
        {%- do print('  rejected: ' ~ crm_hygiene.thousands(row[3]) ~ ' of ' ~ row[0] ~ '.' ~ row[1] ~ ': ' ~ row[2]) -%}
    {%- endfor -%}
    {%- if reasons.rows | length > 5 -%}
        {%- do print('  ... and ' ~ (reasons.rows | length - 5) ~ ' more kinds, in ' ~ ref('rejected_rows')) -%}
    {%- endif -%}
    {%- set unreadable = run_query(
        'select crm, source_table, unreadable_columns, n_rows, example_key from ' ~ ref('unreadable_values')
        ~ ' order by n_rows desc, crm, source_table, unreadable_columns') -%}
    {%- for row in unreadable.rows[:5] -%}
        {%- do print('  unreadable: ' ~ row[2] ~ ' in ' ~ crm_hygiene.thousands(row[3]) ~ ' of ' ~ row[0] ~ '.' ~ row[1]
            ~ ', such as ' ~ row[4] ~ ' (docs/loaders.md says which formats are read)') -%}
    {%- endfor -%}
    {%- if unreadable.rows | length > 5 -%}
        {%- do print('  ... and ' ~ (unreadable.rows | length - 5) ~ ' more, in ' ~ ref('unreadable_values')) -%}
    {%- endif -%}
    {%- set losses = run_query(
        'select crm, source_table, n_landed, n_before from ' ~ ref('int_landing__losses') ~ ' where is_short and landing_date = cast('
        ~ crm_hygiene.as_of() ~ ' as date) order by crm, source_table') -%}
    {%- for row in losses.rows -%}
        {%- do print('LOST ROWS: ' ~ row[0] ~ '.' ~ row[1] ~ ' has ' ~ crm_hygiene.thousands(row[2]) ~ ' rows, it had '
            ~ crm_hygiene.thousands(row[3]) ~ ': nothing of ' ~ row[0] ~ ' is deleted or anonymised. Where that is right:'
            ~ ' dbt run --full-refresh --select int_landing__losses') -%}
    {%- endfor -%}
    {%- set unknown = run_query(
        "select crm, object_type, stage, count(*) from " ~ ref('int_crm__records') ~ " where is_live and stage is not null and"
        ~ " stage_kind is null and object_type in ('opportunity', 'lead') group by crm, object_type, stage"
        ~ " order by count(*) desc, crm, object_type, stage") -%}
    {%- for row in unknown.rows[:8] -%}
        {%- do print('  not understood: ' ~ ('stage ' if row[1] == 'opportunity' else 'status ') ~ row[2] ~ ' of '
            ~ crm_hygiene.thousands(row[3]) ~ ' in ' ~ row[0] ~ '.' ~ row[1] ~ ': open, won or lost? Say it in seeds/policy/stage_overrides.csv') -%}
    {%- endfor -%}
    {%- if unknown.rows | length > 8 -%}
        {%- do print('  ... and ' ~ (unknown.rows | length - 8) ~ ' more') -%}
    {%- endif -%}
    {%- set consents = [] -%}
    {%- for object_type in ['contact', 'lead'] -%}
        {%- do consents.append("select crm, '" ~ object_type ~ "' as object_type, unread_consent, count(*) as n from "
            ~ ref('stg_crm__' ~ object_type ~ 's') ~ ' where is_live and unread_consent is not null group by crm, unread_consent') -%}
    {%- endfor -%}
    {%- set unread = run_query(consents | join(' union all ') ~ ' order by n desc, crm, object_type, unread_consent') -%}
    {%- for row in unread.rows[:5] -%}
        {%- do print('  not understood: consent ' ~ row[2] ~ ' of ' ~ crm_hygiene.thousands(row[3]) ~ ' in ' ~ row[0] ~ '.' ~ row[1]
            ~ ', counted as unknown (macros/normalise/consent_status.sql has the words that are read)') -%}
    {%- endfor -%}
    {%- if unread.rows | length > 5 -%}
        {%- do print('  ... and ' ~ (unread.rows | length - 5) ~ ' more') -%}
    {%- endif -%}
{% endmacro %}


{% macro print_history_summary() %}
    {%- set quality = run_query(
        'select crm, sum(n_changes), sum(n_changes * actor_rate), sum(n_changes * channel_rate), sum(n_no_ops),'
        ~ ' sum(n_duplicates), sum(n_chain_breaks), sum(n_before_creation), sum(n_orphans), sum(n_last_values_differing),'
        ~ ' sum(n_last_values_compared) from ' ~ ref('history_quality') ~ ' group by crm order by crm') -%}
    {%- do print('') -%}
    {%- if quality.rows | length == 0 -%}
        {%- do print('No field history is landed: no stage or owner period before the current one, no process signal.') -%}
    {%- endif -%}
    {%- for row in quality.rows -%}
        {%- set changes = row[1] | float or 1 -%}
        {%- do print('history of ' ~ row[0] ~ ': ' ~ crm_hygiene.thousands(row[1]) ~ ' changes, '
            ~ '%.0f' | format(100 * (row[2] or 0) | float / changes) ~ ' % with actor, '
            ~ '%.0f' | format(100 * (row[3] or 0) | float / changes) ~ ' % with channel') -%}
        {%- do print('  dropped: ' ~ crm_hygiene.thousands(row[4]) ~ ' no-ops, ' ~ crm_hygiene.thousands(row[5]) ~ ' told twice; flagged: '
            ~ crm_hygiene.thousands(row[6]) ~ ' chain breaks, ' ~ crm_hygiene.thousands(row[7]) ~ ' before creation, '
            ~ crm_hygiene.thousands(row[8]) ~ ' of records not landed') -%}
        {%- do print('  last value differs from the record: ' ~ crm_hygiene.thousands(row[9] or 0) ~ ' of ' ~ crm_hygiene.thousands(row[10] or 0)) -%}
    {%- endfor -%}
{% endmacro %}


{% macro print_coverage_summary() %}
    {%- set coverage = ref('landing_coverage') -%}
    {%- set landings = run_query(
        'select crm, count(distinct case when is_table_landed then source_table end), count(distinct source_table) from '
        ~ coverage ~ ' group by crm order by crm') -%}
    {%- do print('') -%}
    {%- for row in landings.rows if row[1] == 0 -%}
        {%- do print('WARNING: nothing of ' ~ row[0] ~ ' is landed. Is ' ~ row[0] ~ '_schema (and crm_database) right?') -%}
    {%- endfor -%}
    {%- for crm in crm_sources() if not crm_hygiene.is_demo() -%}
        {%- do crm_hygiene.print_loader(crm) -%}
    {%- endfor -%}
    {%- set missing = run_query(
        'select crm, source_table, max(case when is_table_empty then 1 else 0 end), min(needed_by) from ' ~ coverage
        ~ ' where not is_table_landed or is_table_empty group by crm, source_table order by crm, source_table') -%}
    {%- set columns = run_query(
        'select crm, source_table, source_column, needed_by from ' ~ coverage
        ~ " where is_table_landed and not is_landed and substring(source_column, 1, 1) <> '_'"
        ~ " and needed_by not like 'the same as %' and needed_by not like '%copies only'"
        ~ ' order by crm, source_table, source_column') -%}
    {%- if missing.rows | length == 0 and columns.rows | length == 0 -%}
        {%- do print('Everything that is expected is landed.') -%}
    {%- endif -%}
    {%- for row in missing.rows[:12] -%}
        {%- do print(('empty:      ' if row[2] == 1 else 'not landed: ') ~ row[0] ~ '.' ~ row[1]
            ~ ' (' ~ crm_hygiene.declared_table(row[0], row[1]).config.meta.needed_by ~ ')') -%}
    {%- endfor -%}
    {%- if missing.rows | length > 12 -%}
        {%- do print('... and ' ~ (missing.rows | length - 12) ~ ' more tables') -%}
    {%- endif -%}
    {%- if columns.rows | length > 0 -%}
        {%- do print('not landed: ' ~ columns.rows | length ~ ' columns of landed tables:') -%}
        {%- for row in columns.rows[:6] -%}
            {%- do print('  ' ~ row[0] ~ '.' ~ row[1] ~ '.' ~ row[2] ~ ' (' ~ row[3] ~ ')') -%}
        {%- endfor -%}
    {%- endif -%}
    {%- if missing.rows | length > 0 or columns.rows | length > 0 -%}
        {%- do print('All of it: select * from ' ~ coverage ~ ' where not is_landed') -%}
    {%- endif -%}
{% endmacro %}


{#- By which loader's names a CRM was read, and what lies beside it unread. -#}
{% macro print_loader(crm) %}
    {%- set names, used = crm_hygiene.landed_names(crm), [] -%}
    {%- set declared = crm_hygiene.declared_tables() | selectattr('source_name', 'equalto', crm) | list -%}
    {%- set loaders = {'airbyte': 'Airbyte', 'dlt': 'dlt', 'sdc': 'Stitch (Singer)', 'fivetran': 'Fivetran'} -%}
    {%- set found = {} -%}
    {%- for table in declared -%}
        {%- set others = [table.name] + table.config.meta.get('also', []) + table.config.meta.get('rest', []) -%}
        {%- for place in table.config.meta.get('listed', []) -%}
            {%- do others.extend([place.table, place.parent or place.table]) -%}
        {%- endfor -%}
        {%- for other in others if names.get(other | lower | replace('_', '')) -%}
            {%- do used.append(other | lower | replace('_', '')) -%}
        {%- endfor -%}
        {%- set relation = crm_hygiene.landed_relation(crm, table.name, names) -%}
        {%- for column in crm_hygiene.landed_columns(relation).values() | sum(start=[]) if column.name.startswith('_') -%}
            {%- set loader = loaders.get(column.name.split('_')[1] | lower) -%}
            {%- if loader -%} {%- do found.update({loader: true}) -%} {%- endif -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- set unread = [] -%}
    {%- for plain, name in names.items() if plain not in used and not name.startswith('_') -%} {%- do unread.append(name) -%} {%- endfor -%}
    {%- if found and found.keys() | list != ['Fivetran'] -%}
        {%- do print(crm ~ ' is read as ' ~ found.keys() | join(' and ') ~ ' lands it (docs/loaders.md says what that loader cannot tell)') -%}
    {%- endif -%}
    {%- if unread -%}
        {%- do print('not read of ' ~ crm ~ ': ' ~ unread[:8] | join(', ') ~ (' and ' ~ (unread | length - 8) ~ ' more tables' if unread | length > 8 else '')) -%}
    {%- endif -%}
{% endmacro %}


{% macro print_signal_summary() %}
    {%- set signals = run_query(
        "with last_days as (select daily.*, row_number() over (partition by crm, signal, object_type"
        ~ " order by signal_date desc) as place from " ~ ref('process_signals_daily') ~ " as daily"
        ~ " where segment = 'all' and as_of = " ~ crm_hygiene.as_of() ~ ")"
        ~ " select status, crm, signal, object_type, numerator, denominator, rate, alert_at from last_days"
        ~ " where place = 1 order by status, crm, signal, object_type") -%}
    {%- set counts = {} -%}
    {%- for row in signals.rows -%}{%- do counts.update({row[0]: counts.get(row[0], 0) + 1}) -%}{%- endfor -%}
    {%- do print('') -%}
    {%- do print('signals: ' ~ counts.get('alert', 0) ~ ' in alert, ' ~ counts.get('watch', 0) ~ ' in watch, '
        ~ counts.get('ok', 0) ~ ' ok, ' ~ counts.get('insufficient_data', 0) ~ ' with too little data, '
        ~ counts.get('not_landed', 0) ~ ' without their input') -%}
    {%- for row in signals.rows if row[0] in ('alert', 'watch', 'not_landed') -%}
        {%- if row[0] == 'not_landed' -%}
            {%- do print('  not landed: ' ~ row[1] ~ ' ' ~ row[2] ~ ' of ' ~ row[3]) -%}
        {%- else -%}
            {%- do print('  ' ~ '%-5s' | format(row[0]) ~ ' ' ~ row[1] ~ ' ' ~ row[2] ~ ' of ' ~ row[3] ~ ': '
                ~ '%.1f' | format(100 * row[6] | float) ~ ' % (' ~ crm_hygiene.thousands(row[4]) ~ ' of '
                ~ crm_hygiene.thousands(row[5]) ~ ', alert above ' ~ '%.1f' | format(100 * row[7] | float) ~ ' %)') -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set dirty = run_query(
        'select archetype, count(*) from ' ~ ref('dirty_records')
        ~ ' group by archetype order by count(*) desc, archetype') -%}
    {%- set steps = run_query(
        'select causing_step, count(*) from ' ~ ref('dirty_records')
        ~ ' group by causing_step order by count(*) desc, causing_step') -%}
    {%- for title, found in [('dirty records', dirty), ('caused by', steps)] if found.rows | length > 0 -%}
        {%- set parts = [] -%}
        {%- for row in found.rows -%}{%- do parts.append(row[0] ~ ' ' ~ crm_hygiene.thousands(row[1])) -%}{%- endfor -%}
        {%- do print(title ~ ': ' ~ parts | join(', ')) -%}
    {%- endfor -%}
    {%- set stops = run_query(
        "select crm, machine, n_bad_changes from " ~ ref('stop_the_line')
        ~ " where status = 'stop' and is_current order by n_bad_changes desc, crm, machine") -%}
    {%- for row in stops.rows -%}
        {%- do print('STOP THE LINE: ' ~ row[1] ~ ' of ' ~ row[0] ~ ' made ' ~ crm_hygiene.thousands(row[2]) ~ ' bad changes in a day') -%}
    {%- endfor -%}
{% endmacro %}


{#- One line per metric and object type, one column per CRM. -#}
{% macro print_health_summary() %}
    {%- set metrics = run_query(
        'select metric, object_type, crm, unit, direction, target, value, status from ' ~ ref('data_health_daily')
        ~ " where segment = 'all' and as_of = " ~ crm_hygiene.as_of() ~ ' order by metric, object_type, crm') -%}
    {%- set grades = run_query(
        'select object_type, crm, clean_share, grade from ' ~ ref('data_health_grades')
        ~ ' where as_of = ' ~ crm_hygiene.as_of()
        ~ " order by case when object_type = 'all' then 1 else 0 end, object_type, crm") -%}
    {%- set words = {'insufficient_data': 'too few', 'not_landed': 'not landed'} -%}
    {%- set lines = {} -%}
    {%- for row in metrics.rows -%}
        {%- set line = lines.setdefault((row[0], row[1]), {}) -%}
        {%- do line.update({
            'target': ('>= ' if row[4] == 'higher_is_better' else '<= ') ~ crm_hygiene.in_unit(row[5], row[3]),
            row[2]: crm_hygiene.in_unit(row[6], row[3]) ~ ' ' ~ words.get(row[7], row[7]),
        }) -%}
    {%- endfor -%}
    {%- for row in grades.rows -%}
        {%- do lines.setdefault(('without any finding', row[0]), {}).update({
            row[1]: crm_hygiene.in_unit(row[2], 'rate') ~ (' grade ' ~ row[3] if row[3] else ' no grade'),
        }) -%}
    {%- endfor -%}
    {%- set crms = crm_hygiene.crm_sources() | sort -%}
    {%- set head = ['%-31s %-11s %10s' | format('data health', '', 'target')] -%}
    {%- for crm in crms -%}{%- do head.append('  %-20s' | format(crm)) -%}{%- endfor -%}
    {%- do print('') -%}
    {%- do print(head | join('') | trim) -%}
    {%- for key, line in lines.items() -%}
        {%- set cells = ['%-31s %-11s %10s' | format(key[0], key[1], line.get('target', ''))] -%}
        {%- for crm in crms -%}{%- do cells.append('  %-20s' | format(line.get(crm, ''))) -%}{%- endfor -%}
        {%- do print((cells | join('')).rstrip()) -%}
    {%- endfor -%}
{% endmacro %}


{% macro print_lifecycle_summary() %}
    {%- set decisions = run_query(
        'select crm, decision, count(*) from ' ~ ref('lifecycle_decisions')
        ~ ' group by crm, decision order by crm, count(*) desc, decision') -%}
    {%- set lacks = run_query(
        'select distinct crm, missing_inputs from ' ~ ref('lifecycle_decisions')
        ~ ' where missing_inputs is not null order by crm, missing_inputs') -%}
    {%- set waiting = run_query(
        'select decision, count(*), min(review_due_at) from ' ~ ref('candidate_reviews')
        ~ " where review_state = 'open' and roles_missing is not null group by decision order by decision") -%}
    {%- set made = {} -%}
    {%- set missing = {} -%}
    {%- for row in decisions.rows -%}
        {%- do made.setdefault(row[0], []).append(row[1] ~ ' ' ~ crm_hygiene.thousands(row[2])) -%}
    {%- endfor -%}
    {%- for row in lacks.rows -%}
        {%- do missing.setdefault(row[0], []).extend(row[1].split(', ')) -%}
    {%- endfor -%}
    {%- do print('') -%}
    {%- for crm, parts in made.items() -%}
        {%- do print('decisions on ' ~ crm ~ ': ' ~ parts | join(', ')) -%}
        {%- if crm in missing -%}
            {%- do print('  decided without, for some records: ' ~ missing[crm] | unique | sort | join(', ')) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- for row in waiting.rows -%}
        {%- do print('waiting for approval: ' ~ crm_hygiene.thousands(row[1]) ~ ' to ' ~ row[0]
            ~ ', the first is due ' ~ (row[2] | string)[:10]) -%}
    {%- endfor -%}
{% endmacro %}


{#- Says plainly whether the register has a key, and what cannot be compared since it has another. -#}
{% macro print_suppression_summary() %}
    {%- set key = run_query('select ' ~ crm_hygiene.hash_key() ~ ' as hash_key').rows[0][0] -%}
    {%- set counts = run_query(
        "select count(*), count(case when hash_key <> '" ~ key ~ "' then 1 end) from " ~ ref('suppression_register')
    ).rows[0] -%}
    {%- set breaches = run_query(
        'select crm, kind, count(*) from ' ~ ref('suppression_breaches') ~ ' group by crm, kind order by crm, kind') -%}
    {%- if key == 'none' -%}
        {%- do print('THE SUPPRESSION REGISTER HAS NO KEY: its hashes are plain SHA-256, which can be guessed. '
            ~ 'Set one as README.md says under Suppression, and keep it') -%}
    {%- endif -%}
    {%- do print('suppression register: ' ~ crm_hygiene.thousands(counts[0]) ~ ' entries'
        ~ (', of which ' ~ crm_hygiene.thousands(counts[1]) ~ ' have another key and cannot be compared' if counts[1] else '')) -%}
    {%- for row in breaches.rows -%}
        {%- do print('SUPPRESSED: ' ~ crm_hygiene.thousands(row[2]) ~ ' of ' ~ row[0] ~ ' ' ~ row[1].replace('_', ' ')
            ~ ', in ' ~ ref('suppression_breaches')) -%}
    {%- endfor -%}
{% endmacro %}


{% macro print_reporting_summary() %}
    {%- set breaches = run_query(
        'select crm, report, period, part, variance, n_records_moved from ' ~ ref('cleanup_impact')
        ~ " where status = 'breach' order by crm, report, period, part") -%}
    {%- set drifts = run_query(
        'select crm, count(*) from ' ~ ref('reporting_drift') ~ " where status = 'drifted' group by crm order by crm") -%}
    {%- for row in breaches.rows[:5] -%}
        {%- do print('BREACH: the decisions move ' ~ row[1] ~ ' of ' ~ row[0] ~ ', ' ~ row[2] ~ ' ' ~ (row[3] or '')
            ~ ' by ' ~ row[4] ~ ' (' ~ crm_hygiene.thousands(row[5]) ~ ' records)') -%}
    {%- endfor -%}
    {%- if breaches.rows | length > 5 -%}
        {%- do print('... and ' ~ (breaches.rows | length - 5) ~ ' more, in ' ~ ref('cleanup_impact')) -%}
    {%- endif -%}
    {%- for row in drifts.rows -%}
        {%- do print('drifted: ' ~ crm_hygiene.thousands(row[1]) ~ ' reported figures of ' ~ row[0]
            ~ ' are not what they were when frozen, in ' ~ ref('reporting_drift')) -%}
    {%- endfor -%}
{% endmacro %}


{#- A rate in per cent, days as days; nothing for NULL. -#}
{% macro in_unit(value, unit) %}
    {%- if value is none -%}{{ return('') }}{%- endif -%}
    {{- return('%.1f' | format(value | float * (100 if unit == 'rate' else 1)) ~ (' %' if unit == 'rate' else ' d')) -}}
{% endmacro %}


{#- 12345 as 12,345. -#}
{% macro thousands(number) %}
    {{- return('{:,}'.format((number or 0) | int)) -}}
{% endmacro %}
