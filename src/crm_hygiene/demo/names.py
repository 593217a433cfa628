"""Names, places and words of the made-up company and its customers."""


def _words(text):
    return text.split()


HEADS = _words("""
    Arv Bel Cor Dun Elm Fal Gar Hol Ist Jor Kel Lum Mer Nor Ost Pel Quin Rav Sol Tar Ulm Ven Wex Yar
    Zel Brin Crest Drav
""")
TAILS = _words("""
    aldo benne cota dran evik fosse gund hara imir joly kanto lorn meva nisk
""")
TRADES = _words("""
    Systems Foods Marine Optics Textiles Energy Paper Motors Health Freight Garden
""")
# name, code, region, calling code, trunk prefix
COUNTRIES = [
    ("Germany", "DE", "EU", "49", "0"),
    ("France", "FR", "EU", "33", "0"),
    ("Netherlands", "NL", "EU", "31", "0"),
    ("United Kingdom", "GB", "UK", "44", "0"),
    ("United Kingdom", "GB", "UK", "44", "0"),
    ("United States", "US", "US", "1", ""),
    ("United States", "US", "US", "1", "1-"),
    ("United States", "US", "US", "1", ""),
    ("Canada", "CA", "CA", "1", ""),
    ("Australia", "AU", "APAC", "61", "0"),
    ("Japan", "JP", "APAC", "81", "0"),
    ("Brazil", "BR", "LATAM", "55", "0"),
]
SPELLINGS = {
    "Germany": ["Germany", "DE", "Deutschland"],
    "United States": ["United States", "USA", "US", "U.S."],
    "United Kingdom": ["United Kingdom", "UK", "GB"],
}
SUFFIXES = {
    "DE": ["GmbH", "AG"],
    "FR": ["SA", "SARL"],
    "NL": ["BV"],
    "GB": ["Ltd", "plc"],
    "US": ["Inc", "LLC", "Corp."],
    "CA": ["Inc."],
    "AU": ["Pty Ltd"],
    "JP": ["KK"],
    "BR": ["Ltda"],
}
INDUSTRIES = ["Manufacturing", "Retail", "Logistics", "Healthcare", "Energy", "Software"]
SEGMENTS = ["Enterprise", "Mid-Market", "SMB"]
TITLES = ["Head of Operations", "CFO", "Buyer", "IT Manager", "COO", "Plant Manager", "Director"]
PRODUCTS = ["Platform", "Scanner rollout", "Route planner", "Analytics", "Support plan"]
CAMPAIGNS = ["Spring Webinar", "Trade Fair", "Autumn Mailing"]
REASONS = ["Price", "Competitor", "No budget", "No decision", "Missing feature"]
NEXT_STEPS = [
    "Book discovery call",
    "Map the buying team",
    "Show the pilot results",
    "Send the proposal",
    "Agree terms with purchasing",
]
FIRST = _words("""
    Ana Ben Carla Dov Emre Fay Goran Hana Ines Jonas Kofi Lena Mateo Nadia Omar Pia Quentin Rosa
    Samir Tess Umar Vera Wim Xenia Yuki Zoltan Asha Bruno Chloe Dario Elif Fritz Greta
""")
LAST = _words("""
    Abara Bright Castel Dorn Egede Farrow Gruber Hale Iversen Jurado Kwon Lindqvist Marlow Novak
    Okafor Prentiss Quaid Rossi Santos Tanaka Ueda Vogel Whitlock Xu Yilmaz Zeman Archer Bell Corda
    Drummond Esposito Falk Garnier Holm Ito Jansen Kerr Lopes
""")


def coin(number, crm):
    """A company name that no other number gives and that resembles none of them."""
    number = number * 11 + (3 if crm == "hubspot" else 0)
    n, size = number % (len(HEADS) * len(TAILS)), len(HEADS)
    return f"{HEADS[n % size]}{TAILS[(n // size + n) % len(TAILS)]} {TRADES[number % len(TRADES)]}"


def phone(country, number, rng):
    """The number in one of the ways in which people write it."""
    prefix, trunk = country[3], country[4]
    digits = f"{2_000_000 + number}"
    area = "415" if prefix == "1" else "30"
    return rng.choice(
        [
            f"+{prefix} {area} {digits[:3]} {digits[3:]}",
            f"+{prefix}{area}{digits}",
            f"00{prefix} {area} {digits}"
            if prefix != "1"
            else f"({area}) {digits[:3]}-{digits[3:]}",
            f"{trunk}{area} {digits[:3]}-{digits[3:]}",
        ]
    )
