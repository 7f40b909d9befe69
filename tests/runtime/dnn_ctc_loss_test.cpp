// CTC loss: PyTorch's values, sequences without a path, and the descriptor's versions.
#include "dnn_fixture.h"
#include "golden.h"

using namespace npu;

namespace {

class DnnCtcLoss : public DnnTest {
protected:
  npudnnCTCLossDescriptor_t ctc(npudnnLossNormalizationMode_t normalization,
                                npudnnNanPropagation_t nan = NPUDNN_NOT_PROPAGATE_NAN) {
    npudnnCTCLossDescriptor_t descriptor = nullptr;
    EXPECT_DNN(npudnnCreateCTCLossDescriptor(&descriptor));
    EXPECT_DNN(npudnnSetCTCLossDescriptor_v8(descriptor, NPUDNN_DATA_FLOAT, normalization, nan, 9));
    return descriptor;
  }
};

TEST_F(DnnCtcLoss, ValuesAndGradientsAreThoseOfPyTorch) {
  for (const GoldenCase &golden : goldenCases("ctc")) {
    const auto probs = tensor(golden.dims("x"));
    const std::vector<float> x(golden["x"].begin(), golden["x"].end());
    std::vector<int> labels = golden.integers("labels"), counts = golden.integers("counts"),
                     lengths = golden.integers("lengths");
    labels.push_back(-1); // never read
    const auto descriptor = ctc(NPUDNN_LOSS_NORMALIZATION_SOFTMAX);
    float *costs = device(std::vector<float>(counts.size(), NAN)),
          *gradients = device(std::vector<float>(x.size(), NAN));
    size_t bytes = 1;
    EXPECT_DNN(npudnnGetCTCLossWorkspaceSize(handle, probs, probs, labels.data(), counts.data(),
                                             lengths.data(), NPUDNN_CTC_LOSS_ALGO_DETERMINISTIC,
                                             descriptor, &bytes));
    EXPECT_DNN(npudnnCTCLoss(handle, probs, device(x), labels.data(), counts.data(), lengths.data(),
                             costs, probs, gradients, NPUDNN_CTC_LOSS_ALGO_DETERMINISTIC,
                             descriptor, nullptr, bytes));
    // Results are rounded to float: 2^-24 of values below 32.
    expectNear(read(costs, counts.size()), golden["losses"], 2e-6, "losses");
    expectNear(read(gradients, x.size()), golden["dx"], 1e-7, "dx");

    // The same of probabilities, by version 8's call.
    std::vector<float> p = x;
    const size_t symbols = size_t(golden.dims("x")[2]);
    for (size_t row = 0; row < p.size(); row += symbols) {
      double sum = 0;
      for (size_t i = row; i < row + symbols; ++i)
        sum += std::exp(double(x[i]));
      for (size_t i = row; i < row + symbols; ++i)
        p[i] = float(std::exp(double(x[i])) / sum);
    }
    const auto plain = ctc(NPUDNN_LOSS_NORMALIZATION_NONE);
    EXPECT_DNN(npudnnGetCTCLossWorkspaceSize_v8(handle, NPUDNN_CTC_LOSS_ALGO_NON_DETERMINISTIC,
                                                plain, probs, probs, &bytes));
    EXPECT_DNN(npudnnCTCLoss_v8(handle, NPUDNN_CTC_LOSS_ALGO_NON_DETERMINISTIC, plain, probs,
                                device(p), device(labels), device(counts), device(lengths), costs,
                                probs, gradients, bytes, nullptr));
    expectNear(read(costs, counts.size()), golden["losses"], 2e-5, "losses of probabilities");
    expectNear(read(gradients, x.size()), golden["dx"], 2e-6, "dx of probabilities");
  }
}

TEST_F(DnnCtcLoss, WithoutAPathItIsInfinite) {
  const int labels[] = {1, 1}, counts[] = {2}, lengths[] = {2}; // needs a blank between
  const auto probs = tensor({2, 1, 3});
  for (auto nan : {NPUDNN_NOT_PROPAGATE_NAN, NPUDNN_PROPAGATE_NAN}) {
    float *cost = device(std::vector<float>(1)), *gradients = device(std::vector<float>(6, 5));
    EXPECT_DNN(npudnnCTCLoss(handle, probs, device(numbers(6)), labels, counts, lengths, cost,
                             probs, gradients, NPUDNN_CTC_LOSS_ALGO_DETERMINISTIC,
                             ctc(NPUDNN_LOSS_NORMALIZATION_SOFTMAX, nan), nullptr, 0));
    EXPECT_TRUE(std::isinf(read(cost, 1)[0]));
    for (float value : read(gradients, 6))
      EXPECT_TRUE(nan == NPUDNN_PROPAGATE_NAN ? std::isnan(value) : value == 0);
  }
  const int wrong[] = {3, 1};
  float *cost = device(std::vector<float>(1));
  EXPECT_EQ(npudnnCTCLoss(handle, probs, device(numbers(6)), wrong, counts, lengths, cost, nullptr,
                          nullptr, NPUDNN_CTC_LOSS_ALGO_DETERMINISTIC,
                          ctc(NPUDNN_LOSS_NORMALIZATION_SOFTMAX), nullptr, 0),
            NPUDNN_STATUS_BAD_PARAM);
}

TEST_F(DnnCtcLoss, DescriptorsGiveBackWhatWasSet) {
  npudnnCTCLossDescriptor_t descriptor = nullptr;
  EXPECT_DNN(npudnnCreateCTCLossDescriptor(&descriptor));
  npudnnDataType_t type;
  EXPECT_EQ(npudnnGetCTCLossDescriptor(descriptor, &type), NPUDNN_STATUS_BAD_PARAM);
  EXPECT_DNN(npudnnSetCTCLossDescriptor(descriptor, NPUDNN_DATA_FLOAT));
  EXPECT_DNN(npudnnGetCTCLossDescriptor(descriptor, &type));
  EXPECT_EQ(type, NPUDNN_DATA_FLOAT);
  npudnnLossNormalizationMode_t normalization;
  npudnnNanPropagation_t nan;
  npudnnCTCGradMode_t beyond;
  int longest = 0;
  EXPECT_DNN(npudnnSetCTCLossDescriptorEx(descriptor, NPUDNN_DATA_FLOAT,
                                          NPUDNN_LOSS_NORMALIZATION_SOFTMAX, NPUDNN_PROPAGATE_NAN));
  EXPECT_DNN(npudnnGetCTCLossDescriptorEx(descriptor, &type, &normalization, &nan));
  EXPECT_EQ(normalization, NPUDNN_LOSS_NORMALIZATION_SOFTMAX);
  EXPECT_EQ(nan, NPUDNN_PROPAGATE_NAN);
  EXPECT_DNN(npudnnSetCTCLossDescriptor_v8(
      descriptor, NPUDNN_DATA_FLOAT, NPUDNN_LOSS_NORMALIZATION_NONE, NPUDNN_NOT_PROPAGATE_NAN, 33));
  EXPECT_DNN(npudnnGetCTCLossDescriptor_v8(descriptor, &type, &normalization, &nan, &longest));
  EXPECT_EQ(longest, 33);
  EXPECT_DNN(npudnnSetCTCLossDescriptor_v9(descriptor, NPUDNN_DATA_FLOAT,
                                           NPUDNN_LOSS_NORMALIZATION_NONE,
                                           NPUDNN_CTC_SKIP_OOB_GRADIENTS, 34));
  EXPECT_DNN(npudnnGetCTCLossDescriptor_v9(descriptor, &type, &normalization, &beyond, &longest));
  EXPECT_EQ(beyond, NPUDNN_CTC_SKIP_OOB_GRADIENTS);
  EXPECT_EQ(longest, 34);
  EXPECT_DNN(npudnnDestroyCTCLossDescriptor(descriptor));
  EXPECT_EQ(npudnnDestroyCTCLossDescriptor(descriptor), NPUDNN_STATUS_BAD_PARAM);
}

} // namespace
