"""Cases for Brian 2, as a C++ program of its own (``cpp_standalone``), which is its fastest way."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import brian2 as b2
import numpy as np
from brian2 import NeuronGroup, PoissonGroup, SpikeMonitor, StateMonitor, Synapses, ms

from cases import CASES as ALL
from measure import Clock
from simulators.setting import Setting

Parts = tuple[list[Any], Any, dict[str, Any]]
"""Objects of the network, the group whose spikes are recorded (None: none), and arrays to read at the end."""


def connected(
    setting: Setting, source: Any, target: Any, p: float, pre: str, model: str = "", **keys: Any
) -> Any:
    synapses = Synapses(source, target, model, on_pre=pre, **keys)
    synapses.connect(p=setting.probability(p), condition="i != j" if source is target else None)
    return synapses


def coba(setting: Setting, current: float = 20.0) -> Parts:
    exc = setting.size(3200)
    group = NeuronGroup(
        setting.size(4000),
        f"""dv/dt = ({current} - 60.0 - v + ge*(0.0 - v) + gi*(-80.0 - v)) / (20*ms) : 1 (unless refractory)
           dge/dt = -ge / (5*ms) : 1
           dgi/dt = -gi / (10*ms) : 1""",
        threshold="v > -50.0",
        reset="v = -60.0",
        refractory=5 * ms,
        method="exponential_euler",
    )
    group.v, group.ge, group.gi = "-55 + 5*randn()", "4 + 1.5*randn()", "20 + 12*randn()"
    first = connected(setting, group[:exc], group, 0.02, "ge_post += 0.6")
    second = connected(setting, group[exc:], group, 0.02, "gi_post += 6.7")
    return [group, first, second], group, {}


def poisson(setting: Setting) -> Parts:
    parts, group, ends = coba(setting, current=0.0)
    sources = PoissonGroup(setting.size(10000), 20 * b2.Hz)
    return [*parts, sources, connected(setting, sources, group, 0.01, "ge_post += 0.1")], group, ends


def recording(setting: Setting) -> Parts:
    parts, group, ends = coba(setting)
    return [*parts, StateMonitor(group, "v", record=True, dt=1 * ms)], group, ends


def cuba(setting: Setting) -> Parts:
    exc = setting.size(3200)
    group = NeuronGroup(
        setting.size(4000),
        """dv/dt = (-49.0 - v + ge - gi) / (20*ms) : 1 (unless refractory)
           dge/dt = -ge / (5*ms) : 1
           dgi/dt = -gi / (10*ms) : 1""",
        threshold="v > -50.0",
        reset="v = -60.0",
        refractory=5 * ms,
        method="exponential_euler",
    )
    group.v = "-60 + 10*rand()"
    first = connected(setting, group[:exc], group, 0.02, "ge_post += 1.62")
    second = connected(setting, group[exc:], group, 0.02, "gi_post += 9.0")
    return [group, first, second], group, {}


def brunel(setting: Setting) -> Parts:
    exc = setting.size(10000)
    group = NeuronGroup(
        setting.size(12500),
        "dv/dt = (24.0 - v) / (20*ms) : 1 (unless refractory)",
        threshold="v > 20.0",
        reset="v = 10.0",
        refractory=2 * ms,
        method="euler",
    )
    group.v = "20 * rand()"
    delay = {"delay": 1.5 * ms}
    first = connected(setting, group[:exc], group, 0.1, "v_post += 0.1 * int(not_refractory_post)", **delay)
    second = connected(setting, group[exc:], group, 0.1, "v_post -= 0.5 * int(not_refractory_post)", **delay)
    return [group, first, second], group, {}


def izhikevich_group(exc: int, n: int) -> tuple[Any, Any]:
    """Neurons, and what gives them their noise and what arrived."""
    group = NeuronGroup(
        n,
        """dv/dt = (0.04*v**2 + 5*v + 140 - u + I) / ms : 1
           du/dt = a * (b*v - u) / ms : 1
           I : 1
           g : 1
           noise : 1 (constant)
           a : 1 (constant)
           b : 1 (constant)
           c : 1 (constant)
           d : 1 (constant)
           q : 1 (constant)""",
        threshold="v > 30",
        reset="v = c; u += d",
        method="euler",
    )
    group.q = "rand()"
    kind = f"int(i < {exc})"
    group.a = f"0.02 + (1 - {kind}) * 0.08 * q"
    group.b = f"{kind} * 0.2 + (1 - {kind}) * (0.25 - 0.05 * q)"
    group.c, group.d = f"-65 + {kind} * 15 * q**2", f"{kind} * (8 - 6*q**2) + (1 - {kind}) * 2"
    group.noise = f"2 + 3 * {kind}"
    group.v = -65.0
    group.u = "-65 * b"
    return group, group.run_regularly("I = noise * randn() + g; g = 0", when="start")


def izhikevich(setting: Setting) -> Parts:
    exc = setting.size(800)
    group, driven = izhikevich_group(exc, setting.size(1000))
    parts = [group, driven]
    for source, sign, largest in ((group[:exc], "+", 0.5), (group[exc:], "-", 1.0)):
        synapses = Synapses(source, group, "w : 1", on_pre=f"g_post {sign}= w")
        synapses.connect()
        synapses.w = f"{largest / setting.scale} * rand()"
        parts.append(synapses)
    return parts, group, {}


def izhikevich_large(setting: Setting) -> Parts:
    exc, n = setting.size(8000), setting.size(10000)
    group, driven = izhikevich_group(exc, n)
    parts = [group, driven]
    random = np.random.default_rng(setting.seed)
    for first, size, sign, largest, degree in ((0, exc, "+", 0.5, 800), (exc, n - exc, "-", 1.0, 200)):
        synapses = Synapses(group, group, "w : 1", on_pre=f"g_post {sign}= w")
        # Brian has no rule for a number of synapses that each neuron gets.
        few = min(degree, size)
        drawn = [random.choice(size, few, replace=False) for _ in range(n)]
        synapses.connect(i=first + np.concatenate(drawn), j=np.repeat(np.arange(n), few))
        synapses.w = f"{largest} * rand()"
        parts.append(synapses)
    return parts, group, {}


RULE = """w : 1
          dx/dt = -x / (20*ms) : 1 (event-driven)
          dy/dt = -y / (20*ms) : 1 (event-driven)"""


def pair_rule(largest: float) -> dict[str, str]:
    """ANNarchy's STDP in the words of Brian."""
    return {
        "on_pre": f"g_post += w; x += 0.01 * {largest}; w = clip(w + y, 0, {largest})",
        "on_post": f"y -= 0.0105 * {largest}; w = clip(w + x, 0, {largest})",
    }


