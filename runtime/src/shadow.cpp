// See shadow.h. The operands are widened before the device gets the op, since the op may overwrite
// them; comparison and repetition happen on the thread that completes it.
#include "shadow.h"

#include "formats.h"
#include "host_blas.h"
#include "log.h"
#include "tensor_reference.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>

namespace npu::core {
namespace {

using Json = nlohmann::ordered_json;

// Calls visit(element of a, element of b) for every index of `a`; a stride of 0 is visited once.
template <class Visit> void forEachPair(const Tensor &a, const Tensor &b, Visit visit) {
  std::vector<int64_t> extents(a.sizes.size());
  for (size_t i = 0; i < extents.size(); ++i) {
    extents[i] = a.strides[i] == 0 ? std::min<int64_t>(a.sizes[i], 1) : a.sizes[i];
    if (extents[i] == 0)
      return;
  }
  std::vector<int64_t> index(extents.size(), 0);
  for (int64_t atA = 0, atB = 0;;) {
    visit(atA, atB);
    size_t axis = extents.size();
    for (; axis > 0; --axis) {
      atA += a.strides[axis - 1], atB += b.strides[axis - 1];
      if (++index[axis - 1] < extents[axis - 1])
        break;
      atA -= a.strides[axis - 1] * extents[axis - 1],
          atB -= b.strides[axis - 1] * extents[axis - 1];
      index[axis - 1] = 0;
    }
    if (axis == 0)
      return;
  }
}

// A tensor of doubles in memory of its own; dimensions that repeat still do.
Tensor widened(const Tensor &tensor, std::vector<std::vector<double>> &memory, bool copies) {
  Tensor wide = tensor;
  if (!tensor.data)
    return wide;
  wide.format = Format::F64;
  int64_t count = 1;
  for (size_t i = tensor.sizes.size(); i-- > 0;) {
    wide.strides[i] = tensor.strides[i] == 0 ? 0 : count;
    count *= tensor.strides[i] == 0 ? std::min<int64_t>(tensor.sizes[i], 1) : tensor.sizes[i];
  }
  memory.emplace_back(size_t(count));
  wide.data = memory.back().data();
  if (copies)
    forEachPair(tensor, wide, [&](int64_t from, int64_t to) {
      memory.back()[size_t(to)] = loadElement(tensor.data, tensor.format, from).real();
    });
  return wide;
}

// What lies between a tensor's first and last byte.
struct Saved {
  char *from;
  std::vector<char> bytes;
};

Saved save(const Tensor &tensor) {
  int64_t lowest = 0, highest = 0, bytes = formatBits(tensor.format) / 8;
  for (size_t i = 0; i < tensor.sizes.size(); ++i) {
    if (tensor.sizes[i] == 0)
      return {nullptr, {}};
    const int64_t reach = (tensor.sizes[i] - 1) * tensor.strides[i];
    (reach < 0 ? lowest : highest) += reach;
  }
  char *from = static_cast<char *>(tensor.data) + lowest * bytes;
  return {from, std::vector<char>(from, from + (highest - lowest + 1) * bytes)};
}

struct Counted {
  uint64_t ops = 0;
  double largest = 0, squares = 0;
};
struct Summary {
  std::mutex mutex;
  std::map<std::string, Counted> byOp; // under mutex
};
Summary &summary() {
  static Summary &instance = *new Summary;
  return instance;
}

std::string printed(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2g", value);
  return text;
}

// Figures of the whole op: what it took in all of its attempts.
void addAttempt(const OpCost &earlier, OpCost &cost) {
  auto possible = [](const OpCost &c) {
    return c.utilization > 0 ? double(c.macs) / c.utilization : 0;
  };
  const double sum = possible(earlier) + possible(cost);
  cost.utilization = sum > 0 ? double(cost.macs) / sum : 0; // repeated products are no progress
  cost.cycles += earlier.cycles, cost.computeCycles += earlier.computeCycles;
  cost.stallCycles += earlier.stallCycles, cost.sramBytes += earlier.sramBytes;
  cost.dramReadBytes += earlier.dramReadBytes, cost.dramWriteBytes += earlier.dramWriteBytes;
  cost.energyPicojoules += earlier.energyPicojoules;
  if (cost.details.empty() || earlier.details.empty())
    return;
  Json details = Json::parse(cost.details), before = Json::parse(earlier.details);
  for (const char *group : {"stalls", "energy_split_pj"})
    if (details.contains(group) && before.contains(group))
      for (auto &[key, value] : details[group].items())
        value = value.is_number_unsigned()
                    ? Json(value.get<uint64_t>() + before[group].value(key, uint64_t(0)))
                    : Json(value.get<double>() + before[group].value(key, 0.0));
  cost.details = details.dump();
}

// One op on its way: its widened twin, and what a repetition needs.
class Check : public std::enable_shared_from_this<Check> {
public:
  Check(Device &device, const TensorOp &op, double tolerance, Completion done)
      : device(device), op(op), tolerance(tolerance), done(std::move(done)), cost(op.cost) {
    if (!cost)
      this->op.cost = cost = std::make_shared<OpCost>();
    reference = op;
    reference.cost = nullptr;
    // What is not read need not be there; C then looks like the result.
    for (size_t i = 0; i < op.src.size(); ++i)
      if (readsSource(op, i))
        reference.src[i] = widened(op.src[i], memory, true);
    for (size_t i = 0; i < op.dst.size(); ++i) {
      reference.dst[i] = widened(op.dst[i], memory, false);
      if (tolerance > 0 && op.dst[i].data)
        saved.push_back(save(op.dst[i]));
    }
    for (size_t i = 0; i < op.src.size(); ++i)
      if (!readsSource(op, i))
        reference.src[i] = reference.dst[0];
  }

