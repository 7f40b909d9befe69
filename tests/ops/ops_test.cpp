// Runs the problems of images.txt and rows.txt on the NPU and compares with the host's reference,
// whose gradients are themselves compared with differences of its forward operations.
//
// Tolerance of sums of products: as in gemm_test.cpp, with the sum of magnitudes taken from the
// reference of the operands' magnitudes. Of everything else: a few roundings of fp32 at the size of
// the largest result, and one of the result's own format.
#include "op_problem.h"

#include "npu/device.h"
#include "src/formats.h"
#include "src/tensor_reference.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <future>

using namespace npu;
using namespace npu::test;

namespace {

double unitRoundoff(Format format) {
  switch (format) {
  case Format::F64:
    return std::ldexp(1, -53);
  case Format::Tf32:
  case Format::F16:
    return std::ldexp(1, -11);
  case Format::Bf16:
    return std::ldexp(1, -8);
  case Format::Int8:
  case Format::Int32:
    return 0;
  default:
    return std::ldexp(1, -24);
  }
}

// Calls visit(element) for every element of a tensor without repetitions.
template <class Visit> void forEachOf(const Tensor &tensor, Visit visit) {
  std::vector<int64_t> index(tensor.sizes.size(), 0);
  for (int64_t size : tensor.sizes)
    if (size == 0)
      return;
  for (;;) {
    int64_t element = 0;
    for (size_t i = 0; i < index.size(); ++i)
      element += index[i] * tensor.strides[i];
    visit(element);
    size_t axis = index.size();
    while (axis > 0 && ++index[axis - 1] == tensor.sizes[axis - 1])
      index[--axis] = 0;
    if (axis == 0)
      return;
  }
}

double at(const Tensor &tensor, int64_t element) {
  return core::loadElement(tensor.data, tensor.format, element).real();
}

std::vector<double> valuesOf(const Tensor &tensor) {
  std::vector<double> values;
  forEachOf(tensor, [&](int64_t element) { values.push_back(at(tensor, element)); });
  return values;
}

void makeMagnitudes(TensorOp &op) {
  for (Tensor &source : op.src)
    forEachOf(source, [&](int64_t element) {
      core::storeElement(source.data, source.format, element, std::fabs(at(source, element)));
    });
  op.alpha = std::abs(op.alpha), op.beta = std::abs(op.beta);
  op.activation = Activation::None;
}

class OpTest : public testing::Test {
public:
  OpTest(Device *device, std::string line) : device(device), line(std::move(line)) {}

  void TestBody() override {
    OpProblem problem(line), wanted(line);
    if (Status status = core::checkTensorOp(problem.op); !status)
      FAIL() << "not a valid problem: " << status.message();
    if (Status no = device->accepts(problem.op); !no.ok())
      GTEST_SKIP() << device->name() << ": " << no.message();
    core::runReference(wanted.op);
    std::promise<Status> done;
    device->execute(problem.op, [&](Status status) { done.set_value(status); });
    const Status status = done.get_future().get();
    ASSERT_TRUE(status.ok()) << status.message();
    for (size_t i = 0; i < problem.op.dst.size(); ++i)
      compare(problem, wanted.op.dst[i], i);
  }

private:
  void compare(const OpProblem &problem, const Tensor &wantedTensor, size_t index) {
    const std::vector<double> want = valuesOf(wantedTensor);
    const std::vector<double> got = valuesOf(problem.op.dst[index]);
    std::vector<double> size(want.size(), 0);
    double factor = 16 * unitRoundoff(Format::F32), largest = 0;
    if (problem.depth > 0) {
      OpProblem magnitudes(line);
      makeMagnitudes(magnitudes.op);
      core::runReference(magnitudes.op);
      size = valuesOf(magnitudes.op.dst[0]);
      const bool exact = problem.op.dst[0].format == Format::Int32;
      factor = exact ? 0
                     : 2 * unitRoundoff(problem.op.math.compute) +
                           (problem.depth + 6) * unitRoundoff(Format::F32);
    } else {
      for (double value : want)
        largest = std::max(largest, std::fabs(value));
      size.assign(want.size(), std::max(largest, 1.0));
      if (problem.op.kind == TensorOp::Kind::attention) // the weights are rounded to the products'
        factor += 2 * unitRoundoff(problem.op.math.compute);
    }
    for (size_t i = 0; i < want.size(); ++i)
      ASSERT_LE(std::fabs(got[i] - want[i]),
                size[i] * factor +
                    2 * std::fabs(want[i]) * unitRoundoff(problem.op.dst[index].format))
          << "element " << i << " of result " << index << " is " << got[i] << ", not " << want[i];
  }

