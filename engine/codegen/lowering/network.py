"""A whole network: objects in creation order, then the schedule of one step."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine.codegen.lowering.builder import Builder, Lowered
from engine.codegen.lowering.chances import pick_by_chance
from engine.codegen.lowering.counted import count_ahead, deliver_counted
from engine.codegen.lowering.mean_input import lower_mean_input
from engine.codegen.lowering.population import LoweredPopulation
from engine.codegen.lowering.projection import LoweredProjection
from engine.codegen.lowering.recording import lower_population_monitor, lower_projection_monitor
from engine.codegen.lowering.spike_counts import lower_paired_input
from engine.codegen.lowering.stopping import lower_stop_conditions
from engine.codegen.lowering.structural import StructuralPlasticity
from engine.codegen.lowering.sweeps import share_sweeps
from engine.codegen.lowering.terms import share_terms
from engine.codegen.lowering.timetable import lower_timetable
from engine.codegen.lowering.unseen import leave_unseen
from engine.errors import EngineError

if TYPE_CHECKING:
    from engine.network import Network


def lower(network: Network, threads: int = 0) -> Lowered:
    """The plan of a network whose connectivity is drawn.

    Parameters
    ----------
    network : Network
    threads : int
        That buffers are laid out for; 0: as many as the network may use.

    Raises
    ------
    EngineError
        For what the network asks for and the schedule cannot give; names the object.
    """
    threads = threads or network.threads
    builder = Builder(network.dt, network.precision, threads)
    builder.buffer("seed", "int64", 1, network.seed, "seed of all random draws", None)
    if network.cores:
        cores = np.array(network.cores[:threads], dtype=np.int32)
        builder.cores = builder.buffer("cores", "int32", threads, cores, "core of each thread")
    populations = {p.id: LoweredPopulation(builder, p) for p in network.populations}
    for population in populations.values():
        population.declare()
    projections = [
        LoweredProjection(builder, p, populations[p.pre_population.id], populations[p.post_population.id])
        for p in network.projections
    ]
    for projection in projections:
        projection.declare()
    for population in populations.values():
        population.reset_sums()
    for projection in projections:
        projection.accept()
    for projection in in_order_of_sums(projections):
        projection.transmit()
    deliver_counted(builder, projections)
    for given in network.mean_inputs:
        lower_mean_input(builder, given, populations[given.population.id], populations[given.post.id])
    for population in populations.values():
        paired = population.population.paired_input
        if paired is not None:
            if paired.source not in network.populations:
                raise EngineError(
                    f"Population {population.population.name}: {paired.source.name}, which it follows, is "
                    "not in its network. Add that one first."
                )
            lower_paired_input(builder, paired, populations[paired.source.id], population)
    for population in populations.values():
        lower_timetable(builder, population)
        population.update()
    for projection in projections:
        projection.learn()
        projection.after_post_spikes()
        StructuralPlasticity(projection).lower()
    for population in populations.values():
        population.remember()
    lower_stop_conditions(builder, populations.values())
    _monitors(builder, network, populations, {p.projection.id: p for p in projections})
    pick_by_chance(builder)
    count_ahead(builder, populations.values(), projections)
    for population in populations.values():
        population.finish_sizes()
    if network.profiling:
        builder.measure()
    return share_terms(leave_unseen(share_sweeps(builder.finish())))


def in_order_of_sums(projections: list[LoweredProjection]) -> list[LoweredProjection]:
    """In order of creation, but after all that adds to a weighted sum which the ``psp`` reads.

    Raises
    ------
    EngineError
        If projections wait for each other.
    """
    ordered, waiting = [], list(projections)
    while waiting:
        for one in waiting:
            read = one.sums_read()
            if not any(other.adds_to(read) for other in waiting if other is not one):
                break
        else:
            names = " and ".join(p.projection.name for p in waiting)
            raise EngineError(
                f"Projections {names}: each psp reads a weighted sum that another one adds to. Copy the sum "
                "to a variable in the equations of the neuron and read that one."
            )
        waiting.remove(one)
        ordered.append(one)
    return ordered


def record_key(index: int, variable: str) -> str:
    """Name of the recorder of ``variable`` of the network's monitor number ``index``."""
    plain = variable.replace("sum(", "sum_").replace(")", "").strip()
    return f"mon{index}_{plain}"


def _monitors(
    builder: Builder,
    network: Network,
    populations: dict[int, LoweredPopulation],
    projections: dict[int, LoweredProjection],
) -> None:
    for index, monitor in enumerate(network.monitors):
        for variable in monitor.variables:
            key = record_key(index, variable)
            if monitor.projection is not None:
                source = projections[monitor.projection.id]
                lower_projection_monitor(builder, key, monitor, variable, source)
            elif monitor.population is not None:
                lower_population_monitor(builder, key, monitor, variable, populations[monitor.population.id])
