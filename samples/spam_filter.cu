// Shows a classifier that is used for a decision: a message's word counts, weighted, through a
// sigmoid; above 0.6 it is spam. The scores of all messages are one matrix product (cublasSgemm
// with one column), the sigmoid and the decision are a kernel; constants live in __constant__
// memory.
#include <cublas_v2.h>
#include <cuda_runtime.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#define CHECK(call)                                                                                \
  do {                                                                                             \
    cudaError_t error = (call);                                                                    \
    if (error != cudaSuccess) {                                                                    \
      fprintf(stderr, "%s:%d: %s: %s\n", __FILE__, __LINE__, #call, cudaGetErrorString(error));    \
      exit(EXIT_FAILURE);                                                                          \
    }                                                                                              \
  } while (0)

#define CHECK_BLAS(call)                                                                           \
  do {                                                                                             \
    cublasStatus_t status = (call);                                                                \
    if (status != CUBLAS_STATUS_SUCCESS) {                                                         \
      fprintf(stderr, "%s:%d: %s: status %d\n", __FILE__, __LINE__, #call, (int)status);           \
      exit(EXIT_FAILURE);                                                                          \
    }                                                                                              \
  } while (0)

constexpr int kWords = 8;
static const char *const words[kWords] = {"free",    "winner", "money",  "offer",
                                          "meeting", "report", "thanks", "project"};
static const float weights[kWords] = {1.2f, 1.6f, 0.9f, 0.8f, -1.1f, -0.9f, -0.7f, -1.0f};
static const char *const messages[] = {
    "winner winner claim your free money now",
    "the project report is ready thanks for the meeting",
    "free lunch at the project meeting",
    "special offer free offer limited offer",
    "thanks for the money",
    "lunch?",
};
constexpr int kMessages = sizeof(messages) / sizeof(messages[0]);

struct Decision {
  float bias;
  float threshold;
};
__constant__ Decision decision;

__global__ void decide(const float *scores, float *probabilities, int *spam, int count) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= count)
    return;
  float probability = 1.0f / (1.0f + expf(-(scores[i] + decision.bias)));
  probabilities[i] = probability;
  spam[i] = probability > decision.threshold;
}

static int occurrences(const std::string &text, const char *word) {
  int count = 0;
  for (size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1))
    ++count;
  return count;
}

int main() {
  const Decision settings = {-0.4f, 0.6f};
  CHECK(cudaMemcpyToSymbol(decision, &settings, sizeof(settings)));

  float *counts, *deviceWeights, *scores, *probabilities; // counts: messages x words, column-major
  int *spam;
  CHECK(cudaMallocManaged(&counts, kMessages * kWords * sizeof(float)));
  CHECK(cudaMallocManaged(&deviceWeights, sizeof(weights)));
  CHECK(cudaMallocManaged(&scores, kMessages * sizeof(float)));
  CHECK(cudaMallocManaged(&probabilities, kMessages * sizeof(float)));
  CHECK(cudaMallocManaged(&spam, kMessages * sizeof(int)));
  for (int message = 0; message < kMessages; ++message)
    for (int word = 0; word < kWords; ++word)
      counts[word * kMessages + message] = occurrences(messages[message], words[word]);
  memcpy(deviceWeights, weights, sizeof(weights));

  cublasHandle_t blas;
  CHECK_BLAS(cublasCreate(&blas));
  const float one = 1.0f, zero = 0.0f;
  CHECK_BLAS(cublasSgemm(blas, CUBLAS_OP_N, CUBLAS_OP_N, kMessages, 1, kWords, &one, counts,
                         kMessages, deviceWeights, kWords, &zero, scores, kMessages));
  decide<<<1, 32>>>(scores, probabilities, spam, kMessages);
  CHECK(cudaGetLastError());
  CHECK(cudaDeviceSynchronize());

  int wrong = 0;
  for (int message = 0; message < kMessages; ++message) {
    double score = settings.bias;
    for (int word = 0; word < kWords; ++word)
      score += double(weights[word]) * occurrences(messages[message], words[word]);
    double expected = 1.0 / (1.0 + std::exp(-score));
    wrong += std::fabs(probabilities[message] - expected) > 1e-5 ||
             (spam[message] != 0) != (expected > settings.threshold);
    printf("%-5s %.3f  %s\n", spam[message] ? "spam" : "ham", probabilities[message],
           messages[message]);
  }
  CHECK_BLAS(cublasDestroy(blas));
  CHECK(cudaFree(counts));
  CHECK(cudaFree(deviceWeights));
  CHECK(cudaFree(scores));
  CHECK(cudaFree(probabilities));
  CHECK(cudaFree(spam));
  printf("spam_filter: %d messages, %d wrong: %s\n", kMessages, wrong, wrong ? "FAILED" : "passed");
  return wrong ? EXIT_FAILURE : EXIT_SUCCESS;
}
