#!/usr/bin/env bash
# The report of a run (NPU_REPORT) has its promised keys, and the matrix products ran on the NPU.
# usage: check_report.sh <folder of the tools> <output folder of run_sample.sh>
set -euo pipefail
report=$2/mlp_inference_report.json
rm -f "$report"
LD_PRELOAD="${NPU_E2E_PRELOAD-}" NPU_REPORT=$report "$2/compatible/mlp_inference"
python3 - "$report" <<'PYTHON'
import json, sys
report = json.load(open(sys.argv[1]))
assert {"ops", "total", "config"} <= report.keys(), report.keys()
keys = {"op", "shape", "format", "device", "reason", "cycles", "compute_cycles", "stall_cycles",
        "dram_read_bytes", "dram_write_bytes", "sram_bytes", "macs", "utilization", "energy_pj"}
products = [op for op in report["ops"] if op["op"] == "gemm"]
assert len(products) == 2, report["ops"]
for op in products:
    assert keys <= op.keys(), keys - op.keys()
    assert op["device"] == "npu", op
    assert op["cycles"] >= op["compute_cycles"] > 0 and op["energy_pj"] > 0, op
    assert 0 < op["utilization"] <= 1, op
# 784 -> 256 -> 10 for 64 examples; an FP32-accurate product takes several low-precision ones.
for op, macs in zip(products, (784 * 256 * 64, 256 * 10 * 64)):
    assert op["macs"] >= macs and op["macs"] % macs == 0, op
assert report["total"]["cycles"] >= max(op["cycles"] for op in products), report["total"]
PYTHON
