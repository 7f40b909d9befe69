#include <stdio.h>
#include <tool.h> // found by -I
#include "kernels.cu"
#include <cuda.h>
#include <cuda_runtime.h>
#include <cuda_runtime_api.h>
int main() { run(); }
