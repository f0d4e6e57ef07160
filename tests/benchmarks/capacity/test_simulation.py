"""The simulation against queues whose answer is known, and against what the service promises."""

import heapq
import math
from random import Random
from statistics import mean

import pytest
import simpy

from benchmarks.capacity.simulation import BULK, INTERACTIVE, Fleet, Load, Simulation, _Worker, simulate
from benchmarks.capacity.stages import StageSeconds, measured_sizes

ONE_AT_A_TIME = {"threads": 1, "cores": 1}
LAWS = {"M": lambda random: random.expovariate(1), "D": lambda _random: 1.0}
"""How long a service takes, a second on average: at random, or always the same."""


def sampler(law):
    return lambda random: StageSeconds(before=0, inference=LAWS[law](random), after=0, render=0)


def simulated_wait(load, law, workers, seed, seconds):
    fleet = Fleet(workers, **ONE_AT_A_TIME)
    return mean(simulate(load, fleet, sampler(law), seconds=seconds, seed=seed).waits)


def recursive_wait(rate, law, servers, seed, seconds):
    """Mean wait by the recursion of Lindley (1952), for several servers of Kiefer and Wolfowitz (1955): each comer
    takes the server that is free first. Over the very draws that the simulation makes, so it must agree exactly."""
    random, now, free, seen = Random(seed), 0.0, [0.0] * servers, []
    while (now := now + random.expovariate(rate)) < 1.1 * seconds:
        started = max(now, heapq.heappop(free))
        heapq.heappush(free, started + LAWS[law](random))
        if now > 0.1 * seconds:
            seen.append(started - now)
    return mean(seen)


def erlang_c_wait(rate, servers):
    """Mean wait of M/M/c at one second of service (Erlang 1917)."""
    ends = rate**servers / math.factorial(servers) * servers / (servers - rate)
    busy = ends / (sum(rate**k / math.factorial(k) for k in range(servers)) + ends)
    return busy / (servers - rate)


def crommelin_wait(rate, servers, most=400):
    """Mean wait of M/D/c at one second of service: the queue seen a service time apart is a Markov chain
    (Crommelin 1932), whose distribution is found by iteration."""
    arrivals = [math.exp(-rate)]
    for k in range(1, most):
        arrivals.append(arrivals[-1] * rate / k)
    there = [1.0] + [0.0] * (most - 1)
    for _ in range(600):
        left = [sum(there[: servers + 1]), *there[servers + 1 :]]
        there = [sum(left[j] * arrivals[n - j] for j in range(min(n + 1, len(left)))) for n in range(most)]
    return sum(n * share for n, share in enumerate(there)) / rate - 1


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize(("rate", "servers"), [(0.5, 1), (0.9, 1), (2.8, 4), (3.6, 4)])
def test_the_simulation_is_the_recursion(rate, law, servers):
    # But for those that still wait at the end.
    expected = recursive_wait(rate, law, servers, 7, 2000)
    assert simulated_wait(Load(rate), law, servers, 7, 2000) == pytest.approx(expected, rel=0.02)


@pytest.mark.parametrize(
    ("law", "rate", "servers", "formula"),
    [
        ("M", 0.5, 1, lambda: 0.5 / (1 - 0.5)),
        ("D", 0.8, 1, lambda: 0.8 / (2 * (1 - 0.8))),  # Pollaczek and Khinchine
        ("M", 2.8, 4, lambda: erlang_c_wait(2.8, 4)),
        ("D", 2.8, 4, lambda: crommelin_wait(2.8, 4, 60)),
    ],
    ids=["M/M/1", "M/D/1", "M/M/4", "M/D/4"],
)
def test_the_recursion_is_the_formula_in_the_long_run(law, rate, servers, formula):
    waits = (recursive_wait(rate, law, servers, seed, 50_000 / servers) for seed in range(6))
    assert mean(waits) == pytest.approx(formula(), rel=0.05)


def test_the_formula_for_many_servers_agrees_with_that_for_one():
    assert crommelin_wait(0.8, 1, 120) == pytest.approx(2.0, rel=0.01)
    assert erlang_c_wait(0.8, 1) == pytest.approx(4.0)


