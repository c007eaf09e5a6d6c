import numpy as np
import ANNarchy as ann

Source = ann.Neuron(
    parameters=dict(baseline=ann.Parameter(0.0, locality='local')),
    equations=[ann.Variable('r = baseline + Uniform(-0.3, 0.3)', min=0.0)],
)
Field = ann.Neuron(
    parameters=dict(tau=10.0),
    equations=[
        'tau * dmu/dt + mu = sum(exc) + sum(inh) + Uniform(-0.5, 0.5)',
        ann.Variable('r = mu', min=0.0, max=1.0),
    ],
)

net = ann.Network(dt=1.0, seed=3)
N = 20
inp = net.create((N, N), Source, name='input')
focus = net.create((N, N), Field, name='focus')
ff = net.connect(inp, focus, 'exc')
ff.one_to_one(weights=1.0, delays=20.0)
lat = net.connect(focus, focus, 'inh')
lat.dog(amp_pos=0.2, sigma_pos=0.1, amp_neg=0.1, sigma_neg=0.7)
m = net.monitor(focus, ['r', 'sum(inh)'], period=10.0)

x, y = np.meshgrid(np.arange(N) / (N - 1), np.arange(N) / (N - 1), indexing='ij')

@ann.every(network=net, period=50.0)
def move_bump(n):
    cx = 0.5 + 0.25 * np.cos(2 * np.pi * n / 8)
    cy = 0.5 + 0.25 * np.sin(2 * np.pi * n / 8)
    inp.baseline = np.exp(-((x - cx)**2 + (y - cy)**2) / (2 * 0.1**2))

net.compile()
net.simulate(400.0)

r = m.get('r')            # reshape=True is the default in 5.x
print('recorded:', r.shape)
print('argmax of last frame:', np.unravel_index(r[-1].argmax(), (N, N)), 'max: %.3f' % r[-1].max())
print('lateral synapses:', lat.nb_synapses, 'first row:', np.round(lat.dendrite(0).w[:4], 5), 'delay:', ff.delay)
