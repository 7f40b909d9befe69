__global__ void k() {}
static void run() { k<<<1, 1>>>(); }
