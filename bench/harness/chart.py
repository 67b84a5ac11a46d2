"""Results as an SVG: for each scenario with peers, a bar a contestant."""

from html import escape

WIDTH, LABEL, LINE, GAP = 860, 330, 18, 34
OURS, PEER = "#0b7285", "#adb5bd"


def draw(results):
    parts, y = [], 20
    for result in results:
        if not result.peers or not result.is_sound:
            continue
        parts.append(text(10, y, f"{result.scenario.name} [{result.scenario.unit}]", "font-weight='bold'"))
        y += LINE
        values = {name: result.median(name) for name in result.samples}
        longest = max(values.values())
        for name, value in values.items():
            length = (WIDTH - LABEL - 90) * value / longest
            colour = OURS if name == result.ours else PEER
            parts.append(text(20, y, name))
            parts.append(f"<rect x='{LABEL}' y='{y - 11}' width='{length:.1f}' height='13' fill='{colour}'/>")
            parts.append(text(LABEL + length + 6, y, f"{value:,.0f}"))
            y += LINE
        y += GAP - LINE
    return (f"<svg xmlns='http://www.w3.org/2000/svg' width='{WIDTH}' height='{y}' viewBox='0 0 {WIDTH} {y}' "
            f"font-family='sans-serif' font-size='12'>\n<rect width='100%' height='100%' fill='white'/>\n"
            + "\n".join(parts) + "\n</svg>\n")


def text(x, y, content, more=""):
    return f"<text x='{x:.1f}' y='{y}' {more}>{escape(content)}</text>"
