// Calls through pointers, virtual functions and recursion, against the same code on the host.
#include "check.h"

typedef int (*Operation)(int, int);
__host__ __device__ int add(int a, int b) { return a + b; }
__host__ __device__ int subtract(int a, int b) { return a - b; }
__host__ __device__ int scale(int a, int b) { return a * b + 1; }
__device__ Operation table[] = {add, subtract, scale};
__constant__ Operation constantTable[] = {scale, add};
__device__ Operation single = subtract;

__global__ void throughTable(const int *in, int *out) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  out[i] = table[i % 3](in[i % kInputs], i) + constantTable[i & 1](i, 3);
}

__global__ void throughArgument(Operation operation, int *out) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  out[i] = operation(i, 7);
}

struct Shape2 {
  __host__ __device__ virtual ~Shape2() {}
  __host__ __device__ virtual int area() const = 0;
  __host__ __device__ virtual int corners() const { return 0; }
};
struct Square : Shape2 {
  int side;
  __host__ __device__ explicit Square(int side) : side(side) {}
  __host__ __device__ int area() const override { return side * side; }
  __host__ __device__ int corners() const override { return 4; }
};
struct Disc : Shape2 {
  int radius;
  __host__ __device__ explicit Disc(int radius) : radius(radius) {}
  __host__ __device__ int area() const override { return 3 * radius * radius; }
};

// Objects that one kernel makes and another uses.
__global__ void make(Shape2 **shapes) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i % 3)
    shapes[i] = new Square(i);
  else
    shapes[i] = new Disc(i);
}
__global__ void measure(Shape2 **shapes, int *out) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  out[i] = shapes[i]->area() * 10 + shapes[i]->corners();
  delete shapes[i];
}

__host__ __device__ int fibonacci(int n) { return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2); }
__host__ __device__ int isOdd(int n);
__host__ __device__ int isEven(int n) { return n == 0 ? 1 : isOdd(n - 1) * 3 % 7; }
__host__ __device__ int isOdd(int n) { return n == 0 ? 0 : isEven(n - 1) + 1; }

__device__ int visits = 0;
__device__ int walk(const int *in, int depth, int *path) {
  atomicAdd(&visits, 1);
  if (depth == 0)
    return path[0] + int(threadIdx.x);
  int other[2] = {path[0] * 2 + in[depth], 0};
  return walk(in, depth - 1, other) + walk(in, depth - 1, path);
}
int walkOnHost(const int *in, int depth, int value, int thread) {
  return depth == 0 ? value + thread
                    : walkOnHost(in, depth - 1, value * 2 + in[depth], thread) +
                          walkOnHost(in, depth - 1, value, thread);
}

__global__ void recur(const int *in, int *out) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  int path[2] = {i, 0};
  out[i] = fibonacci(i % 15) * 100 + isEven(i % 9) + walk(in, i % 4, path);
}

// Functions that call one another, under several names: OpenCL implementations take functions along
// in an order of names.
#define MUTUAL(first, second, kernel)                                                              \
  __host__ __device__ int second(int n);                                                           \
  __host__ __device__ __noinline__ int first(int n) { return n <= 0 ? 1 : second(n - 1) + 1; }     \
  __host__ __device__ __noinline__ int second(int n) { return n <= 0 ? 0 : first(n - 2) * 2; }     \
  __global__ void kernel(int *out) {                                                               \
    int i = blockIdx.x * blockDim.x + threadIdx.x;                                                 \
    out[i] = first(i % 7);                                                                         \
  }
MUTUAL(even, odd, evenOdd)
MUTUAL(ping, pong, pingPong)
MUTUAL(expression, term, expressionTerm)
MUTUAL(a, b, aB)

// A destructor that ends others of its class.
struct Part {
  __device__ virtual int sum() const = 0;
  __device__ virtual ~Part() {}
};
struct Leaf : Part {
  int value;
  __device__ Leaf(int value) : value(value) {}
  __device__ int sum() const override { return value; }
};
struct Pair : Part {
  Part *left, *right;
  __device__ Pair(Part *left, Part *right) : left(left), right(right) {}
  __device__ int sum() const override { return left->sum() + right->sum(); }
  __device__ ~Pair() override {
    delete left;
    delete right;
  }
};
__global__ void trees(int *out) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  Part *tree = new Pair(new Leaf(i), new Pair(new Leaf(2), new Leaf(3 * i)));
  out[i] = tree->sum();
  delete tree;
}

constexpr int kBlocks = 3, kThreads = 50, kCount = kBlocks * kThreads;

template <class Expected> void compare(const char *name, const int *out, Expected expected) {
  CHECK_CUDA(cudaGetLastError());
  CHECK_CUDA(cudaDeviceSynchronize());
  bool same = true;
  for (int i = 0; i < kCount; ++i)
    if (int wanted = expected(i); out[i] != wanted && same) {
      std::printf("FAIL %s, thread %d: %d is not %d\n", name, i, out[i], wanted);
      same = false;
    }
  require(same);
}

int main() {
  std::vector<int> values(kInputs);
  fillInput(values);
  int *in = nullptr, *out = nullptr;
  CHECK_CUDA(cudaMallocManaged(&in, kInputs * sizeof(int)));
  CHECK_CUDA(cudaMallocManaged(&out, kCount * sizeof(int)));
  std::copy(values.begin(), values.end(), in);

  const Operation operations[] = {add, subtract, scale}, constants[] = {scale, add};
  throughTable<<<kBlocks, kThreads>>>(in, out);
  compare("table", out,
          [&](int i) { return operations[i % 3](in[i % kInputs], i) + constants[i & 1](i, 3); });

  Operation pointer = nullptr;
  CHECK_CUDA(cudaMemcpyFromSymbol(&pointer, single, sizeof pointer));
  throughArgument<<<kBlocks, kThreads>>>(pointer, out);
  compare("argument", out, [](int i) { return subtract(i, 7); });

  Shape2 **shapes = nullptr;
  CHECK_CUDA(cudaMallocManaged(&shapes, kCount * sizeof *shapes));
  make<<<kBlocks, kThreads>>>(shapes);
  measure<<<kBlocks, kThreads>>>(shapes, out);
  compare("virtual", out,
          [](int i) { return i % 3 ? Square(i).area() * 10 + 4 : Disc(i).area() * 10; });

  evenOdd<<<kBlocks, kThreads>>>(out);
  compare("even, odd", out, [](int i) { return even(i % 7); });
  pingPong<<<kBlocks, kThreads>>>(out);
  compare("ping, pong", out, [](int i) { return ping(i % 7); });
  expressionTerm<<<kBlocks, kThreads>>>(out);
  compare("expression, term", out, [](int i) { return expression(i % 7); });
  aB<<<kBlocks, kThreads>>>(out);
  compare("a, b", out, [](int i) { return a(i % 7); });
  trees<<<kBlocks, kThreads>>>(out);
  compare("destructors", out, [](int i) { return 4 * i + 2; });

  recur<<<kBlocks, kThreads>>>(in, out);
  int expectedVisits = 0;
  compare("recursion", out, [&](int i) {
    expectedVisits += (2 << (i % 4)) - 1;
    return fibonacci(i % 15) * 100 + isEven(i % 9) + walkOnHost(in, i % 4, i, i % kThreads);
  });
  int counted = 0;
  CHECK_CUDA(cudaMemcpyFromSymbol(&counted, visits, sizeof counted));
  require(counted == expectedVisits);
  return finish();
}
