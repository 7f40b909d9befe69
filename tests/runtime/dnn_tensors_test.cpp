// Operations on whole tensors: blending, broadcasts, formats, reductions.
#include "dnn_fixture.h"

using namespace npu;

namespace {

class DnnTensors : public DnnTest {};

TEST_F(DnnTensors, AddTensorRepeatsDimensionsOfOne) {
  const auto bias = numbers(3, 1), before = numbers(24, 2);
  const float alpha = 2, beta = 0.5f;
  float *c = device(before);
  EXPECT_DNN(npudnnAddTensor(handle, &alpha, tensor({1, 3, 1, 1}), device(bias), &beta,
                             tensor({2, 3, 2, 2}), c));
  std::vector<double> wanted;
  for (size_t i = 0; i < 24; ++i)
    wanted.push_back(2 * double(bias[i / 4 % 3]) + 0.5 * double(before[i]));
  expectNear(read(c, 24), wanted, 1e-6, "C");
  EXPECT_EQ(npudnnAddTensor(handle, &alpha, tensor({1, 2, 1, 1}), device(bias), &beta,
                            tensor({2, 3, 2, 2}), c),
            NPUDNN_STATUS_BAD_PARAM);
}

TEST_F(DnnTensors, TransformMovesBetweenOrdersAndFormats) {
  const auto xs = numbers(24, 1);
  float *last = device(std::vector<float>(24, NAN)), *back = device(std::vector<float>(24, NAN));
  npudnnTensorDescriptor_t nchw = tensor({2, 3, 2, 2}),
                           nhwc = tensor({2, 3, 2, 2}, NPUDNN_TENSOR_NHWC);
  EXPECT_DNN(npudnnTransformTensor(handle, &one, nchw, device(xs), &zero, nhwc, last));
  EXPECT_DNN(npudnnTransformTensor(handle, &one, nhwc, last, &zero, nchw, back));
  EXPECT_EQ(read(back, 24), xs);
  EXPECT_EQ(last[1], xs[4]) << "the second channel of the first place";

  const std::vector<int8_t> bytes = {1, -2, 3, -4, 5, -6, 7, -8, 9, -10, 11, -12, 13, -14, 15, -16};
  int8_t *vectors = device(std::vector<int8_t>(16)), *plain = device(std::vector<int8_t>(16));
  npudnnTensorDescriptor_t flat = tensor({1, 8, 1, 2}, NPUDNN_TENSOR_NCHW, NPUDNN_DATA_INT8),
                           vect =
                               tensor({1, 8, 1, 2}, NPUDNN_TENSOR_NCHW_VECT_C, NPUDNN_DATA_INT8x4);
  EXPECT_DNN(npudnnTransformTensor(handle, &one, flat, device(bytes), &zero, vect, vectors));
  EXPECT_DNN(npudnnTransformTensor(handle, &one, vect, vectors, &zero, flat, plain));
  EXPECT_EQ(read(plain, 16), bytes);
  EXPECT_EQ((std::vector<int8_t>(vectors, vectors + 4)), (std::vector<int8_t>{1, 3, 5, 7}));
}

TEST_F(DnnTensors, HalfNumbersRoundToNearestEven) {
  const std::vector<float> xs = {1.0f, 2049.0f, 65520.0f, 5.9604645e-8f, -0.1f, 1e-9f, NAN, 3.0f};
  const std::vector<uint16_t> wanted = {0x3c00, 0x6800, 0x7c00, 0x0001,
                                        0xae66, 0x0000, 0x7e00, 0x4200};
  npudnnTensorDescriptor_t from = tensor({1, 1, 2, 4}),
                           to = tensor({1, 1, 2, 4}, NPUDNN_TENSOR_NCHW, NPUDNN_DATA_HALF);
  uint16_t *ys = device(std::vector<uint16_t>(8));
  // Padding by nothing is the host's conversion.
  npudnnTensorTransformDescriptor_t transform;
  EXPECT_DNN(npudnnCreateTensorTransformDescriptor(&transform));
  EXPECT_DNN(npudnnSetTensorTransformDescriptor(transform, 4, NPUDNN_TENSOR_NCHW, nullptr, nullptr,
                                                nullptr, NPUDNN_TRANSFORM_FOLD));
  EXPECT_DNN(npudnnTransformTensorEx(handle, transform, &one, from, device(xs), &zero, to, ys));
  EXPECT_EQ(read(ys, 8), wanted);
}

TEST_F(DnnTensors, TransformPadsWithZeros) {
  const int32_t before[] = {0, 0, 1, 0}, after[] = {0, 0, 0, 1};
  npudnnTensorTransformDescriptor_t transform;
  EXPECT_DNN(npudnnCreateTensorTransformDescriptor(&transform));
  EXPECT_DNN(npudnnSetTensorTransformDescriptor(transform, 4, NPUDNN_TENSOR_NCHW, before, after,
                                                nullptr, NPUDNN_TRANSFORM_FOLD));
  npudnnTensorDescriptor_t from = tensor({1, 1, 2, 2}), to = tensor({1, 1, 1, 1});
  size_t bytes = 0;
  EXPECT_DNN(npudnnInitTransformDest(transform, from, to, &bytes));
  EXPECT_EQ(bytes, 36u);
  float *y = device(std::vector<float>(9, NAN));
  EXPECT_DNN(npudnnTransformTensorEx(handle, transform, &one, from,
                                     device(std::vector<float>{1, 2, 3, 4}), &zero, to, y));
  EXPECT_EQ(read(y, 9), (std::vector<float>{0, 0, 0, 1, 2, 0, 3, 4, 0}));
}

TEST_F(DnnTensors, OpTensorCombinesAndBlends) {
  const std::vector<float> a = {1, 4, 9, 16}, b = {2}, c = {10, 20, 30, 40};
  const struct {
    npudnnOpTensorOp_t op;
    std::vector<float> plain, blended; // alpha1 1, alpha2 3, beta 0; beta 2
  } cases[] = {
      {NPUDNN_OP_TENSOR_ADD, {7, 10, 15, 22}, {27, 50, 75, 102}},
      {NPUDNN_OP_TENSOR_MUL, {6, 24, 54, 96}, {26, 64, 114, 176}},
      {NPUDNN_OP_TENSOR_MIN, {1, 4, 6, 6}, {21, 44, 66, 86}},
      {NPUDNN_OP_TENSOR_MAX, {6, 6, 9, 16}, {26, 46, 69, 96}},
      {NPUDNN_OP_TENSOR_SQRT, {1, 2, 3, 4}, {21, 42, 63, 84}},
      {NPUDNN_OP_TENSOR_NOT, {0, -3, -8, -15}, {20, 37, 52, 65}},
  };
  npudnnTensorDescriptor_t whole = tensor({1, 1, 2, 2}), single = tensor({1, 1, 1, 1});
  npudnnOpTensorDescriptor_t op;
  EXPECT_DNN(npudnnCreateOpTensorDescriptor(&op));
  const float three = 3, two = 2;
  for (const auto &test : cases) {
    EXPECT_DNN(npudnnSetOpTensorDescriptor(op, test.op, NPUDNN_DATA_FLOAT, NPUDNN_PROPAGATE_NAN));
    float *result = device(std::vector<float>(4, NAN)), *kept = device(c);
    EXPECT_DNN(npudnnOpTensor(handle, op, &one, whole, device(a), &three, single, device(b), &zero,
                              whole, result));
    EXPECT_DNN(npudnnOpTensor(handle, op, &one, whole, device(a), &three, single, device(b), &two,
                              whole, kept));
    EXPECT_EQ(read(result, 4), test.plain);
    EXPECT_EQ(read(kept, 4), test.blended);
  }
}

TEST_F(DnnTensors, ReductionsOfEveryKind) {
  const std::vector<float> a = {3, -4, 0, 2, 5, -1};
  const struct {
    npudnnReduceTensorOp_t op;
    std::vector<double> wanted; // of the rows {3, -4, 0} and {2, 5, -1}
    std::vector<uint32_t> places;
  } cases[] = {
      {NPUDNN_REDUCE_TENSOR_ADD, {-1, 6}, {}},
      {NPUDNN_REDUCE_TENSOR_MUL, {0, -10}, {}},
      {NPUDNN_REDUCE_TENSOR_MIN, {-4, -1}, {1, 2}},
      {NPUDNN_REDUCE_TENSOR_MAX, {3, 5}, {0, 1}},
      {NPUDNN_REDUCE_TENSOR_AMAX, {4, 5}, {1, 1}},
      {NPUDNN_REDUCE_TENSOR_AVG, {-1.0 / 3, 2}, {}},
      {NPUDNN_REDUCE_TENSOR_NORM1, {7, 8}, {}},
      {NPUDNN_REDUCE_TENSOR_NORM2, {5, std::sqrt(30.0)}, {}},
      {NPUDNN_REDUCE_TENSOR_MUL_NO_ZEROS, {-12, -10}, {}},
  };
  npudnnTensorDescriptor_t from = tensor({1, 2, 1, 3}), to = tensor({1, 2, 1, 1});
  npudnnReduceTensorDescriptor_t reduce;
  EXPECT_DNN(npudnnCreateReduceTensorDescriptor(&reduce));
  for (const auto &test : cases) {
    EXPECT_DNN(npudnnSetReduceTensorDescriptor(
        reduce, test.op, NPUDNN_DATA_FLOAT, NPUDNN_NOT_PROPAGATE_NAN,
        NPUDNN_REDUCE_TENSOR_FLATTENED_INDICES, NPUDNN_32BIT_INDICES));
    size_t bytes = 1;
    EXPECT_DNN(npudnnGetReductionIndicesSize(handle, reduce, from, to, &bytes));
    EXPECT_EQ(bytes, test.places.size() * 4);
    uint32_t *places = device(std::vector<uint32_t>(2, 77));
    float *c = device(std::vector<float>(2, NAN));
    EXPECT_DNN(npudnnReduceTensor(handle, reduce, places, 8, nullptr, 0, &one, from, device(a),
                                  &zero, to, c));
    expectNear(read(c, 2), test.wanted, 1e-6, "C");
    if (!test.places.empty()) {
      EXPECT_EQ(read(places, 2), test.places);
    }
  }
}

TEST_F(DnnTensors, SetAndScaleReachStridedElementsOnly) {
  float *y = device(std::vector<float>(8, 7));
  npudnnTensorDescriptor_t everySecond = strided({1, 1, 2, 2}, {8, 8, 4, 2});
  const float five = 5, two = 2;
  EXPECT_DNN(npudnnSetTensor(handle, everySecond, y, &five));
  EXPECT_DNN(npudnnScaleTensor(handle, everySecond, y, &two));
  EXPECT_EQ(read(y, 8), (std::vector<float>{10, 7, 10, 7, 10, 7, 10, 7}));
}

} // namespace
