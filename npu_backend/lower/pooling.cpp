// pooling and pooling_gradient. Blocks of channels stream through the scratchpad, two in flight,
// whole planes at a time; of a three-dimensional image slice by slice. What lies outside the image
// is not loaded and not counted: the pooling unit knows where the image ends.
#include "lower/convolution_view.h"

#include <algorithm>

namespace npu::backend {
namespace {

constexpr uint64_t kMostPlanes = 65535, kAlignment = 64;

uint64_t aligned(uint64_t bytes) { return (bytes + kAlignment - 1) / kAlignment * kAlignment; }
Status refuse(const std::string &what) { return {npuErrorNotSupported, "NPU pooling: " + what}; }

bool isGradient(const TensorOp &op) { return op.kind == TensorOp::Kind::pooling_gradient; }

// A tensor [batch, channels, depth, rows, columns]; batch and channels joined into one where
// `joined` says that every operand allows it.
struct Image {
  BoundTensor bound;
  int64_t batchStride = 0, channelStride = 0;
  Spatial stride{}, size{1, 1, 1};

  explicit Image(const Tensor &tensor)
      : batchStride(tensor.strides[0]), channelStride(tensor.strides[1]) {
    size_t lead = kSpatial + 2 - tensor.sizes.size();
    for (size_t d = 2; d < tensor.sizes.size(); ++d)
      stride[lead + d - 2] = tensor.strides[d], size[lead + d - 2] = tensor.sizes[d];
  }
  uint64_t slice() const { return uint64_t(size[1] * size[2]); }
};

struct Window {
  Spatial size{1, 1, 1}, stride{1, 1, 1}, dilation{1, 1, 1}, start{};
  explicit Window(const TensorOp &op) {
    size_t lead = kSpatial - op.window.size();
    for (size_t d = 0; d < op.window.size(); ++d) {
      size[lead + d] = op.window[d].size, stride[lead + d] = op.window[d].stride;
      dilation[lead + d] = op.window[d].dilation, start[lead + d] = -op.window[d].padBefore;
    }
  }
};

class PoolingLowering {
public:
  PoolingLowering(const TensorOp &op, const NpuConfig &config)
      : op(op), gradient(isGradient(op)), hasC(op.beta != 0.0), x(gradient ? op.src[1] : op.src[0]),
        y(gradient ? op.src[0] : op.dst[0]), c(hasC ? op.src[gradient ? 2 : 1] : op.dst[0]),
        window(op), batch(op.dst[0].sizes[0]), channels(op.dst[0].sizes[1]) {
    auto joins = [&](const Image &image) {
      return image.batchStride == image.channelStride * channels;
    };
    if (joins(x) && joins(y) && joins(Image(op.dst[0])) && joins(c))
      channels *= batch, batch = 1;
    uint64_t half = config.scratchpadBytes() / 2;
    blockChannels = std::min<uint64_t>(uint64_t(channels), kMostPlanes);
    while (blockChannels > 0 && slotBytes(blockChannels) > half)
      blockChannels /= 2;
  }

  Status check() const {
    for (size_t d = 0; d < kSpatial; ++d)
      if (x.size[d] > int64_t(kMostPlanes) || y.size[d] > int64_t(kMostPlanes) ||
          window.size[d] > int64_t(kMostPlanes) || window.stride[d] > int64_t(kMostPlanes) ||
          window.dilation[d] > int64_t(kMostPlanes) || -window.start[d] > int64_t(kMostPlanes))
        return refuse("an extent of more than 65535 elements");
    if (gradient && op.pooling == PoolingKind::Maximum && (x.size[0] > 1 || y.size[0] > 1))
      return refuse("the gradient of a three-dimensional maximum");
    if (blockChannels == 0)
      return {npuErrorNotSupported,
              "the NPU's scratchpad is too small for one plane of this pooling: scratchpad/kib "
              "must be at least " +
                  std::to_string((2 * slotBytes(1) + 1023) / 1024)};
    return {};
  }

