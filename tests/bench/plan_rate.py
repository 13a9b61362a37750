"""One million samples planned: seconds, and fill of both budgets, at both sequence lengths of the report.

python -m tests.bench.plan_rate
"""

import time

import numpy as np

from train.plan import Budget, Samples, make_plan

SAMPLES = 1_000_000


def main() -> None:
    rng = np.random.default_rng(0)
    tokens = np.minimum(rng.lognormal(6.7, 1.0, SAMPLES).astype(int) + 1, 8192)  # 1,369 on average
    patches = (tokens * rng.uniform(0, 3, SAMPLES)).astype(int)
    samples = Samples(tokens, patches, rng.integers(0, 3, SAMPLES))
    for sequence in (8192, 32768):
        budget = Budget(sequence, 3 * sequence)
        start = time.process_time()
        plan = make_plan(samples, {0: 2, 1: 1, 2: 1}, budget, 8, int(tokens.sum()) // sequence // 8, seed=0)
        seconds = time.process_time() - start
        fill, area = plan.fill(samples, budget)
        print(
            f"{sequence:6,} tokens: {len(plan.order):,} samples planned in {seconds:.1f} s;"
            f" filled {fill:.2%} in tokens, {area:.1%} in patches"
        )


if __name__ == "__main__":
    main()
