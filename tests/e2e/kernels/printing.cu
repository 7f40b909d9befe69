// printf in kernels: every conversion against the host's own, the order of lines, the results, and
// where the text goes: the process's stdout, at the next synchronisation, between the host's lines.
#include "check.h"

#include <string>
#include <unistd.h>

// What the process writes to stdout while `run` runs.
template <class Run> std::string captured(Run run) {
  std::fflush(stdout);
  int saved = dup(1);
  std::FILE *file = std::tmpfile();
  dup2(fileno(file), 1);
  run();
  std::fflush(stdout);
  dup2(saved, 1);
  close(saved);
  std::string text(size_t(std::ftell(file) < 0 ? 0 : lseek(fileno(file), 0, SEEK_END)), '\0');
  if (pread(fileno(file), text.data(), text.size(), 0) != ssize_t(text.size()))
    text = "cannot be read";
  std::fclose(file);
  return text;
}

void expect(const char *name, const std::string &got, const std::string &wanted) {
  require(got == wanted);
  if (got != wanted)
    std::printf("FAIL %s:\n--- got\n%s\n--- wanted\n%s\n", name, got.c_str(), wanted.c_str());
}

void wait() { CHECK_CUDA(cudaDeviceSynchronize()); }

__host__ __device__ void everyConversion(int i, const char *text, const int *address) {
  printf("%d|%i|%u|%x|%X|%o|%c\n", -i, i, 3000000000u, 0xbeefu, 0xbeefu, 8u, 'A' + i);
  printf("%hd|%hhd|%hu|%hhu|%hx\n", short(-5), (signed char)(-6), (unsigned short)(65535),
         (unsigned char)(255), (unsigned short)(0xabc));
  printf("%ld|%lld|%lu|%llu|%llx|%zu|%zd|%td|%jd\n", -(1L << 40), -(1LL << 50), 1UL << 40, ~0ULL,
         0x123456789abcdefULL, size_t(7), ssize_t(-7), ptrdiff_t(-8), intmax_t(-9));
  printf("%f|%F|%e|%E|%g|%G|%a|%A\n", 1.5, 2.5, 12345.678, 0.00012, 1e-10, 1e20, 1.0, 0.1);
  printf("%5d|%-5d|%05d|%+d|% d|%#x|%#o|%.3d|%8.3d\n", i, i, i, i, i, 255u, 8u, 5, -5);
  printf("%10.3f|%-10.2e|%+.1g|%010.4f|%#.0f|%.*f|%*d|%-*d|\n", 3.14159, 2.71828, 9.99, -1.5, 3.0,
         2, 1.23456, 6, 42, 6, 42);
  printf("%s|%10s|%-10s|%.2s|%s|%%|%p\n", text, "right", "left", "cut", "", (void *)address);
  printf("%f %f %f\n", 1.0 / 0.0, -1.0 / 0.0, double(float(i) + 0.25f));
  printf("no arguments\n");
}

__global__ void conversions(const int *address) {
  char text[8] = {'l', 'o', 'c', 'a', 'l', char('0' + threadIdx.x), 0};
  everyConversion(threadIdx.x + 1, text, address);
  text[0] = 'X'; // the text was read when it was printed
}

__global__ void conversionsOfNobody() {
  const char *nothing = nullptr;
  int zero = printf("%s|", nothing);
  printf("%d|%d|%d\n", zero, printf(""), printf("%d%d\n", 1, 2));
}

__global__ void lines(int kernel) {
  if (threadIdx.x % 3 != 1)
    printf("%d: %d\n", kernel, threadIdx.x);
}

__device__ void say(const char *format, int value) { printf(format, value); }
__global__ void chosenFormats() { say(threadIdx.x & 1 ? "odd %d\n" : "even %d\n", threadIdx.x); }

__global__ void many(int *results) {
  results[0] =
      printf("%d %d %d %d %d %d %d %d %d %d %d %d %d %d %d %d %d %d %d %d %d %d %d %d %d %d "
             "%d %d %d %d %d %d %d\n",
             1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24,
             25, 26, 27, 28, 29, 30, 31, 32, 33);
  results[1] = printf("x%cy\n", 0) + printf("%d %s\n", 5, "five");
  results[2] = printf(nullptr);
}

