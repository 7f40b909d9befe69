// Shows cuDNN: a small convolutional network that learns to tell four kinds of pictures apart.
// Convolution, bias, relu, pooling, a fully connected layer as a convolution, softmax, their
// gradients. The first layer is checked against plain loops, the trained network by its answers.
#include <cublas_v2.h>
#include <cuda_runtime.h>
#include <cudnn.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
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

constexpr int kBatch = 32, kSide = 12, kFilters = 8, kTaps = 5, kMaps = kSide - kTaps + 1;
constexpr int kPooled = kMaps / 2, kClasses = 4, kFeatures = kFilters * kPooled * kPooled;
constexpr int kSteps = 150;
constexpr float kRate = 0.3f;

static unsigned randomState = 1;
static float randomNumber() { // 0...1
  randomState = randomState * 1664525u + 1013904223u;
  return static_cast<float>(randomState >> 8) / (1 << 24);
}

// A bar, a column, a diagonal or a cross somewhere in noise.
static void draw(std::vector<float> &pictures, std::vector<int> &labels) {
  pictures.resize(kBatch * kSide * kSide);
  labels.resize(kBatch);
  for (int n = 0; n < kBatch; ++n) {
    labels[n] = n % kClasses;
    const int row = 2 + int(randomNumber() * 8), column = 2 + int(randomNumber() * 8);
    for (int y = 0; y < kSide; ++y)
      for (int x = 0; x < kSide; ++x) {
        const bool bar = y == row, upright = x == column, slope = x - y == column - row;
        const bool on = labels[n] == 0   ? bar
                        : labels[n] == 1 ? upright
                        : labels[n] == 2 ? slope
                                         : bar || upright;
        pictures[(n * kSide + y) * kSide + x] = (on ? 0.8f : 0.0f) + 0.2f * randomNumber();
      }
  }
}

static cudnnTensorDescriptor_t tensor(int n, int c, int h, int w) {
  cudnnTensorDescriptor_t descriptor;
  CHECK_DNN(cudnnCreateTensorDescriptor(&descriptor));
  CHECK_DNN(
      cudnnSetTensor4dDescriptor(descriptor, CUDNN_TENSOR_NCHW, CUDNN_DATA_FLOAT, n, c, h, w));
  return descriptor;
}

static cudnnFilterDescriptor_t filter(int k, int c, int h, int w) {
  cudnnFilterDescriptor_t descriptor;
  CHECK_DNN(cudnnCreateFilterDescriptor(&descriptor));
  CHECK_DNN(
      cudnnSetFilter4dDescriptor(descriptor, CUDNN_DATA_FLOAT, CUDNN_TENSOR_NCHW, k, c, h, w));
  return descriptor;
}

static float *allocate(size_t count, float range = 0) {
  std::vector<float> values(count);
  for (float &value : values)
    value = range * (2 * randomNumber() - 1);
  float *memory;
  CHECK(cudaMalloc((void **)&memory, count * sizeof(float)));
  CHECK(cudaMemcpy(memory, values.data(), count * sizeof(float), cudaMemcpyHostToDevice));
  return memory;
}

// A layer of weights with their gradients.
struct Layer {
  cudnnFilterDescriptor_t shape;
  cudnnTensorDescriptor_t biasShape;
  cudnnConvolutionDescriptor_t convolution;
  cudnnConvolutionFwdAlgo_t algorithm;
  int weights, outputs;
  float *w, *dw, *b, *db;

  Layer(int filters, int channels, int side)
      : shape(filter(filters, channels, side, side)), biasShape(tensor(1, filters, 1, 1)),
        weights(filters * channels * side * side), outputs(filters) {
    CHECK_DNN(cudnnCreateConvolutionDescriptor(&convolution));
    CHECK_DNN(cudnnSetConvolution2dDescriptor(convolution, 0, 0, 1, 1, 1, 1,
                                              CUDNN_CROSS_CORRELATION, CUDNN_DATA_FLOAT));
    const float range = std::sqrt(3.0f / (channels * side * side));
    w = allocate(weights, range), dw = allocate(weights);
    b = allocate(outputs), db = allocate(outputs);
  }

