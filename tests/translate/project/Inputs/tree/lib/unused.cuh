__device__ float never(float x) { return __expf(x); }