__global__ void flood(int count) {
  for (int i = 0; i < count; ++i)
    printf("line %d of a kernel that prints more than its limit holds\n", i);
}

__global__ void inLoops(int rounds) {
  __shared__ int total;
  for (int round = 0; round < rounds; ++round) {
    if (threadIdx.x == 0)
      total = 0;
    __syncthreads();
    atomicAdd(&total, int(threadIdx.x));
    __syncthreads();
    if (threadIdx.x == 40)
      printf("round %d: %d\n", round, total);
    __syncthreads();
  }
}

int main() {
  int *memory = nullptr;
  CHECK_CUDA(cudaMallocManaged(&memory, 64));
  std::string device = captured([&] {
    conversions<<<1, 1>>>(memory);
    wait();
  });
  std::string host = captured([&] { everyConversion(1, "local0", memory); });
  expect("conversions", device, host);
  // Each statement of a warp prints all lanes before the next one does.
  std::string warp = captured([&] {
    conversionsOfNobody<<<1, 1>>>();
    wait();
  });
  expect("results", warp, "(null)|12\n1|0|2\n");

  expect("order", captured([] {
           std::printf("before\n");
           lines<<<1, 5>>>(1);
           lines<<<1, 4>>>(2);
           std::printf("launched\n");
           wait();
           std::printf("after\n");
         }),
         "before\nlaunched\n1: 0\n1: 2\n1: 3\n2: 0\n2: 2\n2: 3\nafter\n");

  cudaStream_t stream;
  cudaEvent_t event;
  CHECK_CUDA(cudaStreamCreate(&stream));
  CHECK_CUDA(cudaEventCreate(&event));
  expect("points of synchronisation", captured([&] {
           lines<<<1, 1, 0, stream>>>(3);
           CHECK_CUDA(cudaStreamSynchronize(stream));
           std::printf("stream\n");
           lines<<<1, 1, 0, stream>>>(4);
           CHECK_CUDA(cudaEventRecord(event, stream));
           CHECK_CUDA(cudaEventSynchronize(event));
           std::printf("event\n");
           lines<<<1, 1>>>(5);
           int value = 0;
           CHECK_CUDA(cudaMemcpy(&value, memory, sizeof value, cudaMemcpyDeviceToHost));
           std::printf("copy\n");
         }),
         "3: 0\nstream\n4: 0\nevent\n5: 0\ncopy\n");

  std::string formats = captured([] {
    chosenFormats<<<1, 4>>>();
    wait();
  });
  require(formats.find("odd 1\n") != std::string::npos &&
          formats.find("odd 3\n") != std::string::npos &&
          formats.find("even 2\n") != std::string::npos && formats.size() == 6 * 2 + 7 * 2);

  std::string thirtyTwo = captured([&] {
    many<<<1, 1>>>(memory);
    wait();
  });
  std::string numbers;
  for (int i = 1; i <= 32; ++i)
    numbers += std::to_string(i) + " ";
  expect("33 arguments", thirtyTwo, numbers + "%d\n" + std::string("x\0y\n", 4) + "5 five\n");
  require(memory[0] == 32 && memory[1] == 3 && memory[2] == -1);

  expect("loops with barriers", captured([] {
           inLoops<<<1, 64>>>(3);
           wait();
         }),
         "round 0: 2016\nround 1: 2016\nround 2: 2016\n");

  // The limit cannot change any more. More than fits: the newest lines are there.
  require(cudaDeviceSetLimit(cudaLimitPrintfFifoSize, 1 << 20) == cudaErrorInvalidValue);
  (void)cudaGetLastError();
  constexpr int kLines = 250000;
  std::string flooded = captured([] {
    flood<<<1, 1>>>(kLines);
    wait();
  });
  std::string last =
      "line " + std::to_string(kLines - 1) + " of a kernel that prints more than its limit holds\n";
  require(flooded.size() > (1 << 20) && flooded.size() > last.size() &&
          flooded.compare(flooded.size() - last.size(), last.size(), last) == 0);
  require(flooded.compare(0, 5, "line ") == 0);
  return finish();
}
