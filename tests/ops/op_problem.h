// A line of images.txt or rows.txt made into an op with filled operands.
#pragma once

#include "npu/tensor_op.h"

#include <list>
#include <map>
#include <string>
#include <vector>

namespace npu::test {

struct OpProblem {
  TensorOp op;
  // Memory of the operands, in the order sources, destinations.
  std::list<std::vector<char>> memory;
  // Sums of products per result, for the tolerance; 0: not a sum of products.
  double depth = 0;

  // `override`: every operand in this format (for reference checks in double). Throws
  // std::invalid_argument for a line that is no problem.
  explicit OpProblem(const std::string &line, const Format *override = nullptr);

private:
  using Sizes = std::vector<int64_t>;
  enum class Values { Plain, Positive, Probabilities };
  std::string take(const std::string &key, const std::string &other = "");
  Tensor tensor(const Sizes &sizes, Format format, bool channelsLast, Values values);
  Tensor repeated(const Sizes &sizes, const Sizes &along, Format format, Values values);
  void readCommon();
  void makeWindowed();
  void makeRows();
  void makeGather();
  void makeAttention();
  void makeNormalization(const Sizes &x);

  std::map<std::string, std::string> keys;
  Format format = Format::F32, result = Format::F32;
  uint32_t seed = 1;
};

} // namespace npu::test
