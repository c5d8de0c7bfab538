"""What organisations have: one file per kind of source. The order matters: whoever knows a source best comes first."""

MEMBERS = {
    "codecarbon": "greenwright.audit.readers.codecarbon",
    "mlflow": "greenwright.audit.readers.mlflow_store",
    "prometheus": "greenwright.audit.readers.prometheus",
    "slurm": "greenwright.audit.readers.slurm",
    "aws-cur": "greenwright.audit.readers.aws_cur",
    "focus": "greenwright.audit.readers.focus",
    "gcp-billing": "greenwright.audit.readers.gcp_billing",
    "azure-cost": "greenwright.audit.readers.azure_cost",
    "alibaba-pods": "greenwright.audit.readers.alibaba_pods",
    "helios-trace": "greenwright.audit.readers.helios_trace",
    "pai-trace": "greenwright.audit.readers.pai_trace",
    "inventory": "greenwright.audit.readers.inventory",
    "plain": "greenwright.audit.readers.plain",
}