def stdp_recurrent(setting: Setting) -> Parts:
    group = NeuronGroup(
        setting.size(2000),
        """dv/dt = (-60.0 - v - g * v + I) / (20*ms) : 1 (unless refractory)
           dg/dt = -g / (5*ms) : 1
           I : 1 (constant)""",
        threshold="v > -50.0",
        reset="v = -60.0",
        refractory=5 * ms,
        method="exponential_euler",
    )
    group.I, group.v = "9 + 5*rand()", "-60 + 10*rand()"
    synapses = Synapses(group, group, RULE, **pair_rule(0.005), method="exact")
    synapses.connect(condition="i != j", p=setting.probability(0.1))
    synapses.w = "0.002 * rand()"
    return [group, synapses], group, {"weight": synapses.w}


def stdp_song(setting: Setting) -> Parts:
    largest = 0.01 / setting.scale
    inputs = PoissonGroup(setting.size(1000), 15 * b2.Hz)
    group = NeuronGroup(
        1,
        """dv/dt = (-74.0 - v + g * (0.0 - v)) / (10*ms) : 1
           dg/dt = -g / (5*ms) : 1""",
        threshold="v > -54.0",
        reset="v = -60.0",
        method="exponential_euler",
    )
    group.v = -60.0
    # At steps of 1 ms the rate depends on it: traces of the reference decay to the step of a spike, but count
    # as touched when it arrives, a step later; post-synaptic spikes come before those of their step arrive.
    decay = "factor = exp((last - t) / (20*ms)); x = x * factor; y = y * factor"
    rule = pair_rule(largest)
    synapses = Synapses(
        inputs,
        group,
        "w : 1\nx : 1\ny : 1\nlast : second",
        on_pre=f"{decay}; last = t + dt; {rule['on_pre']}",
        on_post=f"{decay}; last = t; {rule['on_post']}",
    )
    synapses.post.order = -1
    synapses.connect()
    synapses.w = f"{largest} * rand()"
    return [inputs, group, synapses], group, {"weight": synapses.w}


def rate_sparse(setting: Setting) -> Parts:
    group = NeuronGroup(
        setting.size(4000),
        """dr/dt = (s + 0.5 - r) / (10*ms) : 1
           s : 1""",
        method="exponential_euler",
    )
    synapses = Synapses(
        group,
        group,
        """w : 1
           s_post = w * r_pre : 1 (summed)""",
    )
    synapses.connect(condition="i != j", p=setting.probability(0.1))
    synapses.w = "0.001 * rand()"
    return [group, synapses], None, {"rate": group.r}


