import numpy as np
import ANNarchy as ann

ann.setup(dt=1.0, seed=42)

# 800 regular-spiking and 200 fast-spiking cells in one population
cells = ann.Population(geometry=1000, neuron=ann.Izhikevich, name='cells')
exc, inh = cells[:800], cells[800:]

h = np.random.random(800)
exc.noise = 5.0
exc.a = 0.02
exc.b = 0.2
exc.c = -65.0 + 15.0 * h**2
exc.d = 8.0 - 6.0 * h**2
exc.v = -65.0
exc.u = -13.0

k = np.random.random(200)
inh.noise = 2.0
inh.a = 0.02 + 0.08 * k
inh.b = 0.25 - 0.05 * k
inh.c = -65.0
inh.d = 2.0
inh.v = -65.0
inh.u = -65.0 * (0.25 - 0.05 * k)

e2all = ann.Projection(pre=exc, post=cells, target='exc', name='e2all')
e2all.connect_all_to_all(weights=ann.Uniform(0.0, 0.5))
i2all = ann.Projection(pre=inh, post=cells, target='inh', name='i2all')
i2all.connect_all_to_all(weights=ann.Uniform(0.0, 1.0))

m = ann.Monitor(cells, ['spike', 'v'])

ann.compile()
ann.simulate(1000.0, measure_time=True)

data = m.get()
t, n = m.raster_plot(data['spike'])
print('spikes:', len(t), 'mean rate (Hz): %.2f' % m.mean_fr(data['spike']), 'v:', data['v'].shape)
rate = m.population_rate(data['spike'], smooth=10.0)
print('peak population rate (Hz): %.1f' % rate.max())