  Status lower(Lowered &lowered) {
    ProgramBuilder programBuilder(lowered.program);
    builder = &programBuilder;
    if (gradient)
      y.bound = builder->bind(op.src[0], false);
    x.bound = builder->bind(gradient ? op.src[1] : op.src[0], false);
    if (hasC)
      c.bound = builder->bind(op.src[gradient ? 2 : 1], false);
    result = std::make_unique<Image>(op.dst[0]);
    result->bound = builder->bind(op.dst[0], true);
    for (int64_t n = 0; n < batch; ++n)
      for (int64_t first = 0; first < channels; first += int64_t(blockChannels))
        for (int64_t depth = 0; depth < result->size[0]; ++depth)
          block(n, first, std::min(blockChannels, uint64_t(channels - first)), depth);
    return builder->finish();
  }

private:
  // A slot: a slice of the image, two of results' extent, and of a gradient one of slopes.
  uint64_t imageBytes(uint64_t count) const { return aligned(count * x.slice() * 4); }
  uint64_t smallBytes(uint64_t count) const { return aligned(count * y.slice() * 4); }
  uint64_t slotBytes(uint64_t count) const {
    return gradient ? 3 * imageBytes(count) + smallBytes(count)
                    : imageBytes(count) + 3 * smallBytes(count);
  }

  template <typename Transfer>
  Transfer transfer(const Image &image, int64_t n, int64_t first, uint64_t count, int64_t depth,
                    uint64_t address) const {
    Transfer t;
    t.window = image.bound.window;
    t.offset = image.bound.at(n * image.batchStride + first * image.channelStride +
                              depth * image.stride[0]);
    t.planes = count, t.rows = uint64_t(image.size[1]), t.columns = uint64_t(image.size[2]);
    t.planeStride = image.channelStride;
    t.rowStride = image.stride[1], t.columnStride = image.stride[2];
    t.pitch = t.columns, t.address = address;
    return t;
  }

  void load(const Image &image, int64_t n, int64_t first, uint64_t count, int64_t depth,
            uint64_t address, unsigned waits, unsigned signals) {
    auto l = transfer<LoadInstruction>(image, n, first, count, depth, address);
    l.from = image.bound.format, l.to = Format::F32;
    builder->emit(l, waits, signals);
  }

  PoolInstruction pool(uint64_t count) const {
    PoolInstruction p;
    p.function = op.pooling == PoolingKind::Maximum                   ? PoolFunction::Maximum
                 : op.pooling == PoolingKind::AverageExcludingPadding ? PoolFunction::AverageInside
                                                                      : PoolFunction::AverageWindow;
    p.channels = count;
    p.rows = uint64_t(x.size[1]), p.columns = uint64_t(x.size[2]);
    p.outRows = uint64_t(y.size[1]), p.outColumns = uint64_t(y.size[2]);
    p.windowRows = uint64_t(window.size[1]), p.windowColumns = uint64_t(window.size[2]);
    p.strideRows = uint64_t(window.stride[1]), p.strideColumns = uint64_t(window.stride[2]);
    p.dilationRows = uint64_t(window.dilation[1]);
    p.dilationColumns = uint64_t(window.dilation[2]);
    p.firstRow = window.start[1], p.firstColumn = window.start[2];
    p.gradient = gradient, p.factor = 1;
    return p;
  }

  // Image slices under the window of result slice `depth`.
  std::vector<int64_t> slicesUnder(int64_t depth) const {
    std::vector<int64_t> slices;
    for (int64_t tap = 0; tap < window.size[0]; ++tap) {
      int64_t at = window.start[0] + depth * window.stride[0] + tap * window.dilation[0];
      if (at >= 0 && at < x.size[0])
        slices.push_back(at);
    }
    return slices;
  }

  // The share of one slice in the average over depth.
  float share(size_t slices) const {
    if (op.pooling == PoolingKind::Maximum)
      return 1;
    return 1.0f / float(op.pooling == PoolingKind::AverageIncludingPadding ? window.size[0]
                                                                           : int64_t(slices));
  }

