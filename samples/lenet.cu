// Shows training and inference in any precision: LeNet learns drawn digits with cuDNN and cuBLAS.
// Every layer, forward and backward, is a tensor operation, so the NPU runs them; its precision is
// the environment's (NPU_MATMUL_FORMAT=bf16, fp8_e4m3 ...) and not the program's.
//   lenet                    train, then answer 1000 new digits
//   lenet --save FILE        the same, and keep the weights
//   lenet --load FILE        answer only, with kept weights (NPU_MATMUL_FORMAT=int8)
// The check is the number of right answers: more than 95 of 100.
#include <cublas_v2.h>
#include <cuda_runtime.h>
#include <cudnn.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

#define CHECK(call)                                                                                \
  do {                                                                                             \
    cudaError_t error = (call);                                                                    \
    if (error != cudaSuccess) {                                                                    \
      fprintf(stderr, "%s:%d: %s: %s\n", __FILE__, __LINE__, #call, cudaGetErrorString(error));    \
      exit(EXIT_FAILURE);                                                                          \
    }                                                                                              \
  } while (0)

#define CHECK_DNN(call)                                                                            \
  do {                                                                                             \
    cudnnStatus_t status = (call);                                                                 \
    if (status != CUDNN_STATUS_SUCCESS) {                                                          \
      fprintf(stderr, "%s:%d: %s: %s\n", __FILE__, __LINE__, #call, cudnnGetErrorString(status));  \
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

constexpr int kBatch = 50, kSide = 28, kClasses = 10, kSteps = 160, kTests = 20;
constexpr float kRate = 0.05f, kMomentum = 0.9f;

static unsigned randomState = 1;
static float randomNumber() { // 0...1
  randomState = randomState * 1664525u + 1013904223u;
  return static_cast<float>(randomState >> 8) / (1 << 24);
}

// Each digit as seven rows of five dots.
static const char *const kDigits[kClasses] = {
    "01110100011001110101110011000101110", "00100011000010000100001000010001110",
    "01110100010000100010001000100011111", "11111000100010000010000011000101110",
    "00010001100101010010111110001000010", "11111100001111000001000011000101110",
    "00110010001000011110100011000101110", "11111000010001000100010000100001000",
    "01110100011000101110100011000101110", "01110100011000101111000010001001100"};

// Digits of different sizes, slants and places, in noise; the last picture depends on the first.
static void draw(std::vector<float> &pictures, std::vector<int> &labels) {
  pictures.resize(kBatch * kSide * kSide);
  labels.resize(kBatch);
  for (int n = 0; n < kBatch; ++n) {
    labels[n] = int(randomNumber() * kClasses);
    const float width = 2.4f + 1.6f * randomNumber(), height = 2.4f + 1.0f * randomNumber();
    const float slant = 0.5f * (randomNumber() - 0.5f);
    const float left = (kSide - 5 * width) * (0.3f + 0.4f * randomNumber());
    const float top = (kSide - 7 * height) * (0.2f + 0.6f * randomNumber());
    for (int y = 0; y < kSide; ++y)
      for (int x = 0; x < kSide; ++x) {
        const int row = int(std::floor((y - top) / height));
        const int column = int(std::floor((x - left + slant * (y - kSide / 2)) / width));
        const bool ink = row >= 0 && row < 7 && column >= 0 && column < 5 &&
                         kDigits[labels[n]][row * 5 + column] == '1';
        pictures[(n * kSide + y) * kSide + x] = (ink ? 0.8f : 0.0f) + 0.4f * randomNumber() - 0.3f;
      }
  }
}

static float *allocate(size_t count, float range = 0) {
  std::vector<float> values(count);
  for (float &value : values)
    value = range * (2 * randomNumber() - 1);
  float *memory;
  CHECK(cudaMalloc(&memory, count * sizeof(float)));
  CHECK(cudaMemcpy(memory, values.data(), count * sizeof(float), cudaMemcpyHostToDevice));
  return memory;
}

// A batch of images or features, and their gradient.
struct Images {
  cudnnTensorDescriptor_t shape;
  int count;
  float *data, *gradient;

  Images(int channels, int side) : count(kBatch * channels * side * side) {
    CHECK_DNN(cudnnCreateTensorDescriptor(&shape));
    CHECK_DNN(cudnnSetTensor4dDescriptor(shape, CUDNN_TENSOR_NCHW, CUDNN_DATA_FLOAT, kBatch,
                                         channels, side, side));
    data = allocate(count);
    gradient = allocate(count);
  }
};

struct Libraries {
  cudnnHandle_t dnn;
  cublasHandle_t blas;
  cudnnActivationDescriptor_t relu;
  cudnnPoolingDescriptor_t pooling;
};

// Weights of a convolution, their gradient, and how they moved last.
struct Weights {
  int count;
  float *values, *gradient, *motion;

  Weights(int count, float range)
      : count(count), values(allocate(count, range)), gradient(allocate(count)),
        motion(allocate(count)) {}

  void learn(cublasHandle_t blas) {
    const float momentum = kMomentum, step = -kRate, one = 1;
    CHECK_BLAS(cublasSscal(blas, count, &momentum, motion, 1));
    CHECK_BLAS(cublasSaxpy(blas, count, &step, gradient, 1, motion, 1));
    CHECK_BLAS(cublasSaxpy(blas, count, &one, motion, 1, values, 1));
  }

  bool transfer(FILE *file, bool load) {
    std::vector<float> host(count);
    if (load && fread(host.data(), sizeof(float), count, file) != size_t(count))
      return false;
    if (load)
      CHECK(cudaMemcpy(values, host.data(), count * sizeof(float), cudaMemcpyHostToDevice));
    else
      CHECK(cudaMemcpy(host.data(), values, count * sizeof(float), cudaMemcpyDeviceToHost));
    return load || fwrite(host.data(), sizeof(float), count, file) == size_t(count);
  }
};

// A convolution with bias; with a window as large as its image it is a fully connected layer.
struct Layer {
  cudnnFilterDescriptor_t shape;
  cudnnTensorDescriptor_t biasShape;
  cudnnConvolutionDescriptor_t convolution;
  Weights filter, bias;

  Layer(int outputs, int inputs, int side)
      : filter(outputs * inputs * side * side, std::sqrt(6.0f / (inputs * side * side))),
        bias(outputs, 0) {
    CHECK_DNN(cudnnCreateFilterDescriptor(&shape));
    CHECK_DNN(cudnnSetFilter4dDescriptor(shape, CUDNN_DATA_FLOAT, CUDNN_TENSOR_NCHW, outputs,
                                         inputs, side, side));
    CHECK_DNN(cudnnCreateTensorDescriptor(&biasShape));
    CHECK_DNN(cudnnSetTensor4dDescriptor(biasShape, CUDNN_TENSOR_NCHW, CUDNN_DATA_FLOAT, 1, outputs,
                                         1, 1));
    CHECK_DNN(cudnnCreateConvolutionDescriptor(&convolution));
    CHECK_DNN(cudnnSetConvolution2dDescriptor(convolution, 0, 0, 1, 1, 1, 1,
                                              CUDNN_CROSS_CORRELATION, CUDNN_DATA_FLOAT));
  }

  void forward(const Libraries &libraries, const Images &x, Images &y) {
    const float one = 1, zero = 0;
    CHECK_DNN(cudnnConvolutionForward(libraries.dnn, &one, x.shape, x.data, shape, filter.values,
                                      convolution, CUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_GEMM,
                                      nullptr, 0, &zero, y.shape, y.data));
    CHECK_DNN(cudnnAddTensor(libraries.dnn, &one, biasShape, bias.values, &one, y.shape, y.data));
  }

  void backward(const Libraries &libraries, Images &x, const Images &y, bool wantsGradient) {
    const float one = 1, zero = 0;
    CHECK_DNN(cudnnConvolutionBackwardBias(libraries.dnn, &one, y.shape, y.gradient, &zero,
                                           biasShape, bias.gradient));
    CHECK_DNN(cudnnConvolutionBackwardFilter(
        libraries.dnn, &one, x.shape, x.data, y.shape, y.gradient, convolution,
        CUDNN_CONVOLUTION_BWD_FILTER_ALGO_1, nullptr, 0, &zero, shape, filter.gradient));
    if (wantsGradient)
      CHECK_DNN(cudnnConvolutionBackwardData(
          libraries.dnn, &one, shape, filter.values, y.shape, y.gradient, convolution,
          CUDNN_CONVOLUTION_BWD_DATA_ALGO_1, nullptr, 0, &zero, x.shape, x.gradient));
  }

  void learn(cublasHandle_t blas) {
    filter.learn(blas);
    bias.learn(blas);
  }
};

struct Network {
  Libraries libraries;
  Layer first{6, 1, 5}, second{16, 6, 5}, third{120, 16, 4}, fourth{84, 120, 1},
      fifth{kClasses, 84, 1};
  Images picture{1, 28}, maps1{6, 24}, active1{6, 24}, pooled1{6, 12}, maps2{16, 8}, active2{16, 8},
      pooled2{16, 4}, features3{120, 1}, active3{120, 1}, features4{84, 1}, active4{84, 1},
      scores{kClasses, 1}, answers{kClasses, 1};

  Network() {
    CHECK_DNN(cudnnCreate(&libraries.dnn));
    CHECK_BLAS(cublasCreate(&libraries.blas));
    CHECK_DNN(cudnnCreateActivationDescriptor(&libraries.relu));
    CHECK_DNN(cudnnSetActivationDescriptor(libraries.relu, CUDNN_ACTIVATION_RELU,
                                           CUDNN_NOT_PROPAGATE_NAN, 0));
    CHECK_DNN(cudnnCreatePoolingDescriptor(&libraries.pooling));
    CHECK_DNN(cudnnSetPooling2dDescriptor(libraries.pooling, CUDNN_POOLING_MAX, CUDNN_PROPAGATE_NAN,
                                          2, 2, 0, 0, 2, 2));
  }

  void activate(Images &x, Images &y) {
    const float one = 1, zero = 0;
    CHECK_DNN(cudnnActivationForward(libraries.dnn, libraries.relu, &one, x.shape, x.data, &zero,
                                     y.shape, y.data));
  }
  void activateBack(Images &x, Images &y) {
    const float one = 1, zero = 0;
    CHECK_DNN(cudnnActivationBackward(libraries.dnn, libraries.relu, &one, y.shape, y.data, y.shape,
                                      y.gradient, x.shape, x.data, &zero, x.shape, x.gradient));
  }
  void pool(Images &x, Images &y) {
    const float one = 1, zero = 0;
    CHECK_DNN(cudnnPoolingForward(libraries.dnn, libraries.pooling, &one, x.shape, x.data, &zero,
                                  y.shape, y.data));
  }
  void poolBack(Images &x, Images &y) {
    const float one = 1, zero = 0;
    CHECK_DNN(cudnnPoolingBackward(libraries.dnn, libraries.pooling, &one, y.shape, y.data, y.shape,
                                   y.gradient, x.shape, x.data, &zero, x.shape, x.gradient));
  }

  // The probabilities of the classes of each picture.
  std::vector<float> answer(const std::vector<float> &pictures) {
    const float one = 1, zero = 0;
    CHECK(cudaMemcpy(picture.data, pictures.data(), pictures.size() * sizeof(float),
                     cudaMemcpyHostToDevice));
    first.forward(libraries, picture, maps1);
    activate(maps1, active1);
    pool(active1, pooled1);
    second.forward(libraries, pooled1, maps2);
    activate(maps2, active2);
    pool(active2, pooled2);
    third.forward(libraries, pooled2, features3);
    activate(features3, active3);
    fourth.forward(libraries, active3, features4);
    activate(features4, active4);
    fifth.forward(libraries, active4, scores);
    CHECK_DNN(cudnnSoftmaxForward(libraries.dnn, CUDNN_SOFTMAX_ACCURATE, CUDNN_SOFTMAX_MODE_CHANNEL,
                                  &one, scores.shape, scores.data, &zero, answers.shape,
                                  answers.data));
    std::vector<float> found(kBatch * kClasses);
    CHECK(cudaMemcpy(found.data(), answers.data, found.size() * sizeof(float),
                     cudaMemcpyDeviceToHost));
    return found;
  }

  // One step against the gradient of the cross entropy.
  void learn(std::vector<float> found, const std::vector<int> &labels) {
    for (int n = 0; n < kBatch; ++n)
      for (int c = 0; c < kClasses; ++c)
        found[n * kClasses + c] = (found[n * kClasses + c] - (c == labels[n])) / kBatch;
    CHECK(cudaMemcpy(scores.gradient, found.data(), found.size() * sizeof(float),
                     cudaMemcpyHostToDevice));
    fifth.backward(libraries, active4, scores, true);
    activateBack(features4, active4);
    fourth.backward(libraries, active3, features4, true);
    activateBack(features3, active3);
    third.backward(libraries, pooled2, features3, true);
    poolBack(active2, pooled2);
    activateBack(maps2, active2);
    second.backward(libraries, pooled1, maps2, true);
    poolBack(active1, pooled1);
    activateBack(maps1, active1);
    first.backward(libraries, picture, maps1, false);
    for (Layer *layer : {&first, &second, &third, &fourth, &fifth})
      layer->learn(libraries.blas);
  }

  bool transfer(const char *path, bool load) {
    FILE *file = fopen(path, load ? "rb" : "wb");
    bool good = file != nullptr;
    for (Layer *layer : {&first, &second, &third, &fourth, &fifth})
      good = good && layer->filter.transfer(file, load) && layer->bias.transfer(file, load);
    if (file && fclose(file) != 0)
      good = false;
    if (!good)
      fprintf(stderr, "lenet: cannot %s weights: %s\n", load ? "read" : "write", path);
    return good;
  }
};

int main(int argc, char **argv) {
  const bool loads = argc == 3 && strcmp(argv[1], "--load") == 0;
  const bool saves = argc == 3 && strcmp(argv[1], "--save") == 0;
  if (argc > 1 && !loads && !saves) {
    fprintf(stderr, "usage: lenet [--save FILE | --load FILE]\n");
    return EXIT_FAILURE;
  }
  Network network;
  std::vector<float> pictures;
  std::vector<int> labels;
  if (loads && !network.transfer(argv[2], true))
    return EXIT_FAILURE;
  for (int step = 0; !loads && step < kSteps; ++step) {
    draw(pictures, labels);
    network.learn(network.answer(pictures), labels);
  }
  if (saves && !network.transfer(argv[2], false))
    return EXIT_FAILURE;
  randomState = 77; // the same new digits for every set of weights
  int right = 0;
  for (int test = 0; test < kTests; ++test) {
    draw(pictures, labels);
    const std::vector<float> found = network.answer(pictures);
    for (int n = 0; n < kBatch; ++n) {
      int best = 0;
      for (int c = 1; c < kClasses; ++c)
        if (found[n * kClasses + c] > found[n * kClasses + best])
          best = c;
      right += best == labels[n];
    }
  }
  const int tried = kTests * kBatch;
  fprintf(stderr, "lenet: %d of %d digits right\n", right, tried); // depends on the precision
  const bool good = right > tried * 95 / 100;
  printf("lenet: more than 95 of 100 digits right: %s\n", good ? "passed" : "FAILED");
  return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
