"""Every reader passes the contract on a small source of its kind."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from greenwright.audit import readers as folder
from greenwright.audit.look import look
from greenwright.audit.readers import (
    alibaba_pods,
    aws_cur,
    azure_cost,
    codecarbon,
    focus,
    gcp_billing,
    helios_trace,
    inventory,
    mlflow_store,
    pai_trace,
    plain,
    prometheus,
    slurm,
)
from greenwright.errors import BadInputError
from greenwright.testing.readers import ReaderContract

START = 1_770_000_000
HOUR_S = 3_600.0


class TestPlain(ReaderContract):
    reader = plain
    name = "jobs.csv"
    content = "job_id,duration_s,gpu_count,state\n1,3600,2,completed\n2,soon,1,failed\n3,-5,1,failed\n"
    job_count, bad_count, duration_s = 1, 2, HOUR_S


class TestSlurm(ReaderContract):
    reader = slurm
    name = "sacct.txt"
    content = "JobID|Elapsed|AllocCPUS|State|Partition\n1|01:00:00|4|COMPLETED|a\n1.batch|01:00:00|4|COMPLETED|\n2|some time|4|FAILED|a\n"
    job_count, bad_count, row_count, duration_s = 1, 1, 3, HOUR_S


class TestCodeCarbon(ReaderContract):
    reader = codecarbon
    name = "emissions.csv"
    content = (
        "timestamp,project_name,run_id,duration,emissions,emissions_rate,cpu_power,gpu_power,ram_power,cpu_energy,gpu_energy,ram_energy,energy_consumed,country_name,tracking_mode\n"
        "2026-03-01T10:30:00,p,a,1800,0.01,0.1,40,0,3,0.02,0,0.001,0.021,France,machine\n"
        "2026-03-01T11:00:00,p,a,3600,0.02,0.1,40,0,3,0.04,0,0.002,0.042,France,machine\n"
        "2026-03-01T11:00:00,p,b,often,0.02,0.1,40,0,3,0.04,0,0.002,0.042,France,machine\n"
    )
    job_count, bad_count, row_count, duration_s = 1, 1, 3, HOUR_S


class TestFocus(ReaderContract):
    reader = focus
    name = "focus.csv"
    content = (
        "BilledCost,EffectiveCost,BillingCurrency,ChargeCategory,ChargePeriodStart,ConsumedQuantity,ConsumedUnit,ProviderName,RegionId,ResourceId,ServiceName,SkuMeter,SubAccountId,Tags\n"
        "32,32,EUR,Usage,2026-02-01T00:00:00Z,1,Hours,AWS,eu-west-1,i-1,Amazon EC2,EUW1-BoxUsage:p4d.24xlarge,111,{}\n"
        "1,x,EUR,Usage,2026-02-01T00:00:00Z,24,Hours,AWS,eu-west-1,i-2,Amazon EC2,EUW1-BoxUsage:m5.large,111,{}\n"
    )
    job_count, bad_count, duration_s = 1, 1, HOUR_S


class TestAwsCur(ReaderContract):
    reader = aws_cur
    name = "cur.csv"
    content = (
        "lineItem/UsageAccountId,lineItem/LineItemType,lineItem/UsageStartDate,lineItem/ProductCode,lineItem/UsageType,lineItem/Operation,lineItem/UsageAmount,lineItem/UnblendedCost,lineItem/CurrencyCode,product/instanceType,product/regionCode,pricing/unit\n"
        "222,Usage,2026-02-01T00:00:00Z,AmazonEC2,USE1-SpotUsage:g5.12xlarge,RunInstances:SV001,1,4.5,USD,g5.12xlarge,us-east-1,Hrs\n"
        "222,Usage,2026-02-01T00:00:00Z,AmazonEC2,USE1-SpotUsage:g5.12xlarge,RunInstances:SV001,many,4.5,USD,g5.12xlarge,us-east-1,Hrs\n"
    )
    job_count, bad_count, duration_s = 1, 1, HOUR_S


class TestAzureCost(ReaderContract):
    reader = azure_cost
    name = "azure.csv"
    content = (
        "SubscriptionName,Date,MeterCategory,MeterSubCategory,MeterName,Quantity,UnitOfMeasure,CostInBillingCurrency,BillingCurrency,ResourceLocation,ChargeType,AdditionalInfo,Tags\n"
        "research,02/03/2026,Virtual Machines,Dv5,D4s v5,1,1 Hour,1.0,EUR,westeurope,Usage,,\n"
        "research,02/03/2026,Virtual Machines,Dv5,D4s v5,one,1 Hour,1.0,EUR,westeurope,Usage,,\n"
    )
    job_count, bad_count, duration_s = 1, 1, HOUR_S


class TestGcpBilling(ReaderContract):
    reader = gcp_billing
    name = "gcp.json"
    content = "".join(
        json.dumps({
            "service": {"description": "Compute Engine"},
            "sku": {"description": sku},
            "usage_start_time": "2026-02-01T00:00:00Z",
            "project": {"id": "p", "name": "vision"},
            "labels": [{"key": "team", "value": "maps"}],
            "location": {"location": "europe-west4", "region": "europe-west4"},
            "cost": 1.5,
            "currency": "EUR",
            "cost_type": "regular",
            "usage": {"amount": 3600, "unit": "seconds"},
        })
        + "\n"
        for sku in ("Nvidia Tesla A100 GPU running in EMEA", "Network Egress")
    )  # fmt: skip
    job_count, duration_s = 2, HOUR_S


class TestAlibabaPods(ReaderContract):
    reader = alibaba_pods
    name = "pods.csv"
    content = (
        "name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec,qos,pod_phase,creation_time,deletion_time,scheduled_time\n"
        "p0,12000,1024,1,460,V100M16,LS,Failed,0,3610,10\np1,1000,512,8,1000,,BE,Running,5,,9\n"
    )
    job_count, bad_count, duration_s = 1, 1, HOUR_S


class TestHeliosTrace(ReaderContract):
    reader = helios_trace
    name = "helios.csv"
    content = (
        "job_id,user,vc,gpu_num,cpu_num,state,submit_time,start_time,end_time,duration\n"
        "1,u,v,8,64,COMPLETED,2020-04-01 00:00:00,2020-04-01 00:00:00,2020-04-01 01:00:00,3600\n"
        "2,u,v,lots,64,FAILED,2020-04-01 00:00:00,2020-04-01 00:00:00,2020-04-01 01:00:00,3600\n"
    )
    job_count, bad_count, duration_s = 1, 1, HOUR_S


class TestPaiTrace(ReaderContract):
    reader = pai_trace
    name = "pai.csv"
    content = "arrival_time,length,cpus\n0,3600,4\n10,1800,2\n20,,2\n"
    job_count, bad_count, duration_s = 2, 1, 1.5 * HOUR_S


class TestPrometheus(ReaderContract):
    reader = prometheus
    name = "samples.csv"
    content = "timestamp,__name__,gpu,Hostname,value\n" + "".join(
        f"{START + 60 * at},DCGM_FI_DEV_POWER_USAGE,0,n1,300\n" for at in range(61)
    )
    job_count, duration_s = 1, HOUR_S


def _mlflow(path: Path) -> None:
    with sqlite3.connect(path) as db:
        db.executescript(
            """
            CREATE TABLE experiments (experiment_id INTEGER, name TEXT);
            CREATE TABLE runs (run_uuid TEXT, name TEXT, user_id TEXT, status TEXT, start_time INTEGER, end_time INTEGER,
                               lifecycle_stage TEXT, experiment_id INTEGER);
            CREATE TABLE params (run_uuid TEXT, key TEXT, value TEXT);
            CREATE TABLE tags (run_uuid TEXT, key TEXT, value TEXT);
            CREATE TABLE metrics (run_uuid TEXT, key TEXT, value REAL, timestamp INTEGER, step INTEGER);
            INSERT INTO experiments VALUES (1, 'captions');
            """
        )
        db.execute(
            "INSERT INTO runs VALUES ('a', 'run a', 'ada', 'FINISHED', ?, ?, 'active', 1)",
            (START * 1000, (START + 3600) * 1000),
        )
    db.close()


class TestMlflowStore(ReaderContract):
    reader = mlflow_store
    name = "mlflow.db"
    content = _mlflow
    job_count, duration_s = 1, HOUR_S


MACHINES = "sn,cpu_milli,memory_mib,gpu,model\nn0,32000,262144,8,V100M16\n"


def test_a_list_of_machines_is_recognised_and_refused(tmp_path: Path) -> None:
    (tmp_path / "nodes.csv").write_text(MACHINES)
    seen = look(str(tmp_path / "nodes.csv"))

    assert inventory.recognise(seen)
    with pytest.raises(BadInputError, match="lists machines, not work"):
        inventory.jobs(None, seen)


def test_no_member_goes_untested() -> None:
    tested = {one.reader.META.id for one in ReaderContract.__subclasses__()}

    assert tested | {inventory.META.id} == set(folder.MEMBERS)
