import numpy as np
import ANNarchy as ann
from ANNarchy.extensions.bold import BoldMonitor, balloon_RN

ann.setup(dt=1.0, seed=5)

Driven = ann.Neuron(
    parameters="""
        I = 1.0
        tau = 20.0 : population
    """,
    equations="tau * dr/dt = I - r + Uniform(-0.1, 0.1) : init=1.0"
)

p1 = ann.Population(60, Driven, name='p1')
p2 = ann.Population(40, Driven, name='p2')

m_r = ann.Monitor(p1, 'r')
m_b = BoldMonitor(
    populations=[p1, p2],
    bold_model=balloon_RN(),
    mapping={'I_CBF': 'r'},
    normalize_input=2000,
    recorded_variables=['I_CBF', 'BOLD'],
)

ann.compile()
ann.simulate(500.0)          # settle, nothing recorded by the BOLD monitor
m_b.start()                  # first 2000 ms: baseline estimation
ann.simulate(5000.0)
p1.I = 1.5; p2.I = 1.5       # stimulation
ann.simulate(5000.0)
p1.I = 1.0; p2.I = 1.0
ann.simulate(10000.0)

bold = m_b.get('BOLD')
icbf = m_b.get('I_CBF')
print('shapes:', bold.shape, icbf.shape)
print('I_CBF during baseline: %.3f, stimulation: %.3f' % (icbf[:2000].mean(), icbf[6000:10000].mean()))
print('BOLD max: %.4f at %d ms' % (bold.max(), bold.argmax()), 'parameter phi:', m_b.phi)
