// Runs the problems of gemm.txt on each device and compares with a product in double.
//
// Tolerance: a device promises products at least as accurate as `compute` and sums at least in fp32
// (double for f64). So |error| <= S * (2u + k * s) + |d| * r, with S = |alpha| * sum |a||b| +
// |beta||c|, u the unit roundoff of `compute`, s that of the sums, r that of the result's format.
// Integers are exact.
#include "npu/device.h"
#include "src/formats.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <future>
#include <map>
#include <sstream>

using namespace npu;
using Complex = std::complex<double>;

namespace {

const std::map<std::string, Format> kFormats = {
    {"f64", Format::F64}, {"f32", Format::F32},   {"tf32", Format::Tf32},
    {"f16", Format::F16}, {"bf16", Format::Bf16}, {"s32", Format::Int32},
    {"s8", Format::Int8}, {"c32", Format::C32},   {"c64", Format::C64}};

double unitRoundoff(Format format) {
  switch (format) {
  case Format::F64:
  case Format::C64:
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

struct Problem {
  int64_t m = 0, n = 0, k = 0, batch = 1, pad = 0;
  Format factors = Format::F32, result = Format::F32, compute = Format::F32;
  std::string trans = "nn";
  double alpha = 1, beta = 0;
};

Problem parse(const std::string &line) {
  std::map<std::string, std::string> values;
  std::istringstream words(line);
  for (std::string word; words >> word;)
    values[word.substr(0, word.find('='))] = word.substr(word.find('=') + 1);
  Problem problem;
  auto number = [&](const char *key, auto &value) {
    if (values.count(key))
      value = std::decay_t<decltype(value)>(std::stod(values.at(key)));
    values.erase(key);
  };
  number("m", problem.m), number("n", problem.n), number("k", problem.k);
  number("batch", problem.batch), number("pad", problem.pad);
  number("alpha", problem.alpha), number("beta", problem.beta);
  auto format = [&](const char *key, Format &value) {
    if (values.count(key))
      value = kFormats.at(values.at(key));
    values.erase(key);
  };
  format("a", problem.factors), format("d", problem.result);
  problem.compute = problem.factors == Format::C32   ? Format::F32
                    : problem.factors == Format::C64 ? Format::F64
                                                     : problem.factors;
  format("compute", problem.compute);
  if (values.count("trans"))
    problem.trans = values.at("trans");
  values.erase("trans");
  if (!values.empty()) // a key that nobody reads would be a test that cannot fail
    ADD_FAILURE() << "unknown key " << values.begin()->first;
  return problem;
}

// Values in [-1, 1] (integers in [-100, 100]), the same on every run.
struct Matrix {
  Tensor tensor;
  std::vector<char> bytes;

  Matrix(Format format, int64_t batch, int64_t rows, int64_t columns, bool transposed, int64_t pad,
         uint32_t seed) {
    const int64_t leading = (transposed ? columns : rows) + pad;
    const int64_t count = batch * leading * (transposed ? rows : columns);
    bytes.resize(size_t(count) * formatBits(format) / 8);
    tensor.data = bytes.data();
    tensor.format = format;
    tensor.sizes = {batch, rows, columns};
    tensor.strides = {count / batch, transposed ? leading : 1, transposed ? 1 : leading};
    auto next = [&] { return double((seed = seed * 1664525u + 1013904223u) >> 8) / 8388608 - 1; };
    const double scale = core::isInteger(format) ? 100 : 1;
    for (int64_t i = 0; i < count; ++i)
      core::storeElement(tensor.data, format, i, Complex(next() * scale, next() * scale));
  }
  Complex at(int64_t b, int64_t row, int64_t column) const {
    return core::loadElement(tensor.data, tensor.format,
                             b * tensor.strides[0] + row * tensor.strides[1] +
                                 column * tensor.strides[2]);
  }
};

class GemmProblem : public testing::Test {
public:
  GemmProblem(Device *device, std::string line) : device(device), line(std::move(line)) {}

  void TestBody() override {
    const Problem p = parse(line);
    Matrix a(p.factors, p.batch, p.m, p.k, p.trans[0] != 'n', p.pad, 1);
    Matrix b(p.factors, p.batch, p.k, p.n, p.trans[1] != 'n', p.pad, 2);
    Matrix d(p.result, p.batch, p.m, p.n, false, p.pad, 3);
    Matrix c = d;
    c.tensor.data = c.bytes.data();
    TensorOp op;
    op.caller = "gemm_test";
    op.src = {a.tensor, b.tensor, d.tensor};
    op.dst = {d.tensor};
    op.alpha = p.alpha, op.beta = p.beta;
    op.math.compute = p.compute;
    op.conjugateA = p.trans[0] == 'c', op.conjugateB = p.trans[1] == 'c';
    if (Status no = device->accepts(op); !no.ok())
      GTEST_SKIP() << device->name() << ": " << no.message();
    std::promise<Status> done;
    device->execute(op, [&](Status status) { done.set_value(status); });
    const Status status = done.get_future().get();
    ASSERT_TRUE(status.ok()) << status.message();
    compare(p, a, b, c, d);
  }

private:
  void compare(const Problem &p, const Matrix &a, const Matrix &b, const Matrix &c,
               const Matrix &d) {
    const double sums = p.compute == Format::F64 ? unitRoundoff(Format::F64)
                        : core::isInteger(p.factors) && core::isInteger(p.result)
                            ? 0
                            : unitRoundoff(Format::F32);
    for (int64_t batch = 0; batch < p.batch; ++batch)
      for (int64_t row = 0; row < p.m; ++row)
        for (int64_t column = 0; column < p.n; ++column) {
          Complex want = p.beta * c.at(batch, row, column);
          double size = std::abs(want);
          for (int64_t k = 0; k < p.k && p.alpha != 0; ++k) {
            Complex x = a.at(batch, row, k), y = b.at(batch, k, column);
            x = p.trans[0] == 'c' ? std::conj(x) : x, y = p.trans[1] == 'c' ? std::conj(y) : y;
            want += p.alpha * x * y;
            size += std::abs(p.alpha) * std::abs(x) * std::abs(y);
          }
          // A complex product is four real ones.
          const double parts = core::isComplex(p.factors) ? 4 : 1;
          const double tolerance =
              parts * size * (2 * unitRoundoff(p.compute) + double(p.k + 4) * sums) +
              std::abs(want) * unitRoundoff(p.result);
          const Complex got = d.at(batch, row, column);
          ASSERT_LE(std::abs(got - want), tolerance)
              << "[" << batch << "," << row << "," << column << "] is " << got << ", not " << want;
        }
  }

  Device *device;
  std::string line;
};

} // namespace

int main(int argc, char **argv) {
  testing::InitGoogleTest(&argc, argv);
  static std::unique_ptr<Device> devices[3];
  const Status made[] = {makeNpuDevice(devices[0]), makeOpenclDevice(devices[1]),
                         makeHostDevice(devices[2])};
  std::ifstream problems(GEMM_PROBLEMS);
  if (!problems || !made[2].ok()) {
    fprintf(stderr, "cannot read %s, or no host device\n", GEMM_PROBLEMS);
    return 1;
  }
  int number = 0;
  for (std::string line; std::getline(problems, line);) {
    ++number;
    if (line.empty() || line[0] == '#')
      continue;
    for (std::unique_ptr<Device> &device : devices)
      if (Device *one = device.get())
        testing::RegisterTest(
            "Gemm", (std::string(one->name()) + "_" + std::to_string(number)).c_str(), nullptr,
            line.c_str(), GEMM_PROBLEMS, number,
            [one, line]() -> testing::Test * { return new GemmProblem(one, line); });
  }
  return RUN_ALL_TESTS();
}
