"""The results of a run as Markdown."""


def number(value):
    """Three digits that matter, however large."""
    if value >= 1000:
        return f"{value:,.0f}".replace(",", " ")
    return f"{value:.3g}" if value < 100 else f"{value:.0f}"


def spread(values, factor=1.0):
    if values is None:
        return ""
    return (f"{number(values['median'] * factor)} "
            f"({number(values['min'] * factor)}..{number(values['max'] * factor)})")


def table(heads, lines):
    yield "| " + " | ".join(heads) + " |"
    yield "|" + "---|" * len(heads)
    for line in lines:
        yield "| " + " | ".join(line) + " |"
    yield ""


def row_lines(row):
    for name, result in row["results"].items():
        metrics, ratio = result["metrics"], result.get("ratio", {})
        roles = [f"{role} {number(metrics[f'cpu_us.{role}']['median'])}"
                 for role in ("client", "broker", "server") if f"cpu_us.{role}" in metrics]
        yield [name, spread(metrics["rate"]), spread(metrics.get("p50_us")),
               spread(metrics.get("p99_us")), spread(metrics["cpu_us"]), ", ".join(roles),
               spread(metrics["switches"]), result.get("base", ""), spread(ratio.get("rate")),
               spread(ratio.get("p50_us")), spread(ratio.get("cpu_us"))]


HEADS = ["", "calls/s", "p50 us", "p99 us", "CPU us a call", "by role", "switches a call",
         "against", "calls/s, x", "p50, x", "CPU, x"]


def rows(run):
    for row in run["rows"]:
        yield f"### {row['name']}"
        yield ""
        if row["results"]:
            yield from table(HEADS, row_lines(row))
        for name, why in row["skipped"].items():
            yield f"skipped: {name} ({why})"
        yield ""


def single(run):
    yield "### Names, memory, loss"
    yield ""
    lines = []
    for name, value in run["single"].items():
        if name == "archives":
            continue
        if isinstance(value, dict) and "median" in value:
            lines.append([name, spread(value)])
        elif isinstance(value, dict):
            lines += [[f"{name}: {key}", number(part)] for key, part in value.items()]
        else:
            lines.append([name, number(value)])
    yield from table(["", "measured"], lines)
    for name, why in run["skipped"].items():
        yield f"skipped: {name} ({why})"
    yield ""


def system_calls(run):
    if not run["system_calls"]:
        return
    yield "### System calls of one serial call (strace, a pass of its own)"
    yield ""
    roles = ("all", "client", "broker", "server")
    yield from table(["", *roles], [[name, *[number(counted[role]) if role in counted else ""
                                             for role in roles]]
                                    for name, counted in run["system_calls"].items()])


def archives(run):
    if "archives" not in run["single"]:
        return
    yield "### Archives against cereal's own"
    yield ""
    yield from table(["value", "", "rmi ns", "cereal ns", "faster, x"],
                     [[entry["value"], entry["what"], number(entry["rmi_ns"]),
                       number(entry["cereal_ns"]), number(entry["faster"])]
                      for entry in run["single"]["archives"]])


def targets(run):
    yield "### Targets"
    yield ""
    yield from table(["", "target", "measured", ""],
                     [[t["what"], t["target"],
                       f"{number(t['measured'])} {t['unit']}" if "measured" in t else t["why"],
                       t["verdict"]] for t in run["targets"]])


def markdown(run):
    lines = [f"`{run['command']}`, {run['machine']}, median (lowest..highest) of "
             f"{run['rounds']} rounds in turns; ratios are taken round by round.", ""]
    for part in (rows, system_calls, single, archives, targets):
        lines += part(run)
    return "\n".join(lines) + "\n"
