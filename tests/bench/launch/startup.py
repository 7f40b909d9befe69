#!/usr/bin/env python3
"""What starting costs: compiling kernels against Clang's own time for them, the first run of a program
of 20 kernels with an empty cache, and the first kernel of a process with a warm one.

  startup.py BIN [KERNELS]     BIN holds npucc; KERNELS defaults to 20

Prints medians of five."""
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

KERNEL = """
__global__ void k{i}(const float *x, float *y, int n) {{
  __shared__ float tile[256];
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  tile[threadIdx.x] = i < n ? x[i] * {i} : 0;
  __syncthreads();
  float sum = 0;
  for (int j = 0; j < {i} + 4; ++j)
    sum += tile[(threadIdx.x + j) % 256] * expf(sum * 0.01f);
  if (i < n)
    y[i] = sum;
}}
"""
MAIN = """
#include <chrono>
#include <cstdio>
#include <cstdlib>
int main() {{
  auto start = std::chrono::steady_clock::now();
  float *x;
  cudaMalloc(&x, 1 << 20);
  cudaMemset(x, 0, 1 << 20);
  auto sinceStart = [&] {{
    if (cudaDeviceSynchronize() != cudaSuccess)
      std::exit(1);
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  }};
  {first}
  double first = sinceStart();
  {others}
  std::printf("%f %f\\n", first, sinceStart());
}}
"""


def seconds(command, **options):
    start = time.monotonic()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, **options)
    return time.monotonic() - start


def median(measure):
    return statistics.median(measure() for _ in range(5))


def main():
    binaries = os.path.abspath(sys.argv[1])
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 20
    with tempfile.TemporaryDirectory() as folder:
        source, program = os.path.join(folder, "many.cu"), os.path.join(folder, "many")
        launches = [f"k{i}<<<8, 256>>>(x, x + 65536, 2048);" for i in range(count)]
        with open(source, "w", encoding="utf-8") as file:
            file.write("".join(KERNEL.format(i=i) for i in range(count)))
            file.write(MAIN.format(first=launches[0], others=" ".join(launches[1:])))
        npucc = os.path.join(binaries, "npucc")
        include = os.path.join(binaries, "..", "..", "runtime", "include")
        both = median(lambda: seconds([npucc, "-O3", "-c", source, "-o", program + ".o"]))
        clang = ["/usr/lib/llvm-15/bin/clang++", "-x", "cuda", "--cuda-gpu-arch=sm_80", "-nocudainc",
                 "-nocudalib", "-Wno-unknown-cuda-version", "-Wno-gnu-line-marker", "-std=c++17", "-O3", "-w",
                 "-D__CUDACC__", "-I" + os.path.join(include, "cuda"), "-I" + include,
                 "-include", "cuda_runtime.h", source]
        own = median(lambda: seconds(
            clang + ["--cuda-device-only", "-S", "-emit-llvm", "-o", os.devnull])) + median(
                lambda: seconds(clang + ["--cuda-host-only", "-c", "-o", os.devnull]))
        seconds([npucc, "-O3", source, "-o", program])
        environment = dict(os.environ, POCL_CACHE_DIR=os.path.join(folder, "cache"))

        def run(cold, which):
            if cold:
                shutil.rmtree(environment["POCL_CACHE_DIR"], ignore_errors=True)
            output = subprocess.run([program], check=True, env=environment, stdout=subprocess.PIPE).stdout
            return float(output.split()[which])

        cold = median(lambda: run(True, 1))
        warm = [median(lambda: run(False, which)) * 1000 for which in (0, 1)]
    print(f"npucc -c, {count} kernels:         {both:6.2f} s, {both / own:.2f} of Clang's {own:.2f} s")
    print(f"empty cache, all kernels:     {cold:6.2f} s")
    print(f"warm cache, the first kernel: {warm[0]:6.0f} ms; all {count}: {warm[1]:.0f} ms")


if __name__ == "__main__":
    main()