  void forward(cudnnHandle_t dnn, cudnnTensorDescriptor_t xShape, const float *x,
               cudnnTensorDescriptor_t yShape, float *y) {
    const float one = 1, zero = 0;
    CHECK_DNN(cudnnGetConvolutionForwardAlgorithm(dnn, xShape, shape, convolution, yShape,
                                                  CUDNN_CONVOLUTION_FWD_NO_WORKSPACE, 0,
                                                  &algorithm));
    CHECK_DNN(cudnnConvolutionForward(dnn, &one, xShape, x, shape, w, convolution, algorithm,
                                      nullptr, 0, &zero, yShape, y));
    CHECK_DNN(cudnnAddTensor(dnn, &one, biasShape, b, &one, yShape, y));
  }

  void backward(cudnnHandle_t dnn, cudnnTensorDescriptor_t xShape, const float *x, float *dx,
                cudnnTensorDescriptor_t yShape, const float *dy) {
    const float one = 1, zero = 0;
    CHECK_DNN(cudnnConvolutionBackwardBias(dnn, &one, yShape, dy, &zero, biasShape, db));
    CHECK_DNN(cudnnConvolutionBackwardFilter(dnn, &one, xShape, x, yShape, dy, convolution,
                                             CUDNN_CONVOLUTION_BWD_FILTER_ALGO_1, nullptr, 0, &zero,
                                             shape, dw));
    if (dx)
      CHECK_DNN(cudnnConvolutionBackwardData(dnn, &one, shape, w, yShape, dy, convolution,
                                             CUDNN_CONVOLUTION_BWD_DATA_ALGO_1, nullptr, 0, &zero,
                                             xShape, dx));
  }

  void learn(cublasHandle_t blas) {
    const float step = -kRate;
    CHECK_BLAS(cublasSaxpy(blas, weights, &step, dw, 1, w, 1));
    CHECK_BLAS(cublasSaxpy(blas, outputs, &step, db, 1, b, 1));
  }
};

// The largest difference between the first layer's result and plain loops.
static double checkConvolution(const Layer &layer, const std::vector<float> &pictures,
                               const float *deviceMaps) {
  std::vector<float> w(layer.weights), maps(kBatch * kFilters * kMaps * kMaps);
  CHECK(cudaMemcpy(w.data(), layer.w, w.size() * sizeof(float), cudaMemcpyDeviceToHost));
  CHECK(cudaMemcpy(maps.data(), deviceMaps, maps.size() * sizeof(float), cudaMemcpyDeviceToHost));
  double worst = 0;
  for (int n = 0; n < kBatch; ++n)
    for (int k = 0; k < kFilters; ++k)
      for (int y = 0; y < kMaps; ++y)
        for (int x = 0; x < kMaps; ++x) {
          double sum = 0;
          for (int i = 0; i < kTaps * kTaps; ++i)
            sum += double(w[k * kTaps * kTaps + i]) *
                   pictures[(n * kSide + y + i / kTaps) * kSide + x + i % kTaps];
          worst =
              std::fmax(worst, std::fabs(maps[((n * kFilters + k) * kMaps + y) * kMaps + x] - sum));
        }
  return worst;
}

