#!/usr/bin/env python3
"""Checks that dependencies between the parts point one way (docs/architecture.md):

  the runtime and the backends never see LLVM or Clang;
  the runtime's core sees no OpenCL and no backend;
  a backend sees the device contract of the runtime and itself, nothing else;
  the translator sees no runtime internals and no OpenCL;
  runtime/src/devices.cpp is the only source that names every backend.

usage: include_direction.py <repository root> [--self-test]
"""
import os
import re
import sys
import tempfile

INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^">]+)[">]', re.M)
FACTORY = re.compile(r"\bmake(?:Npu|Opencl|Host)Device\b")
CONTRACT = ["npu/command_queue.h", "npu/device.h", "npu/kernel_image.h", "npu/recovery.h",
            "npu/status.h", "npu/tensor_op.h"]
LLVM = re.compile(r"^(llvm|clang|llvm-c|clang-c)/")
OPENCL = re.compile(r"^CL/")


def sources(root, folder):
    for directory, _, names in os.walk(os.path.join(root, folder)):
        for name in sorted(names):
            if name.endswith((".h", ".cpp", ".def")):
                yield os.path.relpath(os.path.join(directory, name), root)


def includes(root, path):
    with open(os.path.join(root, path), encoding="utf-8") as file:
        text = file.read()
    return [(text.count("\n", 0, m.start(1)) + 1, m.group(1)) for m in INCLUDE.finditer(text)]


def contract(root):
    """The contract's headers and whatever they include of ours."""
    known, pending = set(), list(CONTRACT)
    while pending:
        header = pending.pop()
        path = os.path.join("runtime", "include", header)
        if header in known or not os.path.exists(os.path.join(root, path)):
            continue
        known.add(header)
        pending += [included for _, included in includes(root, path)]
    return known


def violations(root):
    allowed = contract(root)
    ownHeaders = {os.path.relpath(path, "npu_backend") for path in sources(root, "npu_backend")}
    openclHeaders = {os.path.relpath(path, "runtime/opencl")
                     for path in sources(root, "runtime/opencl")}

    def check(folder, forbidden):
        for path in sources(root, folder):
            for line, header in includes(root, path):
                reason = forbidden(path, header)
                if reason:
                    yield f"{path}:{line}: error: includes '{header}': {reason}"

    def noLlvm(path, header):
        return LLVM.match(header) and "the runtime and its backends do not use LLVM"

    def core(path, header):
        if OPENCL.match(header) or header.startswith("opencl/"):
            return "the core does not know OpenCL"
        if header.startswith("npu_backend/") or header in ownHeaders:
            return "the core does not know the NPU"

    def backend(own):
        def forbidden(path, header):
            if header.startswith("npu/") and header not in allowed and header not in own:
                return "a backend sees only " + ", ".join(CONTRACT)
            if re.match(r"^(\.\./|src/|blas/|dnn/|cuda/|cuda)", header) or header == "core.h":
                return "a backend sees only its own folder and the device contract"
        return forbidden

    def npuBackend(path, header):
        if OPENCL.match(header) or header in openclHeaders - ownHeaders:
            return "one backend does not use another"
        return backend(ownHeaders)(path, header)

    def openclBackend(path, header):
        if header.startswith("npu_backend/") or header in ownHeaders - openclHeaders:
            return "one backend does not use another"
        if header.startswith("opencl/"):
            return None
        return backend(openclHeaders)(path, header)

    def translator(path, header):
        if OPENCL.match(header) or re.match(r"^(src/|blas/|dnn/|opencl/|npu_backend/)", header):
            return "the translator does not know the runtime's inside"

    rules = [("runtime", noLlvm), ("npu_backend", noLlvm), ("runtime/src", core),
             ("runtime/opencl", openclBackend), ("npu_backend", npuBackend),
             ("translator/lib", translator), ("translator/include", translator),
             ("translator/tool", translator)]
    for folder, rule in rules:
        yield from check(folder, rule)

    for folder in ("runtime/src", "runtime/blas", "runtime/dnn", "runtime/opencl", "npu_backend",
                   "translator/lib", "translator/tool"):
        for path in sources(root, folder):
            if path == "runtime/src/devices.cpp":
                continue
            with open(os.path.join(root, path), encoding="utf-8") as file:
                named = sorted(set(FACTORY.findall(file.read())))
            if len(named) > 1:
                yield f"{path}: error: names {', '.join(named)}: only runtime/src/devices.cpp may"


def selfTest():
    """Every rule must fire on a tree that breaks it, and nothing on a tree that does not."""
    good = {
        "runtime/include/npu/device.h": '#include "npu/types.h"\n',
        "runtime/include/npu/types.h": "",
        "runtime/src/core.cpp": '#include "npu/runtime.h"\n#include <vector>\n',
        "runtime/src/devices.cpp": "makeNpuDevice makeOpenclDevice makeHostDevice\n",
        "runtime/opencl/opencl_device.cpp": '#include "npu/types.h"\n#include <CL/cl.h>\n',
        "runtime/opencl/program.h": "",
        "npu_backend/npu_device.cpp": '#include "npu/device.h"\n#include "tiler.h"\n',
        "npu_backend/tiler.h": "",
        "translator/lib/a.cpp": '#include "llvm/IR/Module.h"\n#include "npu/kernel_image.h"\n',
    }
    bad = {
        "runtime/src/a.cpp": '#include "llvm/IR/Module.h"',
        "runtime/src/b.cpp": "#include <CL/cl.h>",
        "runtime/src/c.cpp": '#include "tiler.h"',
        "runtime/src/d.cpp": '#include "opencl/program.h"',
        "runtime/src/e.cpp": "makeNpuDevice(); makeHostDevice();",
        "runtime/opencl/f.cpp": '#include "npu/runtime.h"',
        "runtime/opencl/g.cpp": '#include "src/core.h"',
        "npu_backend/h.cpp": '#include "npu/runtime.h"',
        "npu_backend/i.cpp": "#include <CL/cl.h>",
        "npu_backend/j.cpp": "#include <clang/AST/AST.h>",
        "translator/lib/k.cpp": '#include "src/core.h"',
    }
    failures = 0
    for extra in [None] + sorted(bad):
        with tempfile.TemporaryDirectory() as root:
            for path, text in list(good.items()) + ([(extra, bad[extra])] if extra else []):
                os.makedirs(os.path.dirname(os.path.join(root, path)), exist_ok=True)
                with open(os.path.join(root, path), "w", encoding="utf-8") as file:
                    file.write(text)
            found = list(violations(root))
            right = all(v.startswith(extra) for v in found) and found if extra else not found
            if not right:
                failures += 1
                print(f"self-test: {extra or 'the good tree'}: found {found}", file=sys.stderr)
    return failures


def main():
    if "--self-test" in sys.argv:
        return 1 if selfTest() else 0
    found = list(violations(sys.argv[1]))
    print("\n".join(found) if found else "include directions hold")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
