"""The plot: journeys a second of every system on a logarithmic scale, the median as a bar, the range as a line."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

WIDTH: Final = 760
_LEFT: Final = 210
_RIGHT: Final = 90
_ROW: Final = 34
_TOP: Final = 44


@dataclass(frozen=True, slots=True)
class Bar:
    """One system's figure: median, least and most."""

    label: str
    median: float
    least: float
    most: float
    ours: bool


def draw(title: str, bars: Sequence[Bar]) -> str:
    """Return the plot as SVG."""
    low = 10 ** math.floor(math.log10(min(bar.least for bar in bars) / 2))
    high = 10 ** math.ceil(math.log10(max(bar.most for bar in bars) * 1.01))
    span = math.log10(high / low)

    def at(value: float) -> float:
        return _LEFT + (WIDTH - _LEFT - _RIGHT) * math.log10(value / low) / span

    height = _TOP + _ROW * len(bars) + 36
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" font-family="sans-serif"',
        f' font-size="13" role="img" aria-label="{escape(title)}">',
        '<rect width="100%" height="100%" fill="#ffffff"/>',
        f'<text x="16" y="24" font-size="15" font-weight="bold">{escape(title)}</text>',
    ]
    for power in range(round(math.log10(low)), round(math.log10(high)) + 1):
        x = at(10.0**power)
        parts.append(f'<line x1="{x:.1f}" y1="{_TOP - 6}" x2="{x:.1f}" y2="{height - 30}" stroke="#dddddd"/>')
        parts.append(f'<text x="{x:.1f}" y="{height - 12}" text-anchor="middle" fill="#555555">{10.0**power:g}</text>')
    for nth, bar in enumerate(bars):
        y = _TOP + _ROW * nth
        color = "#1f6f8b" if bar.ours else "#b8b8b8"
        middle = y + 10
        parts += [
            f'<text x="{_LEFT - 8}" y="{middle + 4}" text-anchor="end">{escape(bar.label)}</text>',
            f'<rect x="{_LEFT}" y="{y}" width="{at(bar.median) - _LEFT:.1f}" height="20" fill="{color}"/>',
            _line(at(bar.least), middle, at(bar.most), middle),
            *(_line(at(end), middle - 5, at(end), middle + 5) for end in (bar.least, bar.most)),
            f'<text x="{at(bar.most) + 8:.1f}" y="{middle + 4}">{bar.median:.3g}</text>',
        ]
    return "\n".join([*parts, "</svg>", ""])


def _line(x1: float, y1: float, x2: float, y2: float) -> str:
    ends = f'x1="{x1:.1f}" y1="{y1}" x2="{x2:.1f}" y2="{y2}"'
    return f'<line {ends} stroke="#222222" stroke-width="2"/>'
