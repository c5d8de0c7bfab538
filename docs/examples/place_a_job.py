"""Ask where and when to run a job, from Python."""

import greenwright

plan = greenwright.place(
    {
        "name": "fine-tune",
        "work": {"energy": "12kWh", "duration": "6h"},
        "when": {"deadline": "24h"},
        "where": {"here": "aws/eu-central-1", "regions": ["aws/eu-*"], "residency": ["EU"]},
        "intensity": {"DE": 380, "SE": 25, "FR": 45},
    }
)

print(plan.verdict)
for choice in plan.front:
    carbon = choice.figures.carbon_g
    print(f"{choice.site}: {carbon.value:,.0f} g, between {carbon.low:,.0f} and {carbon.high:,.0f} ({carbon.grade})")
