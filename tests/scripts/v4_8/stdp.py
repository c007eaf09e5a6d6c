import numpy as np
import ANNarchy as ann

ann.setup(dt=1.0, seed=11)

IF = ann.Neuron(
    parameters="""
        tau_m = 10.0 : population
        tau_e = 5.0 : population
        vt = -54.0 : population
        vr = -60.0 : population
        El = -74.0 : population
        Ee = 0.0 : population
    """,
    equations="""
        tau_m * dv/dt = El - v + g_exc * (Ee - v) : init = -60.0
        tau_e * dg_exc/dt = - g_exc
    """,
    spike="v > vt",
    reset="v = vr",
)

# pair-based STDP written by hand (event-driven traces)
MySTDP = ann.Synapse(
    parameters="""
        tau_pre = 20.0 : projection
        tau_post = 20.0 : projection
        dA_pre = 0.01 : projection
        dA_post = 0.0105 : projection
        g_max = 0.01 : projection
    """,
    equations="""
        tau_pre * dA_p/dt = - A_p : event-driven
        tau_post * dA_m/dt = - A_m : event-driven
    """,
    pre_spike="""
        g_target += w
        A_p += dA_pre * g_max
        w = clip(w - A_m, 0.0, g_max)
    """,
    post_spike="""
        A_m += dA_post * g_max
        w = clip(w + A_p, 0.0, g_max)
    """,
)

inputs = ann.PoissonPopulation(geometry=1000, rates=15.0, name='inputs')
cell = ann.Population(geometry=2, neuron=IF, name='cell')

proj = ann.Projection(inputs, cell[0], 'exc', synapse=MySTDP, name='custom')
proj.connect_all_to_all(weights=ann.Uniform(0.0, 0.01))
ready = ann.Projection(inputs, cell[1], 'exc', name='builtin',
    synapse=ann.STDP(tau_plus=20.0, tau_minus=20.0, A_plus=0.01, A_minus=0.0105, w_max=0.01))
ready.connect_all_to_all(weights=ann.Uniform(0.0, 0.01))

ms = ann.Monitor(cell, 'spike')
ann.compile()
mw = ann.Monitor(proj.dendrite(0), 'w', period=1000.0)

ann.simulate(5000.0, measure_time=True)
print('rate (Hz): %.1f' % ms.mean_fr())
w = mw.get('w')
print('recorded weights:', w.shape, w.dtype, 'final mean: %.5f' % np.mean(proj.w[0]))

# freeze the weights: only w stops, transmission goes on
before = np.array(proj.w[0])
ann.disable_learning()
ann.simulate(1000.0)
print('frozen:', np.allclose(before, proj.w[0]), proj.plasticity)
ann.enable_learning()
ann.simulate(1000.0)
print('moving again:', not np.allclose(before, proj.w[0]), 'in bounds:', min(ready.w[0]) >= 0.0, max(ready.w[0]) <= 0.01)