@pytest.mark.parametrize("threads", [1, 1000], ids=["at the queue", "at the device"])
def test_bulk_delays_interactive_jobs_by_no_more_than_what_has_begun(threads):
    # Cobham's formula for the first of two classes: the work found under way, shared out over what is left. It holds
    # wherever they wait: with threads for all, that is before the device.
    load = Load(0.9, bulk_share=2 / 3, batch_lines=1, window=1000)
    residual = 0.9 * 1 / 2
    waits = []
    for seed in (10, 11):
        seen = simulate(load, Fleet(1, threads=threads), sampler("D"), seconds=15_000, seed=seed)
        waits.append(mean(seen.interactive) - 1)
    assert mean(waits) == pytest.approx(residual / (1 - 0.3), rel=0.06)


@pytest.mark.parametrize("device_is_cores", [False, True])
def test_an_interactive_job_waits_for_one_inference_beyond_its_thread(device_is_cores):
    # So rare that two never meet, beside bulk that fills four threads. By arrival alone it would be three.
    load = Load(1.2, bulk_share=0.998, batch_lines=100)
    fleet = Fleet(1, threads=4, cores=1, device_is_cores=device_is_cores)
    seen = simulate(load, fleet, sampler("D"), seconds=8000)
    assert len(seen.interactive) > 10
    beyond = [took - 1 - waited for took, waited in zip(seen.interactive, seen.waits, strict=False)]
    assert 0.9 < max(beyond) <= 1 + 1e-6


def test_cores_that_are_the_device_know_no_priority_beyond_its_turns():
    env = simpy.Environment()
    worker = _Worker(env, Fleet(1, cores=1, device_is_cores=True))
    ended = {}

    def working(name, begins, work):
        yield env.timeout(begins)
        yield from work
        ended[name] = env.now

    env.process(working("first bulk", 0, worker.infer(1, BULK)))
    env.process(working("another's rendering", 0.2, worker.compute(1)))
    env.process(working("second bulk", 0.4, worker.infer(1, BULK)))
    env.process(working("interactive", 0.6, worker.infer(1, INTERACTIVE)))
    env.run()
    # Half a core for each while two run: the first bulk inference has 0.8 s left when the rendering begins.
    assert ended == pytest.approx(
        {"first bulk": 1.8, "another's rendering": 2.2, "interactive": 3, "second bulk": 4}
    )


@pytest.mark.parametrize("law", LAWS)
def test_shared_cores_are_the_formula(law):
    # Processor sharing takes service / (1 - load) on average, whatever the law of service (Kleinrock 1976, 4.4).
    def rendering(random):
        return StageSeconds(before=0, inference=0, after=0, render=LAWS[law](random))

    took = []
    for seed in range(4):
        seen = simulate(Load(0.5), Fleet(1, threads=1000, cores=1), rendering, seconds=15_000, seed=seed)
        took.append(mean(seen.interactive))
    assert mean(took) == pytest.approx(1 / (1 - 0.5), rel=0.05)


def test_utilisation_is_what_comes_in_times_what_it_takes():
    seen = simulate(Load(0.6), Fleet(1, **ONE_AT_A_TIME), sampler("D"), seconds=10_000)
    assert seen.device_share == pytest.approx(0.6, rel=0.03)


def test_a_batch_has_no_more_jobs_open_than_its_window():
    load = Load(2, bulk_share=1.0, batch_lines=200, window=5)
    simulation = Simulation(load, Fleet(50, **ONE_AT_A_TIME), sampler("D"))
    outcome = simulation.run(2001, 1)
    assert max(simulation._open) <= 5
    # Five open at once, each seen done at the feeder's next look.
    assert len(outcome.bulk) / 2000 < 5


def test_cores_that_are_the_device_give_no_more_than_they_have():
    work = StageSeconds(before=0.5, inference=1, after=0, render=0.5)
    fleet = Fleet(1, threads=4, cores=2, device_is_cores=True)
    seen = simulate(Load(10), fleet, lambda _random: work, seconds=500)
    # A photo takes 2 + 1 core seconds of 2 cores: no more than 1.5 s apart at best.
    assert seen.core_share <= 1.005  # what begins before the measured time may count as a whole
    assert len(seen.interactive) / 500 <= 1 / 1.5 + 0.01


def test_a_second_lane_adds_its_time():
    work = StageSeconds(before=0, inference=1, after=0, render=0.5, fetch=0.25, waiting=0.1)
    seen = simulate(Load(0.001), Fleet(1, render_workers=1), lambda _random: work, seconds=20_000)
    assert mean(seen.interactive) == pytest.approx(1 + 0.5 + 0.25 + 2 * 0.1)


def test_the_measured_stages_are_there():
    sizes = measured_sizes()
    assert {"800x600", "1200x1600", "3000x4000"} <= set(sizes)
    assert all(0 < one.render < 5 and 0 < one.inference < 10 for one in sizes.values())
