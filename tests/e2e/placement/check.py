#!/usr/bin/env python3
"""The report's word on where a call's work runs is what the runtime does.

Programs run with NPU_LOG=debug, which names the device of each command and the call that it came from; `cu2npu
explain` says what the report will say of that call. A call is on its device at least once (other operands may go elsewhere),
and what has another device's row is never on the NPU.

usage: check.py <folder of cu2npu and npucc> <calls.cu> <folder of built samples> <output folder>
"""
import os
import re
import subprocess
import sys

NAMES = {"NPU": "npu", "OpenCL": "opencl", "host": "host"}
SAMPLES = ["cublas_gemm", "fused_layer", "transformer_block", "precision", "lenet"]
EXPECTED = 20  # different calls, at least


def devices(program):
    """Call -> the devices that took work of it."""
    run = subprocess.run([program], env=dict(os.environ, NPU_LOG="debug"), stdout=subprocess.PIPE,
                         stderr=subprocess.STDOUT, text=True, errors="replace")
    if run.returncode != 0:
        sys.exit(f"{program}: status {run.returncode}\n{run.stdout[-2000:]}")
    found = {}
    for call, device in re.findall(r"of (cu\w+) -> (\w+) accepted", run.stdout):
        found.setdefault(call, set()).add(device)
    return found


def main():
    tools, source, samples, out = sys.argv[1:5]
    os.makedirs(out, exist_ok=True)
    program = os.path.join(out, "calls")
    subprocess.run([os.path.join(tools, "npucc"), source, "-o", program], check=True)
    seen = {}
    for each in [program] + [os.path.join(samples, name) for name in SAMPLES]:
        for call, found in devices(each).items():
            seen.setdefault(call, set()).update(found)
    said = subprocess.run([os.path.join(tools, "cu2npu"), "explain"] + sorted(seen), stdout=subprocess.PIPE, text=True).stdout
    wrong = 0
    for call, part in zip(sorted(seen), re.split(r"\n(?=\w+ -> )", said)):
        device = re.search(r"^  device +(\w+|-)", part, re.M)
        row = NAMES.get(device[1]) if device else None
        if not part.startswith(call + " ") or row not in seen[call] or (row != "npu" and "npu" in seen[call]):
            wrong += 1
            print(f"{call}: placement.def says {row}, and it ran on {', '.join(sorted(seen[call]))}")
    print(f"{len(seen)} calls, {wrong} placed elsewhere")
    if len(seen) < EXPECTED:
        print(f"fewer than {EXPECTED} calls were seen: what the log says has another form?")
    return wrong != 0 or len(seen) < EXPECTED


if __name__ == "__main__":
    sys.exit(main())