CHANNELS = """
    an = 0.032 * (15.0 - v - 63.0) / (exp((15.0 - v - 63.0)/5.0) - 1.0) : 1
    am = 0.32 * (13.0 - v - 63.0) / (exp((13.0 - v - 63.0)/4.0) - 1.0) : 1
    ah = 0.128 * exp((17.0 - v - 63.0)/18.0) : 1
    bn = 0.5 * exp((10.0 - v - 63.0)/40.0) : 1
    bm = 0.28 * (v + 63.0 - 40.0) / (exp((v + 63.0 - 40.0)/5.0) - 1.0) : 1
    bh = 4.0/(1.0 + exp((40.0 - v - 63.0)/5.0)) : 1
    dn/dt = (an*(1.0 - n) - bn*n) / ms : 1
    dm/dt = (am*(1.0 - m) - bm*m) / ms : 1
    dh/dt = (ah*(1.0 - h) - bh*h) / ms : 1
    dv/dt = (0.01*(-65.0 - v) + 6.0*n**4*(-90.0 - v) + 20.0*m**3*h*(50.0 - v)
             + ge*(0.0 - v) + gi*(-80.0 - v) + i_offset) / (0.2*ms) : 1
    dge/dt = -ge / (0.2*ms) : 1
    dgi/dt = -gi / (2*ms) : 1
    i_offset : 1 (constant)
"""


def hh(setting: Setting) -> Parts:
    group = NeuronGroup(
        setting.size(1000),
        CHANNELS,
        threshold="v > 0",
        # A spike is a crossing from below: none while the potential stays above.
        refractory="v > 0",
        method="exponential_euler",
    )
    group.v, group.h, group.i_offset = -65.0, 1.0, "0.2 + 0.8*rand()"
    return [group], group, {}


CASES: dict[str, Callable[[Setting], Parts]] = {
    "coba": coba,
    "coba_large": coba,
    "poisson": poisson,
    "recording": recording,
    "cuba": cuba,
    "cuba_large": cuba,
    "brunel": brunel,
    "izhikevich": izhikevich,
    "izhikevich_large": izhikevich_large,
    "stdp_song": stdp_song,
    "stdp_song_long": stdp_song,
    "stdp_recurrent": stdp_recurrent,
    "rate_sparse": rate_sparse,
    "hh": hh,
}

BEFORE = """
    struct rusage ruler_usage;
    getrusage(RUSAGE_SELF, &ruler_usage);
    double ruler_cpu = ruler_usage.ru_utime.tv_sec + 1e-6 * ruler_usage.ru_utime.tv_usec
        + ruler_usage.ru_stime.tv_sec + 1e-6 * ruler_usage.ru_stime.tv_usec;
    auto ruler_wall = std::chrono::steady_clock::now();
"""
AFTER = """
    getrusage(RUSAGE_SELF, &ruler_usage);
    ruler_cpu = ruler_usage.ru_utime.tv_sec + 1e-6 * ruler_usage.ru_utime.tv_usec
        + ruler_usage.ru_stime.tv_sec + 1e-6 * ruler_usage.ru_stime.tv_usec - ruler_cpu;
    std::ifstream ruler_status("/proc/self/status");
    std::string ruler_line;
    while (std::getline(ruler_status, ruler_line) && ruler_line.compare(0, 6, "VmHWM:")) {}
    std::ofstream ruler("ruler.txt");
    ruler << std::chrono::duration<double>(std::chrono::steady_clock::now() - ruler_wall).count() << " "
          << ruler_cpu << " " << 1024.0 * std::stod(ruler_line.substr(6));
    ruler.close();
"""


def run(setting: Setting) -> dict[str, Any]:
    clock = Clock()
    folder = Path("brian2").absolute()
    b2.set_device("cpp_standalone", directory=str(folder), build_on_run=False)
    b2.prefs.codegen.cpp.headers += ["<sys/resource.h>", "<chrono>", "<fstream>", "<string>"]
    b2.prefs.core.default_float_dtype = b2.float32 if setting.precision == "float" else b2.float64
    b2.prefs.devices.cpp_standalone.openmp_threads = setting.threads if setting.threads > 1 else 0
    b2.defaultclock.dt = ALL[setting.case].dt * ms
    b2.seed(setting.seed)
    parts, recorded, ends = CASES[setting.case](setting)
    monitor = SpikeMonitor(recorded) if recorded is not None else None
    network = b2.Network(*parts, *([monitor] if monitor is not None else []))
    b2.device.insert_code("before_network_run", BEFORE)
    b2.device.insert_code("after_network_run", AFTER)
    network.run(setting.duration * ms)
    clock.stage("declare")
    b2.device.build(directory=str(folder), compile=True, run=False)
    clock.stage("compile")
    b2.device.run(str(folder), with_output=False, run_args=[])
    clock.stage("program")
    place = next(path for path in (Path("ruler.txt"), folder / "ruler.txt") if path.exists())
    wall, cpu, peak = map(float, place.read_text().split())
    synapses = sum(len(part) for part in parts if isinstance(part, Synapses))
    result = {name: float(values[:].mean()) for name, values in ends.items()}
    if monitor is not None:
        result["rate"] = monitor.num_spikes / len(recorded) / (setting.duration / 1000.0)
    built = {"build_seconds": clock.stages["program"]["cpu"] - cpu}
    return {
        **result,
        **built,
        "synapses": synapses,
        "peak": peak,
        "seconds": wall,
        "cpu": cpu,
        "stages": clock.stages,
    }
