"""One disclosure in many forms: a file per form, all with the same numbers."""

MEMBERS = {
    "html": "greenwright.report.formats.html",
    "markdown": "greenwright.report.formats.markdown",
    "json": "greenwright.report.formats.json",
    "model-card": "greenwright.report.formats.model_card",
    "cyclonedx": "greenwright.report.formats.cyclonedx",
    "esrs-e1": "greenwright.report.formats.esrs_e1",
    "eu-ai-act": "greenwright.report.formats.eu_ai_act",
}