  VectorInstruction vector(VectorFunction function, uint64_t elements, uint64_t dst, uint64_t a,
                           uint64_t b) const {
    VectorInstruction v;
    v.function = function;
    v.rows = 1, v.columns = v.pitchDst = v.pitchA = v.pitchB = elements;
    v.dst = dst, v.a = a, v.b = b;
    v.formatDst = v.formatA = v.formatB = Format::F32;
    v.alpha = v.beta = 1;
    return v;
  }

  void block(int64_t n, int64_t first, uint64_t count, int64_t depth) {
    uint64_t base = blockIndex % 2 * slotBytes(blockChannels);
    uint64_t image = base, out = base + imageBytes(blockChannels);
    reuses = blockIndex >= 2;
    vectorStarted = false;
    uint64_t spare = out + (gradient ? imageBytes(blockChannels) : smallBytes(blockChannels));
    uint64_t elements = count * (gradient ? x.slice() : y.slice());
    if (gradient)
      scatter(n, first, count, depth, image, out, spare + imageBytes(blockChannels));
    else
      gather(n, first, count, depth, image, out, spare);
    if (hasC)
      load(c, n, first, count, depth, spare, operandWaits(), kSourceReady);
    VectorInstruction last =
        vector(hasC ? VectorFunction::Add : VectorFunction::Copy, elements, out, out, spare);
    last.alpha = float(op.alpha.real()), last.beta = float(op.beta.real());
    setActivation(last, op);
    builder->emit(last, (hasC ? kSourceReady : 0) | vectorWaits(),
                  kResultReady | (hasC ? kSourceFree : 0));
    auto store = transfer<StoreInstruction>(*result, n, first, count, depth, out);
    store.from = Format::F32, store.to = op.dst[0].format;
    builder->emit(store, kResultReady, kResultFree);
    ++blockIndex;
  }

  // Every load but the first two waits for the vector unit to have read the one before the last.
  unsigned operandWaits() { return loads++ >= 2 ? kSourceFree : 0; }
  // The first vector instruction of a block waits until the results two blocks ago are stored.
  unsigned vectorWaits() {
    bool waits = reuses && !vectorStarted;
    vectorStarted = true;
    return waits ? kResultFree : 0;
  }

  void gather(int64_t n, int64_t first, uint64_t count, int64_t depth, uint64_t image, uint64_t out,
              uint64_t spare) {
    std::vector<int64_t> slices = slicesUnder(depth);
    for (size_t i = 0; i < slices.size(); ++i) {
      // One buffer per block: the next slice waits for this one's pooling.
      load(x, n, first, count, slices[i], image, i > 0 ? unsigned(kBiasFree) : operandWaits(),
           kSourceReady);
      PoolInstruction p = pool(count);
      p.a = image, p.dst = i == 0 ? out : spare, p.factor = share(slices.size());
      bool more = i + 1 < slices.size();
      builder->emit(p, kSourceReady | vectorWaits(), more ? kBiasFree : kSourceFree);
      if (i > 0)
        builder->emit(vector(op.pooling == PoolingKind::Maximum ? VectorFunction::Maximum
                                                                : VectorFunction::Add,
                             count * y.slice(), out, out, spare),
                      0, 0);
    }
  }

  // Slopes of every result slice whose window covers image slice `depth`.
  void scatter(int64_t n, int64_t first, uint64_t count, int64_t depth, uint64_t image,
               uint64_t out, uint64_t slopes) {
    VectorInstruction zero = vector(VectorFunction::Fill, count * x.slice(), out, 0, 0);
    zero.alpha = 0;
    builder->emit(zero, vectorWaits(), 0);
    bool second = false;
    if (op.pooling == PoolingKind::Maximum) {
      load(x, n, first, count, depth, image, operandWaits(), 0);
      load(y, n, first, count, 0, slopes, 0, kSourceReady);
      PoolInstruction p = pool(count);
      p.a = image, p.b = slopes, p.dst = out;
      builder->emit(p, kSourceReady, kSourceFree);
      return;
    }
    for (int64_t o = 0; o < y.size[0]; ++o) {
      std::vector<int64_t> slices = slicesUnder(o);
      if (std::find(slices.begin(), slices.end(), depth) == slices.end())
        continue;
      load(y, n, first, count, o, slopes, second ? unsigned(kBiasFree) : operandWaits(),
           kSourceReady);
      PoolInstruction p = pool(count);
      p.a = image, p.b = slopes, p.dst = out, p.factor = share(slices.size());
      // Averages do not look at the image; its buffer only has to be there.
      builder->emit(p, kSourceReady, kBiasFree);
      second = true;
    }
    if (second) // the token that no further load took
      builder->emit(vector(VectorFunction::Copy, count * x.slice(), out, out, out), kBiasFree,
                    kSourceFree);
  }