int main() {
  cudnnHandle_t dnn;
  cublasHandle_t blas;
  CHECK_DNN(cudnnCreate(&dnn));
  CHECK_BLAS(cublasCreate(&blas));

  Layer first(kFilters, 1, kTaps), second(kClasses, kFilters, kPooled);
  cudnnTensorDescriptor_t pictureShape = tensor(kBatch, 1, kSide, kSide),
                          mapShape = tensor(kBatch, kFilters, kMaps, kMaps),
                          pooledShape = tensor(kBatch, kFilters, kPooled, kPooled),
                          scoreShape = tensor(kBatch, kClasses, 1, 1);
  cudnnActivationDescriptor_t relu;
  CHECK_DNN(cudnnCreateActivationDescriptor(&relu));
  CHECK_DNN(cudnnSetActivationDescriptor(relu, CUDNN_ACTIVATION_RELU, CUDNN_PROPAGATE_NAN, 0));
  cudnnPoolingDescriptor_t pooling;
  CHECK_DNN(cudnnCreatePoolingDescriptor(&pooling));
  CHECK_DNN(cudnnSetPooling2dDescriptor(pooling, CUDNN_POOLING_MAX, CUDNN_PROPAGATE_NAN, 2, 2, 0, 0,
                                        2, 2));

  const size_t mapCount = size_t(kBatch) * kFilters * kMaps * kMaps;
  float *picture = allocate(kBatch * kSide * kSide), *maps = allocate(mapCount),
        *active = allocate(mapCount), *pooled = allocate(kBatch * kFeatures),
        *scores = allocate(kBatch * kClasses), *answers = allocate(kBatch * kClasses);
  float *dMaps = allocate(mapCount), *dActive = allocate(mapCount),
        *dPooled = allocate(kBatch * kFeatures), *dScores = allocate(kBatch * kClasses);

  const float one = 1, zero = 0;
  std::vector<float> pictures, gradient(kBatch * kClasses), found(kBatch * kClasses);
  std::vector<int> labels;
  int right = 0, tried = 0;
  for (int step = 0; step < kSteps + 4; ++step) { // the last four only answer
    draw(pictures, labels);
    CHECK(cudaMemcpy(picture, pictures.data(), pictures.size() * sizeof(float),
                     cudaMemcpyHostToDevice));
    first.forward(dnn, pictureShape, picture, mapShape, maps);
    if (step == 0) { // the bias is 0 yet
      const double worst = checkConvolution(first, pictures, maps);
      printf("first layer against plain loops: %s\n", worst < 1e-5 ? "equal" : "DIFFERENT");
      if (!(worst < 1e-5))
        return EXIT_FAILURE;
    }
    CHECK_DNN(cudnnActivationForward(dnn, relu, &one, mapShape, maps, &zero, mapShape, active));
    CHECK_DNN(
        cudnnPoolingForward(dnn, pooling, &one, mapShape, active, &zero, pooledShape, pooled));
    second.forward(dnn, pooledShape, pooled, scoreShape, scores);
    CHECK_DNN(cudnnSoftmaxForward(dnn, CUDNN_SOFTMAX_ACCURATE, CUDNN_SOFTMAX_MODE_CHANNEL, &one,
                                  scoreShape, scores, &zero, scoreShape, answers));
    CHECK(cudaMemcpy(found.data(), answers, found.size() * sizeof(float), cudaMemcpyDeviceToHost));
    for (int n = 0; n < kBatch; ++n) {
      int best = 0;
      for (int c = 0; c < kClasses; ++c) {
        const float answer = found[n * kClasses + c];
        best = answer > found[n * kClasses + best] ? c : best;
        gradient[n * kClasses + c] = (answer - (c == labels[n] ? 1 : 0)) / kBatch;
      }
      if (step >= kSteps)
        right += best == labels[n], ++tried;
    }
    if (step >= kSteps)
      continue;
    CHECK(cudaMemcpy(dScores, gradient.data(), gradient.size() * sizeof(float),
                     cudaMemcpyHostToDevice));
    second.backward(dnn, pooledShape, pooled, dPooled, scoreShape, dScores);
    CHECK_DNN(cudnnPoolingBackward(dnn, pooling, &one, pooledShape, pooled, pooledShape, dPooled,
                                   mapShape, active, &zero, mapShape, dActive));
    CHECK_DNN(cudnnActivationBackward(dnn, relu, &one, mapShape, active, mapShape, dActive,
                                      mapShape, maps, &zero, mapShape, dMaps));
    first.backward(dnn, pictureShape, picture, nullptr, mapShape, dMaps);
    first.learn(blas);
    second.learn(blas);
  }
  const bool learned = right > tried * 9 / 10;
  printf("after %d steps: %s\n", kSteps,
         learned ? "more than 9 of 10 new pictures told apart" : "NOT LEARNED");
  fprintf(stderr, "%d of %d\n", right, tried);
  CHECK_BLAS(cublasDestroy(blas));
  CHECK_DNN(cudnnDestroy(dnn));
  return learned ? EXIT_SUCCESS : EXIT_FAILURE;
}
