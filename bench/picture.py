"""The picture of what was measured."""

from __future__ import annotations

from pathlib import Path

from cases import CASES
from results import PEERS, Measured, ratio


def draw(measured: Measured, path: Path) -> None:
    """Ratios to the hand-written programs, and how the cost grows with the size."""
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "performance"
    from matplotlib import pyplot

    figure, (left, right) = pyplot.subplots(1, 2, figsize=(12, 5.5), layout="constrained")
    names = [name for name in CASES if "hand" in measured.of(name)]
    marks = {"engine": "o", "before": "|", **dict.fromkeys(PEERS, "x")}
    labels = {"engine": "engine", "before": "engine before", **PEERS}
    for who, mark in marks.items():
        points = [(ratio(measured.of(n), who, "hand", "cpu"), i) for i, n in enumerate(names)]
        points = [(x, y) for x, y in points if x is not None]
        if points:
            left.plot(*zip(*points, strict=True), mark, label=labels[who], zorder=3 if who == "engine" else 2)
    left.axvline(1.0, color="gray", linewidth=0.8)
    left.axvline(1.15, color="gray", linewidth=0.8, linestyle=":")
    left.set(xscale="log", xlabel="CPU time, hand-written C++ = 1", yticks=range(len(names)))
    left.set_yticklabels([CASES[n].title for n in names])
    left.invert_yaxis()
    left.set_xlim(right=20.0 * left.get_xlim()[1])  # room for the legend
    left.legend(fontsize="small", loc="lower right")
    right.set_prop_cycle(color=[*pyplot.get_cmap("tab10").colors, "black", "navy"])
    for name in CASES:
        scales = measured.scales(name)
        if len(scales) < 2:
            continue
        line = right.plot(
            scales, [measured.of(name, scale=s)["engine"]["cpu"] for s in scales], "o-", label=name
        )
        hand = [(s, measured.of(name, scale=s).get("hand", {}).get("cpu")) for s in scales]
        hand = [(s, cpu) for s, cpu in hand if cpu]
        if hand:
            right.plot(*zip(*hand, strict=True), ":", color=line[0].get_color())
    right.set(xscale="log", yscale="log", xlabel="size, 1 = the case", ylabel="CPU seconds (dotted: by hand)")
    if right.lines:
        right.set_ylim(bottom=right.get_ylim()[0] / 10.0)
        right.legend(fontsize="small", loc="lower center", ncols=4)
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)