  void run() {
    device.execute(op, [self = shared_from_this()](Status status) { self->completed(status); });
  }

private:
  void completed(const Status &status) {
    if (!status || (earlier && cost->format == earlier->format)) {
      finish(status);
      return;
    }
    if (!earlier && !runHostBlas(reference))
      runReference(reference);
    double worst = 0;
    cost->errors.clear();
    for (size_t i = 0; i < op.dst.size(); ++i) {
      const double error = op.dst[i].data ? relativeError(op.dst[i], reference.dst[i]) : 0;
      cost->errors.push_back(error);
      worst = std::max(worst, error);
    }
    count(worst);
    if (earlier) {
      corrections += ", in " + cost->format + " " + printed(worst);
      warnOnce(describe() + ": the error in " + earlier->format + " breaks NPU_TOLERANCE=" +
               printed(tolerance) + "; computed again in " + cost->format);
      addAttempt(*earlier, *cost);
    } else {
      corrections = "error in " + cost->format + " " + printed(worst);
    }
    if (!(tolerance > 0) || worst <= tolerance) {
      finish({});
      return;
    }
    repeat();
  }

  void repeat() {
    earlier = std::make_unique<OpCost>(*cost);
    for (const Saved &piece : saved)
      if (piece.from)
        std::memcpy(piece.from, piece.bytes.data(), piece.bytes.size());
    ++op.math.raised;
    run();
  }

  void finish(const Status &status) {
    if (earlier && status && cost->format == earlier->format) {
      // Nothing more accurate: the same result again, at no charge.
      warnOnce(describe() + ": the error in " + cost->format + " breaks NPU_TOLERANCE=" +
               printed(tolerance) + ", and the device has no more accurate format");
      *cost = *earlier;
      corrections += "; there is no more accurate format";
    }
    if (earlier)
      cost->corrections = corrections;
    const Completion last = std::move(done);
    memory.clear();
    op = {};
    last(status);
  }

  void count(double error) {
    std::lock_guard<std::mutex> lock(summary().mutex);
    Counted &entry = summary().byOp[std::string(opName(op.kind)) + " " + cost->format];
    ++entry.ops;
    entry.largest = std::max(entry.largest, error);
    entry.squares += error * error;
  }

  std::string describe() const {
    return "warning: " + std::string(opName(op.kind)) + " " + shapeText(op) +
           (op.caller.empty() ? "" : " of " + op.caller);
  }

