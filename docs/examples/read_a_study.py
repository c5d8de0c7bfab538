"""Search from Python, and read what was found."""

from digits_workload import workload

from greenwright import Limits, optimize

limits = Limits(max_drop=0.02, time_s=60, strategies=("onnx-runtime", "dynamic-int8"))
study = optimize(workload(), limits=limits, out="greenwright-out/digits", say=print)

print(study.record.verdict)
for trial in study.record.trials:
    print(f"trial {trial.number}: {trial.reason}")
if study.certificate is not None:
    ratio, drop = study.certificate.comparison.ratio, study.certificate.quality.drop
    print(f"energy: {ratio.value:.1%} of the baseline's, between {ratio.low:.1%} and {ratio.high:.1%}")
    print(f"accuracy: at most {100 * drop.high:.2f} points lost, at {drop.confidence:.0%} confidence")
    print(f"the search is repaid after {study.certificate.break_even_units:,.0f} images")
    print(f"not proven: {' '.join(study.certificate.not_proven)}")
