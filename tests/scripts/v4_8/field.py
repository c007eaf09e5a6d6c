import numpy as np
import ANNarchy as ann

ann.setup(dt=1.0, seed=3)

Source = ann.Neuron(parameters="baseline = 0.0", equations="r = baseline + Uniform(-0.3, 0.3) : min=0.0")
Field = ann.Neuron(
    parameters="tau = 10.0 : population",
    equations="""
        tau * dmu/dt + mu = sum(exc) + sum(inh) + Uniform(-0.5, 0.5)
        r = mu : min=0.0, max=1.0
    """
)

N = 20
inp = ann.Population(geometry=(N, N), neuron=Source, name='input')
focus = ann.Population(geometry=(N, N), neuron=Field, name='focus')

ff = ann.Projection(inp, focus, target='exc')
ff.connect_one_to_one(weights=1.0, delays=20.0)
lat = ann.Projection(focus, focus, target='inh')
lat.connect_dog(amp_pos=0.2, sigma_pos=0.1, amp_neg=0.1, sigma_neg=0.7)

x, y = np.meshgrid(np.arange(N) / (N - 1), np.arange(N) / (N - 1), indexing='ij')

@ann.every(period=50.0)
def move_bump(n):
    cx = 0.5 + 0.25 * np.cos(2 * np.pi * n / 8)
    cy = 0.5 + 0.25 * np.sin(2 * np.pi * n / 8)
    inp.baseline = np.exp(-((x - cx)**2 + (y - cy)**2) / (2 * 0.1**2))

m = ann.Monitor(focus, ['r', 'sum(inh)'], period=10.0)

ann.compile()
ann.simulate(400.0)

data = m.get(reshape=True)
r = data['r']
print('recorded:', r.shape, data['sum(inh)'].shape)
print('argmax of last frame:', np.unravel_index(r[-1].argmax(), (N, N)), 'max: %.3f' % r[-1].max())
print('sum of activity per frame:', np.round(r.sum(axis=(1, 2))[::8], 2))
print('lateral synapses:', lat.nb_synapses, 'first row:', np.round(lat.dendrite(0).w[:4], 5), 'delay:', ff.delay)