  Device &device;
  TensorOp op, reference;
  const double tolerance;
  Completion done;
  std::shared_ptr<OpCost> cost;
  std::vector<std::vector<double>> memory; // of the reference
  std::vector<Saved> saved;
  std::unique_ptr<OpCost> earlier; // of the attempts before this one
  std::string corrections;
};

class ShadowDevice final : public Device {
public:
  ShadowDevice(std::unique_ptr<Device> inner, double rate, double tolerance)
      : inner(std::move(inner)), rate(rate), tolerance(tolerance) {}

  const char *name() const override { return inner->name(); }
  std::string configuration() const override { return inner->configuration(); }
  Status accepts(const Command &command) const override { return inner->accepts(command); }
  Status load(const std::shared_ptr<const KernelImage> &image) override {
    return inner->load(image);
  }
  void *allocate(size_t bytes, size_t alignment) override {
    return inner->allocate(bytes, alignment);
  }
  void release(void *memory) override { inner->release(memory); }

  void execute(const Command &command, Completion done) override {
    const auto *op = std::get_if<TensorOp>(&command);
    if (op && isSampled())
      std::make_shared<Check>(*inner, *op, tolerance, std::move(done))->run();
    else
      inner->execute(command, std::move(done));
  }

private:
  // Every 1/rate-th op, the first one among them.
  bool isSampled() {
    const double number = double(ops.fetch_add(1));
    return std::floor(number * rate) != std::floor((number - 1) * rate);
  }

  std::unique_ptr<Device> inner;
  const double rate, tolerance;
  std::atomic<uint64_t> ops{0};
};

Status readNumber(const std::string &text, const char *variable, double highest, double &value) {
  if (text.empty())
    return {};
  char *end;
  value = std::strtod(text.c_str(), &end);
  if (*end || !(value > 0 && value <= highest))
    return {npuErrorInvalidValue, std::string(variable) + " must be a number above 0 and up to " +
                                      printed(highest) + ", not \"" + text + "\""};
  return {};
}

} // namespace

double relativeError(const Tensor &result, const Tensor &reference) {
  constexpr double kLargest = std::numeric_limits<double>::max();
  double differences = 0, squares = 0;
  bool broken = false;
  forEachPair(result, reference, [&](int64_t at, int64_t referenceAt) {
    const double got = loadElement(result.data, result.format, at).real();
    const double want = loadElement(reference.data, reference.format, referenceAt).real();
    if (got == want || (std::isnan(got) && std::isnan(want))) {
      squares += std::isfinite(want) ? want * want : 0;
      return;
    }
    broken |= !std::isfinite(got) || !std::isfinite(want);
    differences += (got - want) * (got - want);
    squares += want * want;
  });
  if (broken)
    return kLargest;
  return std::min(kLargest, std::sqrt(differences / (squares > 0 ? squares : 1)));
}

std::unique_ptr<Device> withShadow(std::unique_ptr<Device> device, double rate, double tolerance) {
  return std::make_unique<ShadowDevice>(std::move(device), rate, tolerance);
}

Status addShadow(std::unique_ptr<Device> &device) {
  double rate = 0, tolerance = 0;
  if (Status status = readNumber(options().shadow, "NPU_SHADOW", 1, rate); !status)
    return status;
  if (Status status = readNumber(options().tolerance, "NPU_TOLERANCE", 1e6, tolerance); !status)
    return status;
  if (tolerance > 0 && rate == 0)
    rate = 1;
  if (rate > 0)
    device = withShadow(std::move(device), rate, tolerance);
  return {};
}

void writeShadowSummary() {
  std::lock_guard<std::mutex> lock(summary().mutex);
  for (const auto &[name, counted] : summary().byOp)
    log(LogLevel::Warning, "shadow: " + name + ": " + std::to_string(counted.ops) +
                               " recomputed in double, relative error " +
                               printed(std::sqrt(counted.squares / double(counted.ops))) +
                               " (largest " + printed(counted.largest) + ")");
}

} // namespace npu::core
