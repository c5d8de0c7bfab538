"""Measure a block, compare two ways of doing one job, and search."""

from digits_workload import workload

from greenwright import Limits, Meter, compare, optimize

with Meter() as meter:
    task = workload()
energy = meter.result.energy_j
print(f"training took {energy.value:.3g} J, {energy.grade}: between {energy.low:.3g} and {energy.high:.3g}")

model, pictures = task.model, task.validation[0][:32]
ratio = compare(lambda: [model(picture) for picture in pictures], lambda: model(pictures), max_s=5).ratio
print(f"together they need {ratio.value:.0%} of the energy ({ratio.low:.0%} to {ratio.high:.0%})")

study = optimize(task, limits=Limits(max_drop=0.02, time_s=60, strategies=("onnx-runtime",)))
print(study.record.verdict, study.model_path)
