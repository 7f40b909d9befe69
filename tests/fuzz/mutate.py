#!/usr/bin/env python3
"""Mutated CUDA sources through cu2npu as a user runs it, Clang included.

Lines and tokens of real sources are dropped, doubled, swapped and taken from each other. Whatever the source: the exit
status is 0, 1 or 2, within the time limit, nothing is written with 2, and no front end dies.

usage: mutate.py <cu2npu> <folder for files> <first seed> <count> <source>...
"""
import os
import random
import re
import shutil
import subprocess
import sys

TOKENS = re.compile(r"\w+|<<<|>>>|\s+|.", re.S)
LIMIT = 120  # seconds


def mutated(texts, dice):
    tokens = TOKENS.findall(dice.choice(texts))
    other = TOKENS.findall(dice.choice(texts))
    for _ in range(dice.randint(1, 12)):
        at, length = dice.randrange(len(tokens)), dice.choice([1, 1, 2, 5, 30])
        there = dice.randrange(len(other))
        kind = dice.randrange(5)
        if kind == 0:
            del tokens[at:at + length]
        elif kind == 1:
            tokens[at:at] = tokens[at:at + length]
        elif kind == 2:
            tokens[at:at] = other[there:there + length]
        elif kind == 3:
            tokens[at:at + length] = other[there:there + length]
        else:
            tokens.insert(at, dice.choice(["<<<", ">>>", "(", ")", "{", "}", "#", "\\\n", '"', "/*", "##", "template<",
                                           "__global__ ", "__shared__ ", "\n#if 0\n", "\n#endif\n", "\xff"]))
        if not tokens:
            tokens = other[:]
    return "".join(tokens)


def main():
    program, folder = sys.argv[1:3]
    first, count = int(sys.argv[3]), int(sys.argv[4])
    texts = [open(name, encoding="latin-1").read() for name in sys.argv[5:]]
    failed = 0
    for seed in range(first, first + count):
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(folder)
        source = os.path.join(folder, "mutated.cu")
        with open(source, "w", encoding="latin-1", newline="") as file:
            file.write(mutated(texts, random.Random(seed)).replace("\0", ""))
        out = os.path.join(folder, "out")
        command = [program, "-q", source, "-o", out] + (["-k"] if seed % 2 else [])
        try:
            run = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=LIMIT)
            status, said = run.returncode, run.stdout.decode("latin-1")
        except subprocess.TimeoutExpired:
            status, said = "no end", ""
        if status not in (0, 1, 2) or "please report" in said or (status == 2 and os.path.exists(out)):
            failed += 1
            kept = f"{folder}-seed-{seed}.cu"
            shutil.copy(source, kept)
            print(f"seed {seed}: status {status}: {kept}\n{said[:2000]}")
    print(f"{count} sources, {failed} failed")
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
