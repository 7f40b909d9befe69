// Operations over whole dimensions: softmax, reductions, normalization, by their definitions in
// ops.def.
#include "dense.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace npu::core {
namespace {

using Index = std::vector<int64_t>;

Index reducedSizes(const Index &sizes, const Index &axes) {
  Index reduced = sizes;
  for (int64_t axis : axes)
    reduced[size_t(axis)] = 1;
  return reduced;
}

// Folds `x` over `axes` from `start` by fold(result, value).
template <class Fold> Dense folded(const Dense &x, const Index &axes, double start, Fold fold) {
  Dense result(reducedSizes(x.sizes, axes), start);
  size_t place = 0;
  forEachIndex(x.sizes, [&](const Index &index) {
    fold(result.values[size_t(placeOf(result, index))], x.values[place++]);
  });
  return result;
}

Dense sums(const Dense &x, const Index &axes) {
  return folded(x, axes, 0, [](double &sum, double value) { sum += value; });
}

// result[i] = function(x[i], repeated[i]), `repeated` having size 1 where it repeats.
template <class Function> Dense mapped(const Dense &x, const Dense &repeated, Function function) {
  Dense result(x.sizes);
  size_t place = 0;
  forEachIndex(x.sizes, [&](const Index &index) {
    result.values[place] =
        function(x.values[place], repeated.values[size_t(placeOf(repeated, index))]);
    ++place;
  });
  return result;
}

Status checkAxes(const TensorOp &op, size_t rank) {
  for (size_t i = 0; i < op.axes.size(); ++i)
    if (op.axes[i] < 0 || op.axes[i] >= int64_t(rank) || (i > 0 && op.axes[i] <= op.axes[i - 1]))
      return misfit(op, "axes must be ascending dimensions of the operand");
  return {};
}

double valuesPerResult(const TensorOp &op, const Index &sizes) {
  double count = 1;
  for (int64_t axis : op.axes)
    count *= double(sizes[size_t(axis)]);
  return count;
}

double larger(double a, double b) { return std::isnan(a) || a > b ? a : b; }
double smaller(double a, double b) { return std::isnan(a) || a < b ? a : b; }

} // namespace

Status checkSoftmax(const TensorOp &op) {
  if (Status status = checkSameSizes(op); !status)
    return status;
  if (op.axes.empty())
    return misfit(op, "softmax needs at least one axis");
  return checkAxes(op, op.dst[0].sizes.size());
}

void softmax(const TensorOp &op) {
  const Dense x(op.src[0]);
  const Dense largest = folded(x, op.axes, -std::numeric_limits<double>::infinity(),
                               [](double &most, double value) { most = larger(most, value); });
  Dense shifted = mapped(x, largest, [](double value, double most) { return value - most; });
  Dense powers = shifted;
  for (double &value : powers.values)
    value = std::exp(value);
  const Dense total = sums(powers, op.axes);
  if (op.logarithm)
    storeResult(op, 1, mapped(shifted, total, [](double value, double sum) {
                  return value - std::log(sum);
                }));
  else
    storeResult(op, 1, mapped(powers, total, [](double value, double sum) { return value / sum; }));
}

void softmaxGradient(const TensorOp &op) {
  const Dense dy(op.src[0]), y(op.src[1]);
  Dense weighted = dy, result(dy.sizes);
  if (!op.logarithm)
    for (size_t i = 0; i < dy.values.size(); ++i)
      weighted.values[i] *= y.values[i];
  const Dense total = sums(weighted, op.axes);
  size_t place = 0;
  forEachIndex(dy.sizes, [&](const Index &index) {
    const double sum = total.values[size_t(placeOf(total, index))];
    result.values[place] = op.logarithm ? dy.values[place] - std::exp(y.values[place]) * sum
                                        : y.values[place] * (dy.values[place] - sum);
    ++place;
  });
  storeResult(op, 2, result);
}

Status checkResponseNormalization(const TensorOp &op) {
  if (Status status = checkSameSizes(op); !status)
    return status;
  if (op.dst[0].sizes.size() < 2)
    return misfit(op, "the tensor has no channels");
  if (op.response.size < 1)
    return misfit(op, "a window has at least one channel");
  return {};
}

void responseNormalization(const TensorOp &op) {
  const Dense x(op.src[0]);
  Dense y(x.sizes);
  const ResponseWindow &window = op.response;
  const int64_t before = (window.size - 1) / 2;
  size_t place = 0;
  forEachIndex(x.sizes, [&](const Index &index) {
    Index other = index;
    double sum = 0;
    const int64_t first = index[1] - before, last = first + window.size;
    for (other[1] = std::max<int64_t>(0, first); other[1] < std::min(x.sizes[1], last); ++other[1])
      sum += std::pow(x.values[size_t(placeOf(x, other))], 2);
    y.values[place] =
        x.values[place] * std::pow(window.offset + window.scale * sum, -window.exponent);
    ++place;
  });
  storeResult(op, 1, y);
}

Status checkReduction(const TensorOp &op) {
  if (Status status = checkAxes(op, op.src[0].sizes.size()); !status)
    return status;
  if (op.dst[0].sizes != reducedSizes(op.src[0].sizes, op.axes))
    return misfit(op, "the result's sizes are not the operand's with 1 along the axes");
  if (op.beta.real() != 0 && op.src[1].sizes != op.dst[0].sizes)
    return misfit(op, "C does not have the result's sizes");
  return {};
}