  const TensorOp &op;
  const bool gradient, hasC;
  Image x, y, c;
  std::unique_ptr<Image> result;
  const Window window;
  int64_t batch, channels;
  uint64_t blockChannels = 0, blockIndex = 0, loads = 0;
  bool reuses = false, vectorStarted = false;
  ProgramBuilder *builder = nullptr;
};

Status checkShapes(const TensorOp &op) {
  const Tensor &x = isGradient(op) ? op.src[1] : op.src[0];
  const Tensor &y = isGradient(op) ? op.src[0] : op.dst[0];
  size_t rank = x.sizes.size();
  if (rank < 3 || rank > 5 || op.window.size() + 2 != rank || y.sizes.size() != rank)
    return refuse("images have one, two or three spatial dimensions");
  if (y.sizes[0] != x.sizes[0] || y.sizes[1] != x.sizes[1] ||
      (isGradient(op) && op.dst[0].sizes != x.sizes))
    return refuse("the sizes of image and result do not match");
  if (op.beta != 0.0 && op.src[isGradient(op) ? 2 : 1].sizes != op.dst[0].sizes)
    return refuse("the sizes of C and D do not match");
  for (size_t d = 0; d < op.window.size(); ++d) {
    const WindowDimension &w = op.window[d];
    if (w.size < 1 || w.stride < 1 || w.dilation < 1)
      return refuse("a window's size, stride and dilation are at least 1");
    for (int64_t o = 0; o < y.sizes[d + 2]; ++o) {
      int64_t start = o * w.stride - w.padBefore;
      int64_t skipped = start < 0 ? (-start + w.dilation - 1) / w.dilation : 0;
      if (skipped >= w.size || start + skipped * w.dilation >= x.sizes[d + 2])
        return refuse("a window lies outside the image altogether");
    }
  }
  return {};
}

Status checkFormats(const TensorOp &op) {
  if (op.alpha.imag() != 0 || op.beta.imag() != 0)
    return refuse("complex arithmetic is not supported");
  size_t sources = (isGradient(op) ? 2 : 1) + (op.beta != 0.0);
  if (op.src.size() < sources || op.dst.size() != 1)
    return refuse("operands are missing");
  for (size_t i = 0; i <= sources; ++i) {
    const Tensor &tensor = i == sources ? op.dst[0] : op.src[i];
    if (Status status =
            checkTensor(tensor, i == sources ? "D" : "of a source", tensor.sizes.size());
        !status)
      return status;
    if (tensor.format == Format::Int32 || tensor.format == Format::Int8)
      return refuse(std::string("the pooling unit computes in fp32, which is not exact for ") +
                    formatName(tensor.format));
  }
  return {};
}

} // namespace

Status checkPooling(const TensorOp &op, const LoweringContext &context) {
  if (Status status = checkFormats(op); !status)
    return status;
  if (Status status = checkShapes(op); !status)
    return status;
  if (isEmpty(op.dst[0]) || isEmpty(op.src[0]))
    return isEmpty(op.dst[0]) ? Status() : refuse("an empty image");
  return PoolingLowering(op, context.config).check();
}

Status lowerPooling(const TensorOp &op, const LoweringContext &context, Lowered &lowered) {
  lowered.format = "f32";
  if (isEmpty(op.dst[0]))
    return {};
  return PoolingLowering(op, context.config).lower(lowered);
}

} // namespace npu::backend
