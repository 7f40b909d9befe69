#!/usr/bin/env python3
"""npuprof on a sample: its four forms agree with each other, and the program's status passes through.
usage: check_profile.py <folder of the tools> <output folder of run_sample.sh> <folder to write in>"""
import json
import os
import subprocess
import sys

tools, samples, out = sys.argv[1:4]
os.makedirs(out, exist_ok=True)
npuprof = os.path.join(tools, "npuprof")
program = os.path.join(samples, "compatible", "mlp_inference")
# A sanitized library needs its sanitizer first in the program, not in npuprof.
preload = os.environ.get("NPU_E2E_PRELOAD", "")
command = ["env", f"LD_PRELOAD={preload}", program] if preload else [program]


def run(options, command=command):
    return subprocess.run([npuprof, *options, "--", *command], capture_output=True, text=True)


paths = {form: os.path.join(out, f"profile.{form}") for form in ("json", "trace", "html")}
options = [f"--{form}={path}" for form, path in paths.items()]
done = run([*options, "--config", "mobile", "--price", "npu=1", "--price", "T4=2",
            "--electricity", "0.3", "--currency", "EUR"])
assert done.returncode == 0, done
for text in ("256x64x784", "passed", "npu accepted", "addBiasRelu", "EUR", "no price", "modelled",
             "assumed", "measured"):
    assert text in done.stdout, (text, done.stdout)

profile = json.load(open(paths["json"]))
products = [op for op in profile["ops"] if op["op"] == "gemm"]
assert len(products) == 2 and profile["npu"]["name"] == "mobile", profile
modelled = [op["modelled"] for op in products]
total = profile["total_on_npu"]["modelled"]
for key in ("cycles", "dram_bytes", "energy_pj", "macs"):
    assert abs(sum(op[key] for op in modelled) - total[key]) <= 1e-9 * total[key], key
for op in modelled:
    assert op["dram_bytes"] >= op["compulsory_bytes"] > 0, op
    assert abs(sum(op["energy_split_pj"].values()) - op["energy_pj"]) < 1e-6 * op["energy_pj"], op
lines = {line["device"]: line for line in profile["elsewhere"]}
assert lines.keys() == {"npu", "T4", "A100", "H100"}, lines
assert abs(lines["npu"]["seconds"] - total["seconds"]) < 1e-12
# A lower bound from the data sheet: both products are bound by memory or by plain fp32.
least = sum(max(2 * op["macs"] / 8.1e12, op["compulsory_bytes"] / 320e9) for op in modelled)
assert abs(lines["T4"]["seconds"] - least) < 1e-9 * least, (lines, least)
assert abs(lines["T4"]["cost"]["per_run"] -
           (2 * least / 3600 + 0.3 * 70 * least / 3.6e6)) < 1e-15, lines
assert "cost" not in lines["H100"]

trace = json.load(open(paths["trace"]))["traceEvents"]
spans = [event for event in trace if event["ph"] == "X"]
assert abs(sum(span["dur"] for span in spans) * 1e-6 - total["seconds"]) < 1e-9, spans
counters = {event["name"] for event in trace if event["ph"] == "C"}
assert counters == {"load", "matrix", "vector", "store", "buffers"}, counters
assert all(0 <= share <= 1.001 for event in trace if event["ph"] == "C" and event["name"] != "buffers"
           for share in event["args"].values())

page = open(paths["html"]).read()
assert page.count("<svg") == 3 and "256x64x784" in page, page[:400]
assert "http" not in page.replace("http://www.w3.org/2000/svg", ""), "the page must need nothing else"

status = run([], ["sh", "-c", f"{' '.join(command)} > /dev/null; exit 3"])
assert status.returncode == 3, status
for options, command, code, text in (
        ([], ["true"], 125, "wrote no report"), ([], ["/no/such/program"], 127, "cannot run"),
        (["--price", "T5=1"], ["true"], 125, "T5"), (["--no-such"], ["true"], 125, "")):
    done = run(options, command)
    assert done.returncode == code and text in done.stderr, done
