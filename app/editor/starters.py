"""Neurons to start one's own model from."""

from engine.project.document import NeuronText

SPIKING = NeuronText(
    id="",
    name="MySpikingNeuron",
    parameters="""\
tau = 10.0 : population
tau_exc = 5.0 : population
tau_inh = 5.0 : population
E_L = -65.0 : population
v_thresh = -50.0 : population
v_reset = -65.0 : population""",
    equations="""\
tau * dv/dt = E_L - v + g_exc - g_inh : init = -65.0
tau_exc * dg_exc/dt = -g_exc
tau_inh * dg_inh/dt = -g_inh""",
    spike="v > v_thresh",
    reset="v = v_reset",
    refractory="2.0",
    description="A leaky integrate-and-fire neuron with exponential currents.",
)
RATE = NeuronText(
    id="",
    name="MyRateNeuron",
    parameters="""\
tau = 10.0 : population
B = 0.0""",
    equations="""\
tau * dr/dt + r = sum(exc) - sum(inh) + B : min = 0.0""",
    description="A leaky integrator: its rate follows its summed inputs.",
)
