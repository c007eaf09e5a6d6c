import numpy as np
import ANNarchy as ann

ann.setup(dt=0.1, method='exponential', seed=7)

IF = ann.Neuron(
    parameters="""
        El = -60.0 : population
        Vr = -60.0 : population
        Erev_exc = 0.0 : population
        Erev_inh = -80.0 : population
        Vt = -50.0 : population
        tau = 20.0 : population
        tau_exc = 5.0 : population
        tau_inh = 10.0 : population
        I = 20.0 : population
    """,
    equations="""
        tau * dv/dt = (El - v) + g_exc * (Erev_exc - v) + g_inh * (Erev_inh - v) + I
        tau_exc * dg_exc/dt = - g_exc
        tau_inh * dg_inh/dt = - g_inh
    """,
    spike="v > Vt",
    reset="v = Vr",
    refractory=5.0,
    name='IF COBA'
)

P = ann.Population(geometry=4000, neuron=IF, name='P')
P.v = ann.Normal(-55.0, 5.0)
P.g_exc = ann.Normal(4.0, 1.5)
P.g_inh = ann.Normal(20.0, 12.0)
Pe, Pi = P[:3200], P[3200:]

Ce = ann.Projection(Pe, P, 'exc').connect_fixed_probability(probability=0.02, weights=0.6)
Ci = ann.Projection(Pi, P, 'inh').connect_fixed_probability(probability=0.02, weights=6.7)

ann.compile()
m = ann.Monitor(P, 'spike')
ann.simulate(250.0, measure_time=True)

spikes = m.get('spike')
t, n = m.raster_plot(spikes)
print('synapses:', Ce.nb_synapses + Ci.nb_synapses, 'w is scalar:', isinstance(Ce.w, float))
print('spikes:', len(t), 'mean rate (Hz): %.2f' % m.mean_fr(spikes))
cv = m.coefficient_of_variation(spikes)
print('cells with CV:', len(cv), 'mean CV: %.2f' % np.mean(cv))
