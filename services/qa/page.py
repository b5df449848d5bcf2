"""report.html: one self-contained page that a musician can read, on a phone, in the dark, or on paper."""

import jinja2

from contracts.context import Context
from contracts.music.score import Score
from contracts.report import Report
from services.qa.checks import Findings


def _environment() -> jinja2.Environment:
    return jinja2.Environment(loader=jinja2.PackageLoader("services.qa"), autoescape=True, trim_blocks=True, lstrip_blocks=True)


def render_page(report: Report, context: Context, score: Score, findings: Findings) -> bytes:
    """The page as UTF-8 HTML. Every text that came from outside is escaped."""
    template = _environment().get_template("report.html.j2")
    return template.render(report=report, context=context, score=score, heard=findings.heard).encode()
