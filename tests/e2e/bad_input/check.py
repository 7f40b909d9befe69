#!/usr/bin/env python3
"""Damaged images, environments and reports: one clear message and CUDA's own code, no crash.

usage: check.py <folder of the tools> <folder of the sources> <folder for outputs>
Programs are built once here; every case is a run of one of them with one thing wrong.
"""
import json
import os
import subprocess
import sys

tools, sources, work = sys.argv[1:4]
os.makedirs(work, exist_ok=True)
os.chdir(work)
failures = []


def expect(condition, what, result):
    if not condition:
        failures.append(what)
        print(f"{what}: status {result.returncode}\n{result.stdout}{result.stderr}")


def build(name, *libraries):
    command = [os.path.join(tools, "npucc"), os.path.join(sources, name + ".cu"), "-o", name, *libraries]
    subprocess.run(command, check=True)


def run(program, **variables):
    environment = dict(os.environ, LD_PRELOAD=os.environ.get("NPU_E2E_PRELOAD", ""), **variables)
    return subprocess.run(["./" + program], env=environment, capture_output=True, text=True, timeout=120)


build("error_codes")
build("last_error")
build("blas_report", "-lcublas")
build("fork")

result = run("error_codes")
expect(result.returncode == 0, "error codes", result)
result = run("fork")
expect(result.returncode == 0, "fork", result)
result = run("last_error")
expect(result.returncode == 0 and not result.stderr, "the unharmed program", result)

# Every field of the header, the payload's check, and the payload.
whole = open("last_error", "rb").read()
start = whole.find(b"NPUIMAGE")
assert start > 0 and whole.find(b"NPUIMAGE", start + 1) < 0
for offset in (0, 8, 12, 16, 23, 24, 28, 300, 1200):
    damaged = bytearray(whole)
    damaged[start + offset] ^= 0xFF
    with open("damaged", "wb") as file:
        file.write(damaged)
    os.chmod("damaged", 0o755)
    result = run("damaged")
    expect(
        result.returncode == 200  # cudaErrorInvalidKernelImage
        and result.stderr.count("\n") == 1
        and "the embedded kernel image is invalid" in result.stderr,
        f"image damaged at {offset}",
        result,
    )

# variables, exit status of last_error, what stderr says
environments = [
    ({"OCL_ICD_VENDORS": "/nonexistent"}, None, "no OpenCL platform was found"),
    ({"NPU_LOG": "loud"}, 0, "NPU_LOG=loud is unknown"),
    ({"NPU_VISIBLE_DEVICES": "many"}, 0, "NPU_VISIBLE_DEVICES=many is not a number from 0 to 16"),
    ({"NPU_VISIBLE_DEVICES": "0"}, 100, ""),  # cudaErrorNoDevice
    ({"NPU_BACKENDS": "abacus"}, None, "unknown backend 'abacus'"),
    ({"NPU_REPORT": "/nonexistent/report.json"}, 0, "cannot write the report to '/nonexistent/report.json'"),
    ({"NPU_REPORT": work}, 0, f"cannot write the report to '{work}'"),
]
for variables, status, text in environments:
    result = run("last_error", **variables)
    good = 0 < result.returncode < 128 if status is None else result.returncode == status
    expect(good and text in result.stderr, str(variables), result)

# What the NPU cannot read turns it off, with a warning; the product then runs elsewhere.
open("broken.json", "w").write('{"array": {"rows": ')
open("range.json", "w").write('{"array": {"rows": -4}}')
open("unknown.json", "w").write('{"abacus": 1}')
open("empty.json", "w").close()
for name, value in [("NPU_CONFIG", v) for v in ("absent", "broken.json", "range.json", "unknown.json", "empty.json", work)] + [
    ("NPU_MATMUL_FORMAT", "int9"),
    ("NPU_FLOAT32_MATMUL_PRECISION", "super"),
]:
    result = run("blas_report", **{name: value})
    expect(
        result.returncode == 0
        and result.stderr.count("the npu backend is not available") == 1
        and value in result.stderr
        and not result.stdout,
        f"{name}={value}",
        result,
    )

# The report: these keys and no others, on stdout and in a file, which appears whole.
total_keys = (
    "cycles compute_cycles stall_cycles dram_read_bytes dram_write_bytes sram_bytes macs utilization energy_pj"
).split()
op_keys = total_keys + (
    "op shape format device reason tensor_bytes measured_seconds problem tiling stall_reason stalls "
    "vector_cycles dram_cycles peak_macs_per_cycle energy_split_pj"
).split()


def modelled(report):
    """What does not depend on the clock."""
    for op in report["ops"]:
        assert op["measured_seconds"] > 0, op
        op["measured_seconds"] = 0
    return report


result = run("blas_report", NPU_REPORT="-")
expect(result.returncode == 0, "NPU_REPORT=-", result)
printed = modelled(json.loads(result.stdout))
result = run("blas_report", NPU_REPORT="report.json")
expect(result.returncode == 0 and not result.stdout, "NPU_REPORT=report.json", result)
written = modelled(json.load(open("report.json")))
assert printed == written, "the two reports differ"
assert sorted(written) == ["config", "kernels", "ops", "total"], written.keys()
assert written["config"].get("array"), written["config"]
(op,) = written["ops"]  # the refused products are not in it
assert sorted(op) == sorted(op_keys), op.keys()
assert (op["op"], op["shape"], op["device"]) == ("gemm", "64x64x64", "npu"), op
for key in total_keys:
    assert isinstance(op[key], (int, float)) and op[key] >= 0, (key, op[key])
    assert written["total"][key] == op[key], (key, written["total"])
assert sorted(written["total"]) == sorted(total_keys), written["total"].keys()
assert op["cycles"] == op["compute_cycles"] + op["stall_cycles"], op

# A report into a pipe is written into it: renaming a file over it would replace it.
if os.path.exists("pipe"):
    os.remove("pipe")
os.mkfifo("pipe")
reader = subprocess.Popen(["cat", "pipe"], stdout=subprocess.PIPE, text=True)
result = run("blas_report", NPU_REPORT="pipe")
try:
    text = reader.communicate(timeout=20)[0]
except subprocess.TimeoutExpired:
    reader.kill()
    text = ""
expect(text and modelled(json.loads(text)) == written, "NPU_REPORT=pipe", result)
assert not [name for name in os.listdir(".") if ".tmp." in name], os.listdir(".")

sys.exit(1 if failures else 0)
