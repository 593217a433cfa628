"""The page: one HTML file that holds its data, styles and scripts."""

import base64
import functools
import gzip
import json
import re

import vl_convert

from crm_hygiene.pages.files import TEMPLATES, environment, hash_source

SCRIPTS = (
    "dashboard_data.js",
    "dashboard_parts.js",
    "dashboard_figures.js",
    "dashboard_reviews.js",
    "dashboard_views.js",
    "dashboard.js",
)
# What would end an inline script or style before its time.
ENDS_EARLY = re.compile("</script|</style|<!--", re.IGNORECASE)


@functools.cache
def chart_bundle() -> str:
    """Return the chart library as one script; it takes seconds to make and is always the same."""
    # In a function: its names are not to meet those of the page's scripts.
    return f"(() => {{{vl_convert.javascript_bundle('window.drawChart = vegaEmbed;')}}})();"


def encoded(payload: dict) -> str:
    """Return the payload as the page embeds it: no value can end the element that holds it."""
    text = json.dumps(payload, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return base64.b64encode(gzip.compress(text.encode(), mtime=0)).decode()


def page(payload: dict) -> str:
    """Return the page."""
    styles = (TEMPLATES / "style.css").read_text("utf-8")
    scripts = [chart_bundle(), *((TEMPLATES / name).read_text("utf-8") for name in SCRIPTS)]
    assert not any(map(ENDS_EARLY.search, [styles, *scripts]))
    policy = {
        "default-src": "'none'",
        "script-src": " ".join(map(hash_source, scripts)),
        "style-src": hash_source(styles),
        "img-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    template = environment().overlay(keep_trailing_newline=False).get_template("dashboard.html")
    return template.render(
        title="CRM hygiene: data health",
        data=encoded(payload),
        styles=styles,
        scripts=scripts,
        csp="; ".join(f"{name} {value}" for name, value in policy.items()),
    )
