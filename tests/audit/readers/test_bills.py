"""Bills of the three large clouds, and of any in FOCUS: what rents a machine becomes a job, what does not is money."""

# ruff: noqa: E501  a row of a bill is a line

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

Read = Callable[..., list[dict[str, Any]]]

FOCUS = """BilledCost,EffectiveCost,BillingCurrency,ChargeCategory,ChargePeriodStart,ConsumedQuantity,ConsumedUnit,ProviderName,RegionId,ResourceId,ServiceName,SkuMeter,SubAccountId,Tags
245.76,240.0,EUR,Usage,2026-02-01T00:00:00Z,24,Hours,AWS,eu-west-1,i-1,Amazon EC2,EUW1-BoxUsage:p4d.24xlarge,111,"{""team"": ""vision"", ""project"": ""detector""}"
5,5,EUR,Usage,2026-02-01T00:00:00Z,100,GB-Mo,AWS,eu-west-1,b-1,Amazon S3,EUW1-TimedStorage-ByteHrs,111,{}
99,99,EUR,Tax,2026-02-01T00:00:00Z,24,Hours,AWS,eu-west-1,,Amazon EC2,EUW1-BoxUsage:p4d.24xlarge,111,{}
1,x,EUR,Usage,2026-02-01T00:00:00Z,24,Hours,AWS,eu-west-1,i-2,Amazon EC2,EUW1-BoxUsage:m5.large,111,{}
"""
CUR = """lineItem/UsageAccountId,lineItem/LineItemType,lineItem/UsageStartDate,lineItem/ProductCode,lineItem/UsageType,lineItem/Operation,lineItem/UsageAmount,lineItem/UnblendedCost,lineItem/CurrencyCode,product/instanceType,product/regionCode,pricing/unit,resourceTags/user:team
222,Usage,2026-02-01T00:00:00Z,AmazonEC2,USE1-SpotUsage:g5.12xlarge,RunInstances:SV001,2,4.5,USD,g5.12xlarge,us-east-1,Hrs,nlp
222,Usage,2026-02-01T00:00:00Z,AmazonSageMaker,USE1-Host:ml.g5.xlarge,RunInstance,10,14.1,USD,ml.g5.xlarge,us-east-1,Hrs,nlp
222,Fee,2026-02-01T00:00:00Z,AmazonEC2,HeavyUsage:p3.2xlarge,RunInstances,744,900,USD,p3.2xlarge,us-east-1,Hrs,nlp
222,Usage,2026-02-01T00:00:00Z,AmazonS3,USE1-Requests-Tier1,PutObject,1000,0.1,USD,,us-east-1,Requests,
"""
AZURE = """SubscriptionName,Date,MeterCategory,MeterSubCategory,MeterName,Quantity,UnitOfMeasure,CostInBillingCurrency,BillingCurrency,ResourceLocation,ChargeType,AdditionalInfo,Tags
research,02/03/2026,Virtual Machines,NCads A100 v4 Series,NC24ads A100 v4,3,1 Hour,11.0,EUR,westeurope,Usage,"{""ServiceType"":""Standard_NC24ads_A100_v4"",""VCPUs"":24}","{""team"": ""speech""}"
research,02/03/2026,Virtual Machines,Dv5,D4s v5,2,10 Hours,1.0,EUR,westeurope,Usage,,
research,02/03/2026,Bandwidth,,Data Transfer Out,10,1 GB,0.8,EUR,westeurope,Usage,,
"""


def test_focus_names_the_instance_inside_its_meter(read: Read) -> None:
    gpu, storage, tax, torn = read("focus.csv", FOCUS, "focus")

    assert (gpu["instance_type"], gpu["duration_s"], gpu["cost"], gpu["currency"]) == ("p4d.24xlarge", 86_400, 240, "EUR")
    assert (gpu["team"], gpu["project"], gpu["region"]) == ("vision", "detector", "eu-west-1")
    assert (storage["duration_s"], storage["cost"], storage["instance_type"]) == (None, 5, "")
    assert (tax["duration_s"], tax["cost"]) == (None, 99)
    assert torn["problem"] == "the cost is no number"


def test_both_editions_of_amazons_report_are_read_by_the_same_names(read: Read) -> None:
    spot, hosting, fee, storage = read("cur.csv", CUR, "aws-cur")
    second = read("cur2.csv", CUR.replace("lineItem/UsageType", "line_item_usage_type"), "aws-cur")

    assert (spot["instance_type"], spot["duration_s"], spot["team"], spot["provider"]) == ("g5.12xlarge", 7_200, "nlp", "aws")
    assert (hosting["phase"], hosting["instance_type"], hosting["duration_s"]) == ("inference", "ml.g5.xlarge", 36_000)
    assert (fee["duration_s"], fee["cost"], storage["duration_s"]) == (None, 900, None)
    assert [row["duration_s"] for row in second] == [row["duration_s"] for row in (spot, hosting, fee, storage)]


def test_azures_size_stands_in_additional_info_or_in_the_meter_and_its_days_are_american(read: Read) -> None:
    gpu, cpu, transfer = read("azure.csv", AZURE, "azure-cost")

    assert (gpu["instance_type"], gpu["duration_s"], gpu["team"]) == ("Standard_NC24ads_A100_v4", 10_800, "speech")
    assert (cpu["instance_type"], cpu["duration_s"]) == ("D4s v5", 72_000)
    assert (gpu["started_at"].month, gpu["started_at"].day) == (2, 3)
    assert (transfer["duration_s"], transfer["cost"]) == (None, 0.8)


def google(sku: str, amount: float, unit: str) -> dict[str, Any]:
    return {
        "service": {"id": "6F81", "description": "Compute Engine"},
        "sku": {"id": "x", "description": sku},
        "usage_start_time": "2026-02-01T00:00:00Z",
        "project": {"id": "p-1", "name": "vision"},
        "labels": [{"key": "team", "value": "maps"}],
        "location": {"location": "europe-west4", "region": "europe-west4"},
        "cost": 1.5,
        "currency": "EUR",
        "cost_type": "regular",
        "usage": {"amount": amount, "unit": unit},
    }


def test_google_bills_the_parts_of_a_machine_apart_and_nested(read: Read) -> None:
    rows = [
        google("Nvidia Tesla A100 GPU attached to Spot Preemptible VMs running in EMEA", 3600, "seconds"),
        google("A2 Instance Core running in EMEA", 43_200, "seconds"),
        google("A2 Instance Ram running in EMEA", 85 * 2**30 * 3600, "byte-seconds"),
        google("Network Egress", 100, "bytes"),
    ]

    gpu, core, ram, egress = read("gcp.json", "\n".join(json.dumps(row) for row in rows), "gcp-billing")

    assert (gpu["device"], gpu["gpu_count"], gpu["duration_s"], gpu["team"]) == ("A100", 1, 3600, "maps")
    assert (core["cpu_count"], core["duration_s"], core["gpu_count"]) == (1, 43_200, 0)
    assert ram["memory_bytes"] * ram["duration_s"] == pytest.approx(85 * 2**30 * 3600)
    assert (egress["duration_s"], egress["cost"]) == (None, 1.5)
