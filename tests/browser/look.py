"""What must hold in every state of every page: no text cut or overlapping, nothing wider than the screen, targets large enough, axe-core."""

from pathlib import Path

import axe_playwright_python

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()
LAYOUT = Path(__file__).with_name("look.js").read_text()
RUN_AXE = """rules => axe.run(document, {resultTypes: ['violations'], ...(rules && {runOnly: rules})})
    .then(found => found.violations.filter(one => ['serious', 'critical'].includes(one.impact))
        .map(one => `axe: ${one.id} (${one.impact}): ${one.nodes.map(node => node.html.slice(0, 300)).slice(0, 3).join(' and ')}`))"""


def axe(page, rules=None):
    """Returns the serious and critical findings of axe-core."""
    if not page.evaluate("typeof axe === 'object'"):
        page.evaluate(AXE + "\n;0")
    return page.evaluate(RUN_AXE, rules)


def layout(page):
    """Returns what does not fit."""
    return page.evaluate(LAYOUT)
