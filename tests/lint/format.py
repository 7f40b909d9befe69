#!/usr/bin/env python3
"""Checks that our sources are formatted as .clang-format says; `--fix` formats them instead.

Texts that lit compares (tests/translate, tests/device) keep the form that their test needs.

usage: format.py <clang-format> <repository root> [--fix]
"""
import os
import subprocess
import sys

FOLDERS = ["runtime", "npu_backend", "translator", "samples", "tests"]
SKIPPED = [os.path.join("tests", "translate"), os.path.join("tests", "device")]


def sources(root):
    for folder in FOLDERS:
        for directory, _, names in os.walk(os.path.join(root, folder)):
            relative = os.path.relpath(directory, root)
            skipped = any(relative == s or relative.startswith(s + os.sep) for s in SKIPPED)
            for name in sorted(names):
                unitTest = name.endswith("_test.cpp")
                if name.endswith((".h", ".cpp", ".cu", ".cuh")) and (unitTest or not skipped):
                    yield os.path.join(relative, name)


def main():
    clangFormat, root = sys.argv[1:3]
    files = list(sources(root))
    if not files:
        print(f"no source found in {root}", file=sys.stderr)
        return 1
    if "--fix" in sys.argv:
        return subprocess.run([clangFormat, "-i"] + files, cwd=root).returncode
    result = subprocess.run([clangFormat, "--dry-run", "-Werror", "--ferror-limit=1"] + files,
                            cwd=root, stderr=subprocess.PIPE, text=True)
    wrong = sorted({line.split(":")[0] for line in result.stderr.splitlines()
                    if "-Wclang-format-violations" in line})
    for path in wrong:
        print(f"{path}: not formatted; run: python3 tests/lint/format.py {clangFormat} . --fix")
    if result.returncode and not wrong:
        print(result.stderr, file=sys.stderr)
    print(f"{len(files)} files, {len(wrong)} to format")
    return result.returncode


if __name__ == "__main__":
    sys.exit(main())
