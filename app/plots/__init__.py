"""Live views of what is recorded: raster, population rates, traces.

In: the stores of :class:`app.simulation.client.Simulation`, read at the window's own pace. Out: pictures,
and files if the user asks for them.
"""

from app.plots.area import PlotArea

__all__ = ["PlotArea"]
