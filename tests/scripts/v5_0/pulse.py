import numpy as np
import ANNarchy as ann


class PulseNetwork(ann.Network):
    def __init__(self, w_exc=0.5, w_inh=1.0):
        rng = np.random.default_rng(self.seed)
        self.cells = self.create(geometry=1000, neuron=ann.Izhikevich(), name='cells')
        exc, inh = self.cells[:800], self.cells[800:]

        h = rng.random(800)
        exc.noise = 5.0
        exc.a = 0.02
        exc.b = 0.2
        exc.c = -65.0 + 15.0 * h**2
        exc.d = 8.0 - 6.0 * h**2
        exc.v = -65.0
        exc.u = -13.0
        k = rng.random(200)
        inh.noise = 2.0
        inh.a = 0.02 + 0.08 * k
        inh.b = 0.25 - 0.05 * k
        inh.c = -65.0
        inh.d = 2.0
        inh.v = -65.0
        inh.u = -65.0 * (0.25 - 0.05 * k)

        self.e2all = self.connect(exc, self.cells, 'exc')
        self.e2all.all_to_all(weights=ann.Uniform(0.0, w_exc, rng=rng))
        self.i2all = self.connect(inh, self.cells, 'inh')
        self.i2all.all_to_all(weights=ann.Uniform(0.0, w_inh, rng=rng))
        self.m = self.monitor(self.cells, ['spike', 'v'])


net = PulseNetwork(w_exc=0.5, dt=1.0, seed=42)
net.compile()
net.simulate(1000.0, measure_time=True)

data = net.m.get()
t, n = net.m.raster_plot(data['spike'])
print('spikes:', len(t), 'mean rate (Hz): %.2f' % net.m.mean_fr(data['spike']), 'v:', data['v'].shape)
