import numpy as np
import ANNarchy as ann
import ANNarchy.extensions.bold as bold

Driven = ann.Neuron(
    parameters=dict(I=ann.Parameter(1.0, locality='local'), tau=20.0),
    equations=ann.Variable('tau * dr/dt = I - r + Uniform(-0.1, 0.1)', init=1.0),
)

net = ann.Network(dt=1.0, seed=5)
p1 = net.create(60, Driven, name='p1')
p2 = net.create(40, Driven, name='p2')
m_b = net.boldmonitor(
    populations=[p1, p2],
    bold_model=bold.balloon_RN(),
    mapping={'I_CBF': 'r'},
    normalize_input=2000,
    recorded_variables=['I_CBF', 'BOLD'],
)
net.compile()
net.simulate(500.0)
m_b.start()
net.simulate(5000.0)
p1.I = 1.5; p2.I = 1.5
net.simulate(5000.0)
p1.I = 1.0; p2.I = 1.0
net.simulate(10000.0)

b = m_b.get('BOLD')
print('shape:', b.shape, 'BOLD max: %.4f at %d ms' % (b.max(), b.argmax()))
