import numpy as np
import ANNarchy as ann

IF = ann.Neuron(
    parameters=dict(tau_m=10.0, tau_e=5.0, vt=-54.0, vr=-60.0, El=-74.0, Ee=0.0),
    equations=[
        ann.Variable('tau_m * dv/dt = El - v + g_exc * (Ee - v)', init=-60.0),
        'tau_e * dg_exc/dt = - g_exc',
    ],
    spike="v > vt",
    reset="v = vr",
)

MySTDP = ann.Synapse(
    parameters=dict(tau_pre=20.0, tau_post=20.0, dA_pre=0.01, dA_post=0.0105, g_max=0.01),
    equations=[
        ann.Variable('tau_pre * dA_p/dt = - A_p', method='event-driven'),
        ann.Variable('tau_post * dA_m/dt = - A_m', method='event-driven'),
    ],
    pre_spike=['g_target += w', 'A_p += dA_pre * g_max', 'w = clip(w - A_m, 0.0, g_max)'],
    post_spike=['A_m += dA_post * g_max', 'w = clip(w + A_p, 0.0, g_max)'],
)

net = ann.Network(dt=1.0, seed=11)
inputs = net.create(ann.PoissonPopulation(geometry=1000, rates=15.0, name='inputs'))
cell = net.create(1, IF, name='cell')
proj = net.connect(inputs, cell, 'exc', synapse=MySTDP, name='custom')
proj.all_to_all(weights=ann.Uniform(0.0, 0.01))
ms = net.monitor(cell, 'spike')
net.compile()
mw = net.monitor(proj.dendrite(0), 'w', period=1000.0)

net.simulate(5000.0)
print('rate (Hz): %.1f' % ms.mean_fr())
print('recorded weights:', mw.get('w').shape, 'final mean: %.5f' % np.mean(proj.w[0]))
before = np.array(proj.w[0])
net.disable_learning()
net.simulate(1000.0)
print('frozen:', np.allclose(before, proj.w[0]))
