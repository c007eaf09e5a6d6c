"""Scripts of users in both dialects run unchanged but for their import lines, and give what they should.

The expected numbers are those that the specification gives for the reference. Both it and this simulator are
chaotic where networks fire: the bounds there are the specification's, far outside of what other seeds give.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import engine
from engine.network.configuration import DEFAULTS

HERE = Path(__file__).parent
IMPORTS = {
    "import ANNarchy as ann": "import engine as ann",
    "from ANNarchy.extensions.bold import": "from engine.extensions.bold import",
    "import ANNarchy.extensions.bold as bold": "import engine.extensions.bold as bold",
}


def begin_anew() -> None:
    engine.clear()
    engine.clear_all_callbacks()
    engine.setup(**DEFAULTS)


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    begin_anew()
    yield
    begin_anew()


def ran(version: str, name: str) -> dict[str, Any]:
    """What a script has defined when it is through."""
    path = HERE / version / f"{name}.py"
    lines = path.read_text().splitlines()
    for k, line in enumerate(lines):
        for old, new in IMPORTS.items():
            if line.startswith(old):
                lines[k] = line.replace(old, new)
    names: dict[str, Any] = {"__name__": "__main__"}
    exec(compile("\n".join(lines), path, "exec"), names)
    return names


VERSIONS = pytest.mark.parametrize("version", ["v4_8", "v5_0"])


@VERSIONS
def test_pulse_coupled_izhikevich_cells(version: str, capsys: pytest.CaptureFixture[str]) -> None:
    names = ran(version, "pulse")
    assert names["data"]["v"].shape == (1000, 1000)
    assert len(names["t"]) == len(names["n"]) == pytest.approx(9360, rel=0.2)
    assert names["t"].max() < 1000.0 and names["n"].max() >= 800
    if version == "v4_8":
        # The rhythm: 41 to 62 Hz in five runs of the reference with other seeds. Without one the rate
        # stays near its mean of 9 Hz.
        assert 30.0 < names["rate"].max() < 80.0
    assert "Simulating 1.0 seconds of the network" in capsys.readouterr().out


@VERSIONS
def test_balanced_network(version: str) -> None:
    names = ran(version, "coba")
    synapses = names["Ce"].nb_synapses + names["Ci"].nb_synapses
    # Binomial(16e6, 0.02): five standard deviations of 560.
    assert abs(synapses - 320000) < 5 * 560
    assert isinstance(names["Ce"].w, float) and names["Ce"].w == 0.6
    assert 15.0 < len(names["t"]) / 4000 / 0.25 < 25.0
    if version == "v4_8":
        assert 0.8 < np.mean(names["cv"]) < 1.0
        assert len(names["cv"]) > 1000


@VERSIONS
def test_neural_field(version: str) -> None:
    names = ran(version, "field")
    assert names["r"].shape == (40, 20, 20)
    assert names["lat"].nb_synapses == 159600
    np.testing.assert_allclose(
        names["lat"].dendrite(0).w[:4], [0.07441, 0.01605, -0.03999, -0.07377], atol=5e-6
    )
    assert names["ff"].delay == 20.0
    place = np.unravel_index(names["r"][-1].argmax(), (20, 20))
    assert np.abs(np.array(place) - (11, 6)).max() <= 2
    assert 0.5 < names["r"][-1].max() <= 1.0
    if version == "v4_8":
        assert names["data"]["sum(inh)"].shape == (40, 20, 20)


@VERSIONS
def test_spike_timing_dependent_plasticity(version: str, capsys: pytest.CaptureFixture[str]) -> None:
    names = ran(version, "stdp")
    out = capsys.readouterr().out
    assert "recorded weights: (5, 1000)" in out
    rate = float(out.split("rate (Hz): ")[1].split()[0])
    assert 20.0 < rate < 60.0
    weights = np.array(names["proj"].w[0])
    assert 0.003 < weights.mean() < 0.007
    assert weights.min() >= 0.0 and weights.max() <= 0.01
    if version == "v4_8":
        assert "frozen: True False\nmoving again: True in bounds: True True\n" in out
        assert names["w"].shape == (5, 1000)
    else:
        assert "frozen: True\n" in out


@VERSIONS
def test_bold_signal(version: str) -> None:
    names = ran(version, "bold")
    bold = names["bold" if version == "v4_8" else "b"]
    assert bold.shape == (20000, 1)
    assert bold.max() == pytest.approx(0.0253, rel=0.01)
    # The reference has 10636 and 10640 in its two versions, with other random numbers.
    assert abs(bold.argmax() - 10638) <= 20
    assert bold[13000:].min() < -0.001
    if version == "v4_8":
        icbf = names["icbf"]
        assert (icbf[:2000] == 0.0).all()
        # Noise of single steps averages out over 4000 of them and 100 neurons.
        assert icbf[6000:10000].mean() == pytest.approx(0.5, abs=0.01)
        assert names["m_b"].phi == 1.0
