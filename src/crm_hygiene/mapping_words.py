"""What other systems call the tables and columns of the open landing."""

# What other systems call a record of a table, and a file of such records besides.
RECORD_WORDS = {
    "accounts": "account company organization organisation org customer client firm firma firmen"
    " kunde kunden unternehmen",
    "contacts": "contact person people persons kontakt kontakte personen pers ansprechpartner",
    "leads": "lead prospect interessent interessenten",
    "opportunities": "opportunity deal angebot angebote verkaufschance verkaufschancen vorgang"
    " vorgangs vorgaenge",
    "activities": "activity engagement interaction touchpoint aktivitaet aktivitaeten",
    "cases": "case ticket",
    "contracts": "contract subscription agreement vertrag vertraege",
    "documents": "document paper dokument dokumente unterlage unterlagen",
    "invoices": "invoice bill rechnung rechnungen",
    "users": "user owner agent employee rep sales_rep sales_agent seller nutzer benutzer"
    " mitarbeiter",
    "changes": "change log",
    "workflow_events": "event",
}
FILE_WORDS = {
    "opportunities": "sales_pipeline pipeline",
    "opportunity_contacts": "opportunity_contact contact_role deal_contact"
    " opportunity_contact_role",
    "activities": "task event call email meeting kontaktbericht kontaktberichte termin termine"
    " anruf anrufe besuch besuche",
    "cases": "support",
    "users": "sales_team staff vertrieb vertriebler verkaeufer aussendienst",
    "stages": "stage status_list pipeline_stage phase",
    "changes": "history audit field_history stage_log stage_history phase_log phase_history"
    " verlauf historie protokoll phasenverlauf phasenprotokoll",
    "sla_clocks": "sla_clock sla clock",
    "workflow_events": "workflow_event workflow event_log",
}
# Words of a file's name that say nothing of its table, besides numbers.
IDLE_WORDS = "export exports list liste data daten all full dump crm sf salesforce hubspot"
# Last words of a column's name that mean an id, and an instant.
ID_WORDS, INSTANT_WORDS = "id no nr number nummer code key", "on am"
# A name of the day on which a deal is expected to close.
EXPECTED = "(expected|planned|forecast|target|estimated).*clos"
EXPECTED += "|(voraus|erwartet|geplant).*abschl"
COLUMN_WORDS = {
    "created_at": "created create_date created_date createdate date_created creation_date add_time"
    " engage_date opened_at opened entered angelegt_at erstellt_at"
    " erfasst_at eroeffnet_at",
    "updated_at": "updated modified modified_at last_modified last_modified_date update_time"
    " changed changed_at last_changed geaendert_at",
    "deleted_at": "deleted delete_time",
    "manager_id": "manager reports_to boss supervisor",
    "owner_id": "owner_name assigned_to account_owner deal_owner account_manager by betreuer"
    " verkaeufer vertriebler zustaendig bearbeiter wer",
    "name": "title company_name account_name deal_name opportunity_name organization_name"
    " full_name vollname name_voll bezeichnung firmenname",
    "domain": "website web_site web url site homepage webseite internetseite internet",
    "phone": "telephone tel mobile phone_number telefon",
    "email": "mail e_mail email_address mailadresse",
    "street": "address street_address address_line_1 strasse",
    "city": "town ort stadt",
    "postal_code": "zip zipcode postcode zip_code plz",
    "country": "country_name office_location nation land",
    "industry": "sector branch branche",
    "first_name": "firstname given_name forename vorname",
    "last_name": "lastname surname family_name nachname",
    "title": "job_title position role",
    "company": "company_name account organization employer firma",
    "lead_source": "source origin channel utm_source",
    "stage": "deal_stage opportunity_stage phase status sales_stage stand",
    "status": "state lead_status stage outcome result",
    "amount": "value deal_value close_value revenue price total deal_amount wert auftragswert"
    " betrag summe umsatz",
    "currency": "currency_code waehrung",
    "close_date": "closing_date expected_close expected_close_date vorauss_abschluss"
    " geplanter_abschluss erwarteter_abschluss voraussichtlicher_abschluss",
    "closed_at": "closed closed_date actual_close actual_close_date won_date abgeschlossen_at",
    "loss_reason": "lost_reason closed_lost_reason reason lost_because verlustgrund",
    "signed_at": "signed signature_date date_signed",
    "start_date": "start starts begins term_start",
    "end_date": "end ends expires expiry_date term_end renewal_date",
    "recurring_amount": "arr acv annual_value annual_amount",
    "issued_at": "issued invoice_date issue_date billed_at",
    "occurred_at": "date happened happened_at due_date activity_date timestamp time"
    " zeitpunkt datum",
    "type": "kind activity_type category art",
    "team": "department regional_office group team_name abteilung",
    "is_active": "active enabled still_here still_active aktiv noch_aktiv",
    "changed_at": "timestamp date modified_at change_date when geaendert_at zeitpunkt",
    "changed_by": "user author modified_by actor geaendert_von",
    "old_value": "old from before previous_value from_stage from_phase old_stage previous_stage"
    " alte_phase alter_wert",
    "new_value": "new to after value to_stage to_phase new_stage stage phase neue_phase neuer_wert",
    "field": "property attribute column field_name",
    "record_id": "id object_id entity_id",
    "object_type": "object entity entity_type table",
    "do_not_contact": "no_contact do_not_call werbesperre kontaktsperre",
    "stage_order": "order position sort_order display_order",
}
