#!/usr/bin/env python3
"""The sample lenet in every precision: trained in FP32, BF16 and FP8 it reads more than 95 of 100
digits, and INT8 inference with the FP32 weights is within 1 of 100 of FP32's. Its layers, forward and
backward, run on the NPU.
usage: check_lenet.py <output folder of run_sample.sh> <folder to write in>"""
import json
import os
import re
import subprocess
import sys

samples, out = sys.argv[1:3]
os.makedirs(out, exist_ok=True)
program = os.path.join(samples, "compatible", "lenet")
weights = os.path.join(out, "weights")


def right(arguments, **variables):
    environment = dict(os.environ, LD_PRELOAD=os.environ.get("NPU_E2E_PRELOAD", ""), **variables)
    done = subprocess.run([program, *arguments], capture_output=True, text=True, env=environment)
    assert done.returncode == 0, (variables, done)
    return int(re.search(r"lenet: (\d+) of 1000", done.stderr).group(1))


report = os.path.join(out, "report.json")
single = right(["--save", weights], NPU_REPORT=report)
results = {"fp32": single}
for name in ("bf16", "fp8_e4m3"):
    results[name] = right([], NPU_MATMUL_FORMAT=name)
results["int8 inference"] = right(["--load", weights], NPU_MATMUL_FORMAT="int8")
print(results)
assert all(count > 950 for count in results.values()), results
assert results["int8 inference"] >= single - 10, results

ops = json.load(open(report))["ops"]
kinds = {op["op"] for op in ops if op["device"] == "npu"}
assert kinds >= {"convolution", "convolution_data_gradient", "convolution_filter_gradient", "pooling",
                 "pooling_gradient", "activation_gradient", "softmax", "reduction"}, kinds
products = [op for op in ops if op["op"].startswith("convolution")]
assert all(op["device"] == "npu" for op in products), {op["reason"] for op in products}
