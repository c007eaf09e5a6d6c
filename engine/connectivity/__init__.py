"""Connection patterns: two sets of neurons and a rule in, sparse rows of synapses out.

Random patterns are functions of (seed, stream, rank of the row): the same on every machine and on any number
of threads.
"""

from engine.connectivity.distance import difference_of_gaussians, gaussian
from engine.connectivity.given import GivenRows, from_matrix, from_rows
from engine.connectivity.patterns import (
    all_to_all,
    checked_number,
    fixed_number_post,
    fixed_number_pre,
    fixed_probability,
    one_to_one,
)
from engine.connectivity.rewiring import Rewiring, rewire
from engine.connectivity.rows import Connectivity

__all__ = [
    "Connectivity",
    "GivenRows",
    "Rewiring",
    "all_to_all",
    "checked_number",
    "difference_of_gaussians",
    "fixed_number_post",
    "fixed_number_pre",
    "fixed_probability",
    "from_matrix",
    "from_rows",
    "gaussian",
    "one_to_one",
    "rewire",
]
