"""Waste that an audit looks for: one file per kind, named for what is wrong."""

MEMBERS = {
    "idle-gpus": "greenwright.audit.findings.idle_gpus",
    "over-requested": "greenwright.audit.findings.over_requested",
    "failed-jobs": "greenwright.audit.findings.failed_jobs",
    "repeated-jobs": "greenwright.audit.findings.repeated_jobs",
    "unused-training": "greenwright.audit.findings.unused_training",
    "dirty-regions": "greenwright.audit.findings.dirty_regions",
    "dirty-hours": "greenwright.audit.findings.dirty_hours",
    "old-hardware": "greenwright.audit.findings.old_hardware",
    "unoptimized-serving": "greenwright.audit.findings.unoptimized_serving",
}
