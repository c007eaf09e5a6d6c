import numpy as np
import ANNarchy as ann

IF = ann.Neuron(
    parameters=dict(
        El=-60.0, Vr=-60.0, Erev_exc=0.0, Erev_inh=-80.0, Vt=-50.0,
        tau=20.0, tau_exc=5.0, tau_inh=10.0, I=20.0,
    ),
    equations=[
        'tau * dv/dt = (El - v) + g_exc * (Erev_exc - v) + g_inh * (Erev_inh - v) + I',
        'tau_exc * dg_exc/dt = - g_exc',
        'tau_inh * dg_inh/dt = - g_inh',
    ],
    spike="v > Vt",
    reset="v = Vr",
    refractory=5.0,
)

net = ann.Network(dt=0.1, seed=7)
net.config(method='exponential')

P = net.create(geometry=4000, neuron=IF, name='P')
P.v = ann.Normal(-55.0, 5.0)
P.g_exc = ann.Normal(4.0, 1.5)
P.g_inh = ann.Normal(20.0, 12.0)

Ce = net.connect(P[:3200], P, 'exc')
Ce.fixed_probability(probability=0.02, weights=0.6)
Ci = net.connect(P[3200:], P, 'inh')
Ci.fixed_probability(probability=0.02, weights=6.7)
m = net.monitor(P, 'spike')

net.compile()
net.simulate(250.0, measure_time=True)

spikes = m.get('spike')
t, n = m.raster_plot(spikes)
print('synapses:', Ce.nb_synapses + Ci.nb_synapses)
print('spikes:', len(t), 'mean rate (Hz): %.2f' % m.mean_fr(spikes))