void reduction(const TensorOp &op) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const Dense x(op.src[0]);
  auto fold = [&](double start, auto function) { return folded(x, op.axes, start, function); };
  Dense result;
  switch (op.reduction) {
  case ReductionKind::Sum:
  case ReductionKind::Mean:
    result = sums(x, op.axes);
    break;
  case ReductionKind::Product:
    result = fold(1, [](double &r, double v) { r *= v; });
    break;
  case ReductionKind::Minimum:
    result = fold(kInfinity, [](double &r, double v) { r = smaller(r, v); });
    break;
  case ReductionKind::Maximum:
    result = fold(-kInfinity, [](double &r, double v) { r = larger(r, v); });
    break;
  case ReductionKind::LargestMagnitude:
    result = fold(0, [](double &r, double v) { r = larger(r, std::fabs(v)); });
    break;
  case ReductionKind::SumOfMagnitudes:
    result = fold(0, [](double &r, double v) { r += std::fabs(v); });
    break;
  case ReductionKind::RootOfSquares:
    result = fold(0, [](double &r, double v) { r += v * v; });
    break;
  }
  for (double &value : result.values)
    if (op.reduction == ReductionKind::Mean)
      value /= valuesPerResult(op, x.sizes);
    else if (op.reduction == ReductionKind::RootOfSquares)
      value = std::sqrt(value);
  storeResult(op, 1, result);
}

Status checkNormalization(const TensorOp &op) {
  const Index &sizes = op.dst[0].sizes;
  if (Status status = checkAxes(op, sizes.size()); !status)
    return status;
  if (op.axes.empty())
    return misfit(op, "a normalization needs at least one axis");
  const bool gradient = op.kind == TensorOp::Kind::normalization_gradient;
  for (size_t i = 0; i < op.src.size(); ++i)
    if ((i + 1 < op.src.size() || op.beta.real() != 0) && op.src[i].sizes != sizes)
      return misfit(op, "shapes differ (a repeated dimension is a stride of 0)");
  for (size_t i = 1; i < 3; ++i) {
    const Index &other = op.dst[i].sizes;
    if (!gradient && other != reducedSizes(sizes, op.axes))
      return misfit(op, "mean and inverse deviation must have size 1 along the axes");
    bool fits = other.size() == sizes.size();
    for (size_t d = 0; fits && d < sizes.size(); ++d)
      fits = other[d] == 1 || other[d] == sizes[d];
    if (!fits)
      return misfit(op, "a parameter's gradient has neither size 1 nor the image's");
  }
  return {};
}

void normalization(const TensorOp &op) {
  const Dense x(op.src[0]), scale(op.src[1]), shift(op.src[2]);
  const double count = valuesPerResult(op, x.sizes);
  Dense mean(reducedSizes(x.sizes, op.axes));
  if (!op.rootMeanSquare) {
    mean = sums(x, op.axes);
    for (double &value : mean.values)
      value /= count;
  }
  Dense centred = mapped(x, mean, [](double value, double m) { return value - m; });
  Dense inverse = folded(centred, op.axes, 0, [](double &sum, double v) { sum += v * v; });
  for (double &value : inverse.values)
    value = 1 / std::sqrt(value / count + op.epsilon);
  Dense y = mapped(centred, inverse, [](double value, double i) { return value * i; });
  for (size_t i = 0; i < y.values.size(); ++i)
    y.values[i] = y.values[i] * scale.values[i] + shift.values[i];
  storeResult(op, 3, y);
  if (!op.rootMeanSquare && op.dst[1].data)
    storePlain(op.dst[1], mean);
  if (op.dst[2].data)
    storePlain(op.dst[2], inverse);
}

void normalizationInference(const TensorOp &op) {
  Dense y(op.src[0]);
  const Dense scale(op.src[1]), shift(op.src[2]), mean(op.src[3]), variance(op.src[4]);
  for (size_t i = 0; i < y.values.size(); ++i)
    y.values[i] = scale.values[i] * (y.values[i] - mean.values[i]) /
                      std::sqrt(variance.values[i] + op.epsilon) +
                  shift.values[i];
  storeResult(op, 5, y);
}

// With n = (X - mean) * inverse and g = dY * scale: dX = inverse * (g - mean(g) - n * mean(g n)),
// Ioffe and Szegedy 2015; without the middle term for root mean square.
void normalizationGradient(const TensorOp &op) {
  const Dense dy(op.src[0]), scale(op.src[2]), inverse(op.src[4]);
  Dense normal(op.src[1]), mean(op.src[3]), g = dy, products = dy;
  const double count = valuesPerResult(op, dy.sizes);
  for (size_t i = 0; i < dy.values.size(); ++i) {
    const double centre = op.rootMeanSquare ? 0 : mean.values[i];
    normal.values[i] = (normal.values[i] - centre) * inverse.values[i];
    g.values[i] *= scale.values[i];
    products.values[i] = g.values[i] * normal.values[i];
  }
  const Dense sumG = sums(g, op.axes), sumProducts = sums(products, op.axes);
  Dense dScale(op.dst[1].sizes), dShift(op.dst[2].sizes), dx(dy.sizes);
  size_t i = 0;
  forEachIndex(dy.sizes, [&](const Index &index) {
    const size_t row = size_t(placeOf(sumG, index));
    const double middle = op.rootMeanSquare ? 0 : sumG.values[row] / count;
    dx.values[i] = inverse.values[i] *
                   (g.values[i] - middle - normal.values[i] * sumProducts.values[row] / count);
    dScale.values[size_t(placeOf(dScale, index))] += dy.values[i] * normal.values[i];
    dShift.values[size_t(placeOf(dShift, index))] += dy.values[i];
    ++i;
  });
  storeResult(op, 5, dx);
  if (op.dst[1].data)
    storePlain(op.dst[1], dScale);
  if (op.dst[2].data)
    storePlain(op.dst[2], dShift);
}

} // namespace npu::core
