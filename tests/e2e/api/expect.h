// What the tests of the runtime API share: expectations that say where and what, counted to the
// end.
#pragma once

#include <cstdio>
#include <cstdlib>

inline int failures = 0, checks = 0;

inline void expectTrue(bool holds, const char *text, int line) {
  ++checks;
  if (holds)
    return;
  ++failures;
  std::printf("line %d: %s does not hold\n", line, text);
}
#define EXPECT(condition) expectTrue((condition), #condition, __LINE__)

inline void expectError(cudaError_t got, cudaError_t expected, const char *text, int line) {
  ++checks;
  if (got == expected)
    return;
  ++failures;
  std::printf("line %d: %s gave %s, not %s\n", line, text, cudaGetErrorName(got),
              cudaGetErrorName(expected));
}
#define GIVES(call, error) expectError((call), (error), #call, __LINE__)
#define OK(call) GIVES(call, cudaSuccess)

inline int finish() {
  std::printf("%d of %d checks failed\n", failures, checks);
  return failures != 0 || checks == 0;
}
