"""The cases of the ruler: networks declared once for the engine and for ANNarchy."""

from cases import brunel, coba, cuba, hodgkin_huxley, izhikevich, rate, stdp
from cases.case import Case, Declared

FAMILIES = (coba, cuba, brunel, izhikevich, stdp, rate, hodgkin_huxley)
CASES: dict[str, Case] = {case.name: case for family in FAMILIES for case in family.CASES}

__all__ = ["CASES", "Case", "Declared"]
