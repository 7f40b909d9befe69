// normalization, normalization_inference and normalization_gradient, along any dimensions.
#include "lower/rows.h"

namespace npu::backend {
namespace {

struct Plan {
  RowLowering rows;
  RowLowering::Body body;
};

double countOf(const TensorOp &op) {
  double count = 1;
  for (int64_t axis : op.axes)
    count *= double(op.dst[0].sizes[size_t(axis)]);
  return count;
}

Plan forward(const TensorOp &op) {
  RowLowering rows(op.dst[0].sizes, op.axes);
  size_t x = rows.source(op.src[0]), scale = rows.source(op.src[1]);
  size_t shift = rows.source(op.src[2]);
  size_t c = op.beta != 0.0 ? rows.source(op.src[3]) : 0;
  size_t y = rows.result(op.dst[0]);
  bool keepsMean = !op.rootMeanSquare && op.dst[1].data, keepsInverse = op.dst[2].data;
  size_t mean = keepsMean ? rows.result(op.dst[1]) : rows.rowVector();
  size_t inverse = keepsInverse ? rows.result(op.dst[2]) : rows.rowVector();
  size_t epsilon = rows.rowVector();
  double count = countOf(op);
  return {rows, [=, &op](RowBlock &block, const std::vector<RowValue> &v) {
            if (op.rootMeanSquare) {
              block.vector(VectorFunction::Copy, v[y], v[x]);
            } else {
              block.reduce(ReduceFunction::Sum, v[mean], v[x]);
              block.vector(VectorFunction::Copy, v[mean], v[mean], {}, 1 / count);
              block.vector(VectorFunction::Subtract, v[y], v[x], v[mean]);
            }
            block.vector(VectorFunction::Fill, v[epsilon], {}, {}, op.epsilon);
            block.reduce(ReduceFunction::SumOfSquares, v[inverse], v[y]);
            block.vector(VectorFunction::Add, v[inverse], v[inverse], v[epsilon], 1 / count)
                .activation = Activation::ReciprocalRoot;
            block.vector(VectorFunction::Multiply, v[y], v[y], v[inverse]);
            block.vector(VectorFunction::Multiply, v[y], v[y], v[scale]);
            block.vector(VectorFunction::Add, v[y], v[y], v[shift]);
            finishRows(op, block, v[y], v[y], op.beta != 0.0 ? &v[c] : nullptr);
          }};
}

// Columns are the dimensions along which the mean repeats.
std::vector<int64_t> repeatedAxes(const TensorOp &op) {
  std::vector<int64_t> axes;
  for (size_t i = 0; i < op.dst[0].sizes.size(); ++i)
    if (op.src[3].strides[i] == 0 || op.src[3].sizes[i] == 1)
      axes.push_back(int64_t(i));
  if (axes.empty())
    axes.push_back(int64_t(op.dst[0].sizes.size()) - 1);
  return axes;
}

Plan inference(const TensorOp &op) {
  RowLowering rows(op.dst[0].sizes, repeatedAxes(op));
  size_t x = rows.source(op.src[0]), scale = rows.source(op.src[1]);
  size_t shift = rows.source(op.src[2]), mean = rows.source(op.src[3]);
  size_t variance = rows.source(op.src[4]);
  size_t c = op.beta != 0.0 ? rows.source(op.src[5]) : 0;
  size_t y = rows.result(op.dst[0]), inverse = rows.matrix(), epsilon = rows.rowVector();
  return {rows, [=, &op](RowBlock &block, const std::vector<RowValue> &v) {
            block.vector(VectorFunction::Subtract, v[y], v[x], v[mean]);
            block.vector(VectorFunction::Fill, v[epsilon], {}, {}, op.epsilon);
            block.vector(VectorFunction::Add, v[inverse], v[variance], v[epsilon]).activation =
                Activation::ReciprocalRoot;
            block.vector(VectorFunction::Multiply, v[y], v[y], v[inverse]);
            block.vector(VectorFunction::Multiply, v[y], v[y], v[scale]);
            block.vector(VectorFunction::Add, v[y], v[y], v[shift]);
            finishRows(op, block, v[y], v[y], op.beta != 0.0 ? &v[c] : nullptr);
          }};
}

// With n = (X - mean) inverse and g = dY scale: dX = inverse (g - mean(g) - n mean(g n)).
Plan gradient(const TensorOp &op) {
  RowLowering rows(op.dst[0].sizes, op.axes);
  size_t dy = rows.source(op.src[0]), x = rows.source(op.src[1]), scale = rows.source(op.src[2]);
  size_t mean = op.rootMeanSquare ? 0 : rows.source(op.src[3]);
  size_t inverse = rows.source(op.src[4]);
  size_t c = op.beta != 0.0 ? rows.source(op.src[5]) : 0;
  size_t dx = rows.result(op.dst[0]), normal = rows.matrix(), product = rows.matrix();
  size_t dScale = op.dst[1].data ? rows.result(op.dst[1]) : rows.rowVector();
  size_t dShift = op.dst[2].data ? rows.result(op.dst[2]) : rows.rowVector();
  size_t meanG = rows.rowVector(), meanProduct = rows.rowVector();
  double count = countOf(op);
  return {rows, [=, &op](RowBlock &block, const std::vector<RowValue> &v) {
            if (op.rootMeanSquare)
              block.vector(VectorFunction::Copy, v[normal], v[x]);
            else
              block.vector(VectorFunction::Subtract, v[normal], v[x], v[mean]);
            block.vector(VectorFunction::Multiply, v[normal], v[normal], v[inverse]);
            block.vector(VectorFunction::Multiply, v[product], v[dy], v[normal]);
            block.reduce(ReduceFunction::Sum, v[dScale], v[product]);
            block.reduce(ReduceFunction::Sum, v[dShift], v[dy]);
            block.vector(VectorFunction::Multiply, v[dx], v[dy], v[scale]);
            block.vector(VectorFunction::Multiply, v[product], v[dx], v[normal]);
            block.reduce(ReduceFunction::Sum, v[meanProduct], v[product]);
            if (!op.rootMeanSquare) {
              block.reduce(ReduceFunction::Sum, v[meanG], v[dx]);
              block.vector(VectorFunction::Subtract, v[dx], v[dx], v[meanG], 1, 1 / count);
            }
            block.vector(VectorFunction::Multiply, v[normal], v[normal], v[meanProduct], 1,
                         1 / count);
            block.vector(VectorFunction::Subtract, v[dx], v[dx], v[normal]);
            block.vector(VectorFunction::Multiply, v[dx], v[dx], v[inverse]);
            finishRows(op, block, v[dx], v[dx], op.beta != 0.0 ? &v[c] : nullptr);
          }};
}

Plan planOf(const TensorOp &op) {
  switch (op.kind) {
  case TensorOp::Kind::normalization:
    return forward(op);
  case TensorOp::Kind::normalization_inference:
    return inference(op);
  default:
    return gradient(op);
  }
}

} // namespace

Status checkNormalization(const TensorOp &op, const LoweringContext &context) {
  using Kind = TensorOp::Kind;
  auto refuse = [&](const char *what) {
    return Status(npuErrorNotSupported, std::string("NPU normalization: ") + what);
  };
  bool known = op.kind == Kind::normalization_inference;
  size_t sources = op.kind == Kind::normalization ? 3 : 5;
  if (op.dst.size() != (known ? 1u : 3u))
    return refuse("operands are missing");
  if (Status status = checkRowOperands(op, sources); !status)
    return status;
  const std::vector<int64_t> &sizes = op.dst[0].sizes;
  for (size_t i = 0; i < sources + (op.beta != 0.0); ++i)
    if (op.src[i].sizes != sizes)
      return refuse("shapes differ (a repeated dimension is a stride of 0)");
  if (!known && op.axes.empty())
    return refuse("it needs at least one axis");
  std::vector<int64_t> perRow = sizes;
  for (int64_t axis : op.axes)
    perRow[size_t(axis)] = 1;
  for (size_t i = 1; i < op.dst.size(); ++i)
    if (op.dst[i].sizes != perRow)
      return refuse("gradients of scale and shift that do not vary along the kept dimensions "
                    "alone");
    else if (op.dst[i].data)
      if (Status status = checkTensor(op.dst[i], "of a statistic", sizes.size()); !status)
        return status;
  if (isEmpty(op.dst[0]))
    return refuse("nothing to normalize");
  return planOf(op).rows.check(context.config);
}

Status lowerNormalization(const TensorOp &op, const LoweringContext &context, Lowered &lowered) {
  lowered.format = "f32";
  Plan plan = planOf(op);
  return plan.rows.lower(context.config, plan.body, lowered);
}

} // namespace npu::backend