  Device *device;
  std::string line;
};

// sum(dY * forward(X)) must change with X as the gradient says; everything in double.
void checkGradient(const std::string &forwardLine, const std::string &gradientLine,
                   size_t sourceIndex, size_t otherIndex, size_t otherIndexInGradient,
                   size_t resultIndexInGradient) {
  const Format wide = Format::F64;
  OpProblem forward(forwardLine, &wide), gradient(gradientLine, &wide);
  // The gradient's operands become the forward problem's.
  if (resultIndexInGradient < gradient.op.src.size()) // reads the forward result
    gradient.op.src[resultIndexInGradient] = forward.op.dst[0];
  if (otherIndexInGradient < gradient.op.src.size())
    gradient.op.src[otherIndexInGradient] = forward.op.src[otherIndex];
  core::runReference(forward.op);
  core::runReference(gradient.op);
  const Tensor dy =
      gradient.op.src[gradient.op.kind == TensorOp::Kind::convolution_filter_gradient ? 1 : 0];
  const std::vector<double> weights = valuesOf(dy), slope = valuesOf(gradient.op.dst[0]);
  Tensor &source = forward.op.src[sourceIndex];
  size_t place = 0;
  forEachOf(source, [&](int64_t element) {
    constexpr double kStep = 1e-6;
    const double value = at(source, element);
    double difference = 0;
    for (double sign : {1.0, -1.0}) {
      core::storeElement(source.data, wide, element, value + sign * kStep);
      core::runReference(forward.op);
      const std::vector<double> result = valuesOf(forward.op.dst[0]);
      for (size_t i = 0; i < result.size(); ++i)
        difference += sign * weights[i] * result[i];
    }
    core::storeElement(source.data, wide, element, value);
    ASSERT_NEAR(difference / (2 * kStep), slope[place], 1e-6) << gradientLine << " at " << place;
    ++place;
  });
}

constexpr size_t kNone = 99;

TEST(Reference, ConvolutionGradientsAreItsDerivatives) {
  for (const char *shape :
       {"x=2x4x5x6 w=6x2x3x2 y=2x6x3x3 stride=2 pad=1 groups=2",
        "x=1x2x7x7 w=3x2x3x3 y=1x3x3x3 dilation=2x3 pad=0x1", "x=1x2x8 w=3x2x3 y=1x3x8 pad=1",
        "x=1x2x3x4x3 w=2x2x2x2x2 y=1x2x2x2x2 stride=2 pad=1"}) {
    const std::string text = shape;
    checkGradient("op=convolution " + text, "op=convolution_data_gradient " + text, 0, 1, 1, kNone);
    checkGradient("op=convolution " + text, "op=convolution_filter_gradient " + text, 1, 0, 0,
                  kNone);
  }
}

TEST(Reference, PoolingGradientsAreItsDerivatives) {
  for (const char *kind : {"max", "avg", "avgx"}) {
    const std::string text = std::string("x=1x2x6x7 w=3x3 y=1x2x3x4 stride=2 pad=1 pool=") + kind;
    checkGradient("op=pooling " + text, "op=pooling_gradient " + text, 0, 0, 1, kNone);
  }
}

TEST(Reference, SoftmaxGradientsAreItsDerivatives) {
  for (const char *shape : {"x=3x5x2 axes=1", "x=3x5x2 axes=1,2 log=1"})
    checkGradient(std::string("op=softmax ") + shape, std::string("op=softmax_gradient ") + shape,
                  0, 0, kNone, 1);
}

TEST(Reference, NormalizationGradientsAreItsDerivatives) {
  const Format wide = Format::F64;
  for (const char *shape : {"x=3x4x2x2 axes=0,2,3 per=1", "x=3x10 axes=1 per=1",
                            "x=3x10 axes=1 per=1 rms=1", "x=2x4x3 axes=2 per=1"}) {
    OpProblem forward(std::string("op=normalization ") + shape, &wide);
    OpProblem gradient(std::string("op=normalization_gradient ") + shape, &wide);
    core::runReference(forward.op);
    auto spread = [&](const Tensor &statistic) {
      Tensor seen = statistic;
      for (size_t i = 0; i < seen.sizes.size(); ++i)
        if (seen.sizes[i] != forward.op.dst[0].sizes[i])
          seen.sizes[i] = forward.op.dst[0].sizes[i], seen.strides[i] = 0;
      return seen;
    };
    gradient.op.src[1] = forward.op.src[0], gradient.op.src[2] = forward.op.src[1];
    gradient.op.src[3] = spread(forward.op.dst[1]), gradient.op.src[4] = spread(forward.op.dst[2]);
    core::runReference(gradient.op);
    const std::vector<double> weights = valuesOf(gradient.op.src[0]);
    // X, then scale and shift, whose memory repeats.
    for (size_t source = 0; source < 3; ++source) {
      Tensor own = forward.op.src[source];
      for (size_t i = 0; i < own.sizes.size(); ++i)
        if (own.strides[i] == 0)
          own.sizes[i] = 1;
      const std::vector<double> slope = valuesOf(gradient.op.dst[source]);
      size_t place = 0;
      forEachOf(own, [&](int64_t element) {
        const double value = at(own, element);
        double difference = 0;
        for (double sign : {1.0, -1.0}) {
          core::storeElement(own.data, wide, element, value + sign * 1e-6);
          core::runReference(forward.op);
          const std::vector<double> result = valuesOf(forward.op.dst[0]);
          for (size_t i = 0; i < result.size(); ++i)
            difference += sign * weights[i] * result[i];
        }
        core::storeElement(own.data, wide, element, value);
        ASSERT_NEAR(difference / 2e-6, slope[place], 1e-5) << shape << " source " << source;
        ++place;
      });
    }
  }
}

TEST(Reference, ActivationGradientsAreTheirDerivatives) {
#define ACTIVATION(name, spelling, gradientReads, summary) spelling,
  for (const char *activation : {
#include "npu/activations.def"
       }) {
    const std::string text = std::string("x=3x7 p=0.6 q=0.3 act=") + activation;
    OpProblem probe("op=unary " + text);
    const bool result = gradientReadsResult(probe.op.activation);
    checkGradient("op=unary " + text, "op=activation_gradient " + text, 0, 0, result ? kNone : 1,
                  result ? 1 : kNone);
  }
}

TEST(Reference, KnownValues) {
  float x[] = {1, 2, 3, 4, 5, 6, 7, 8, 9}, w[] = {1, 0, 0, -1}, y[4], p[4];
  TensorOp op;
  op.kind = TensorOp::Kind::convolution;
  op.src = {{x, Format::F32, {1, 1, 3, 3}, {9, 9, 3, 1}},
            {w, Format::F32, {1, 1, 2, 2}, {4, 4, 2, 1}},
            {}};
  op.dst = {{y, Format::F32, {1, 1, 2, 2}, {4, 4, 2, 1}}};
  op.window = {{2, 1, 1, 0}, {2, 1, 1, 0}};
  ASSERT_TRUE(core::checkTensorOp(op));
  core::runReference(op);
  for (float value : y)
    EXPECT_EQ(value, -4);
  op.kind = TensorOp::Kind::pooling;
  op.src = {op.src[0], {}};
  op.dst[0].data = p;
  op.pooling = PoolingKind::AverageExcludingPadding;
  ASSERT_TRUE(core::checkTensorOp(op));
  core::runReference(op);
  EXPECT_EQ(p[0], 3);
  EXPECT_EQ(p[3], 7);
  op.window[0].padBefore = 5;
  EXPECT_NE(core::checkTensorOp(op).message().find("outside the image"), std::string::npos);
}

} // namespace

int main(int argc, char **argv) {
  testing::InitGoogleTest(&argc, argv);
  static std::unique_ptr<Device> device;
  const Status made = makeNpuDevice(device);
  for (const std::string name : {"images", "rows", "sequences"}) {
    const std::string path = OPS_PROBLEMS "/" + name + ".txt";
    std::ifstream problems(path);
    if (!problems || !made.ok()) {
      fprintf(stderr, "cannot read %s, or no NPU\n", path.c_str());
      return 1;
    }
    int number = 0;
    for (std::string line; std::getline(problems, line);) {
      ++number;
      if (line.empty() || line[0] == '#')
        continue;
      testing::RegisterTest("Ops", (name + "_" + std::to_string(number)).c_str(), nullptr,
                            line.c_str(), path.c_str(), number,
                            [line]() -> testing::Test * { return new OpTest(device.get(), line); });
    }
  }
  return RUN_ALL_TESTS();
}
