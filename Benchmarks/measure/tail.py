import time


def measure(step, budget):
    """As measure() of tail.nn; the times are returned."""
    step()
    n = 1
    for _ in range(3):
        start = time.process_time()
        for _ in range(n):
            step()
        once = max(time.process_time() - start, 1e-7) / n
        n = max(1, int(budget / 10 / once))
    times = []
    for _ in range(min(10, max(3, int(budget / once)))):
        start = time.process_time()
        for _ in range(n):
            step()
        times.append((time.process_time() - start) / n)
    return times
