"""A bar chart as plain SVG."""

from __future__ import annotations

_ROW, _LEFT, _WIDTH = 34, 130, 480
_FONT = 'font-family="sans-serif" font-size="13"'


def bars(percents: dict[str, float], marks: dict[str, int]) -> str:
    """Draw per cents of the floor, with a line where each mark is."""
    height = _ROW * len(percents) + 40
    scale = _WIDTH / max(100.0, *percents.values())
    width = _LEFT + _WIDTH + 70
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" {_FONT}>',
        '<text x="8" y="20">Requests a second, per cent of the floor (line: the mark)</text>',
    ]
    for number, (name, percent) in enumerate(percents.items()):
        top = 34 + number * _ROW
        parts.append(f'<text x="8" y="{top + 17}">{name}</text>')
        parts.append(
            f'<rect x="{_LEFT}" y="{top}" width="{percent * scale:.0f}" height="24"'
            ' fill="#2b6cb0"/>'
        )
        parts.append(
            f'<text x="{_LEFT + percent * scale + 6:.0f}" y="{top + 17}">{percent:.0f}</text>'
        )
        if name in marks:
            at = _LEFT + marks[name] * scale
            parts.append(
                f'<line x1="{at:.0f}" x2="{at:.0f}" y1="{top - 3}" y2="{top + 27}"'
                ' stroke="#c53030" stroke-width="2"/>'
            )
    return "\n".join([*parts, "</svg>\n"])
