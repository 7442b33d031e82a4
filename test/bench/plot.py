#!/usr/bin/env python3
"""Draws the curves of `run.sh --sweep` as SVG, and names the growth of each.

usage: plot.py sweep.json docs/img [docs/performance.md]    (the document gets the pictures, too)
"""

import json
import math
import sys
from html import escape
from pathlib import Path

from document import replace
from report import number

WIDTH, HEIGHT = 640, 400
LEFT, RIGHT, TOP, BOTTOM = 78, 150, 36, 52
COLOURS = ["#666666", "#1b6ca8", "#c8553d", "#3a7d44"]

# file: (title, curves in the JSON, key of y, unit of x, unit of y)
PLOTS = {
    "calls-in-flight": ("Calls a second", "flight", "rate", "calls in flight", "calls/s"),
    "latency-in-flight": ("Latency, p99", "flight", "p99_us", "calls in flight", "us"),
    "calls-threads": ("Calls a second, one Bus", "threads", "rate", "threads", "calls/s"),
    "latency-threads": ("Latency, p99, one Bus", "threads", "p99_us", "threads", "us"),
    "calls-processes": ("Calls a second, all clients", "processes", "rate", "client processes",
                        "calls/s"),
    "latency-processes": ("Latency, p99", "processes", "p99_us", "client processes", "us"),
    "calls-size": ("Calls a second, one at a time", "size", "rate", "bytes of payload", "calls/s"),
    "latency-size": ("Latency, p99", "size", "p99_us", "bytes of payload", "us"),
    "memory-names": ("Memory of the broker", "names", "memory", "names", "bytes"),
    "lookup-names": ("Look-up of a name", "names", "lookup_us", "names", "us"),
    "memory-connections": ("Memory of the broker", "connections", "memory", "idle connections",
                           "bytes"),
}


def short(value):
    """1000 -> 1k; for the marks of an axis."""
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= size:
            return f"{value / size:.3g}{letter}"
    return f"{value:g}"


class LogAxis:
    """Maps values to the picture by their logarithm. `begin` and `end` are whole decades."""

    def __init__(self, values, start, stop):
        self.low = math.floor(math.log10(min(values)) + 1e-9)
        self.high = max(math.ceil(math.log10(max(values)) - 1e-9), self.low + 1)
        self.start, self.stop = start, stop

    def at(self, value):
        part = (math.log10(value) - self.low) / (self.high - self.low)
        return self.start + part * (self.stop - self.start)

    def marks(self):
        return [10.0**power for power in range(self.low, self.high + 1)]


def text(x, y, words, anchor="middle", size=12, more=""):
    return (f'<text x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}" font-size="{size}"{more}>'
            f"{escape(words)}</text>")


def frame(x_axis, y_axis, title, x_unit, y_unit):
    right, bottom = WIDTH - RIGHT, HEIGHT - BOTTOM
    yield text((LEFT + right) / 2, 22, title, size=15)
    yield text((LEFT + right) / 2, HEIGHT - 12, x_unit)
    yield text(16, (TOP + bottom) / 2, y_unit,
               more=f' transform="rotate(-90 16 {(TOP + bottom) / 2:.0f})"')
    for mark in x_axis.marks():
        x = x_axis.at(mark)
        yield f'<line x1="{x:.1f}" y1="{TOP}" x2="{x:.1f}" y2="{bottom}" stroke="#dddddd"/>'
        yield text(x, bottom + 18, short(mark))
    for mark in y_axis.marks():
        y = y_axis.at(mark)
        yield f'<line x1="{LEFT}" y1="{y:.1f}" x2="{right}" y2="{y:.1f}" stroke="#dddddd"/>'
        yield text(LEFT - 6, y + 4, short(mark), "end")


def curve(name, points, colour, place, x_axis, y_axis):
    spots = [(x_axis.at(x), y_axis.at(y)) for x, y in points]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in spots)
    yield f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>'
    for x, y in spots:
        yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>'
    x, y = WIDTH - RIGHT + 12, TOP + 14 + 20 * place
    yield f'<line x1="{x}" y1="{y}" x2="{x + 18}" y2="{y}" stroke="{colour}" stroke-width="2"/>'
    yield text(x + 24, y + 4, name, "start")


def draw(title, curves, x_unit, y_unit):
    """curves: name -> points (x, y), all above zero. @return the SVG"""
    xs = [x for points in curves.values() for x, _ in points]
    ys = [y for points in curves.values() for _, y in points]
    x_axis = LogAxis(xs, LEFT, WIDTH - RIGHT)
    y_axis = LogAxis(ys, HEIGHT - BOTTOM, TOP)
    lines = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
             'font-family="sans-serif">', f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>']
    lines += frame(x_axis, y_axis, title, x_unit, y_unit)
    for place, (name, points) in enumerate(curves.items()):
        lines += curve(name, points, COLOURS[place % len(COLOURS)], place, x_axis, y_axis)
    return "\n".join([*lines, "</svg>", ""])


def growth(points):
    """The exponent p of y ~ x^p over the whole curve, by least squares of the logarithms."""
    xs = [math.log(x) for x, _ in points]
    ys = [math.log(y) for _, y in points]
    x_mean, y_mean = sum(xs) / len(xs), sum(ys) / len(ys)
    spread = sum((x - x_mean) ** 2 for x in xs)
    return sum((x - x_mean) * (y - y_mean) for x, y in zip(xs, ys)) / spread if spread else 0.0


def change(name, factor, power):
    """How one curve grows, in words: over the whole of it, and as which power."""
    if abs(power - 1) < 0.05:
        shape = "in proportion"
    elif abs(power) < 0.05:
        shape = "hardly at all"
    else:
        shape = f"as their power {power:.2f}"
    times = (f"grows {number(factor)}-fold" if factor >= 1
             else f"falls to one part in {number(1 / factor)}")
    return f"with {name} it {times}, {shape}"


def law(subject, x_unit, curves):
    """One sentence on how curves grow. curves: name -> (points)"""
    xs = [x for points in curves.values() for x, _ in points]
    parts = [change(name, points[-1][1] / points[0][1], growth(points))
             for name, points in curves.items()]
    text = "; ".join(parts)
    return f"{subject}, from {number(min(xs))} to {number(max(xs))} {x_unit}: {text}."


def main(source, folder, document=None):
    found = json.loads(Path(source).read_text(encoding="utf-8"))
    Path(folder).mkdir(parents=True, exist_ok=True)
    lines = []
    for file, (title, key, y_key, x_unit, y_unit) in PLOTS.items():
        data = found[key]
        data = data if isinstance(data, dict) else {"rmi-broker": data}
        curves = {name: [(point["x"], point[y_key]) for point in points if point[y_key] > 0]
                  for name, points in data.items()}
        curves = {name: points for name, points in curves.items() if points}
        path = Path(folder) / f"{file}.svg"
        path.write_text(draw(title, curves, x_unit, y_unit), encoding="utf-8")
        sentence = law(title, x_unit, curves)
        lines += [f"![{title} against {x_unit}]({Path(folder).name}/{path.name})", "", sentence, ""]
        print(f"{path}: {sentence}")
    if document:
        path = Path(document)
        path.write_text(replace(path.read_text(encoding="utf-8"), "curves", lines),
                        encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:4]))
