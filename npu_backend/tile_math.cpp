// See tile_math.h. fp32-accurate products (bf16x9) are computed as fp32 products: nine products of
// three exact bf16 parts carry all 24 bits of each operand, which is what an fp32 multiplier does.
// x3 and x6 really split, because what they leave out is their error; tiles with an infinity or NaN
// in them are multiplied as fp32.
#include "tile_math.h"
#include "convert.h"
#include "numerics.h"
#include "packed.h"
#include "quantize.h"
#include "vector_clones.h"

#include <atomic>
#include <cmath>
#include <dnnl.hpp>
#include <map>
#include <mutex>
#include <tuple>

namespace npu::backend {
namespace {

using Type = dnnl::memory::data_type;

// One plain matrix product as oneDNN sees it.
struct Shape {
  Type type;
  int64_t m, n, k, pitchA, pitchB, pitchSums;
  bool transposedA, transposedB, accumulate;
  auto key() const {
    return std::make_tuple(int(type), m, n, k, pitchA, pitchB, pitchSums, transposedA, transposedB,
                           accumulate);
  }
  bool operator<(const Shape &other) const { return key() < other.key(); }
};

size_t bytesOf(Type type) { return type == Type::f32 ? 4 : type == Type::bf16 ? 2 : 1; }

dnnl::memory::desc matrixDesc(int64_t rows, int64_t columns, Type type, int64_t pitch,
                              bool transposed) {
  return {{rows, columns},
          type,
          transposed ? dnnl::memory::dims{1, pitch} : dnnl::memory::dims{pitch, 1}};
}

template <typename Element> struct Buffer {
  std::vector<Element> data;
  Element *resized(size_t size) {
    if (data.size() < size)
      data.resize(size);
    return data.data();
  }
};

// target += values; false when one would overflow.
NPU_VECTOR_CLONES
bool addRow(const int32_t *values, int32_t *target, uint64_t count) {
  uint32_t overflow = 0;
  for (uint64_t i = 0; i < count; ++i) {
    const auto a = uint32_t(target[i]), b = uint32_t(values[i]), sum = a + b;
    overflow |= (a ^ sum) & (b ^ sum); // the sign differs from both operands'
    target[i] = int32_t(sum);
  }
  return !(overflow >> 31);
}

constexpr size_t kWorthSharingMacs = 1 << 20;
// With |codes| <= 128, sums of 1024 products are whole numbers that fp32 holds exactly.
constexpr uint64_t kExactDepthInFloat = 1024;

} // namespace

class TileMath::Primitives {
public:
  explicit Primitives(WorkerPool &pool) : pool(pool), scratch(pool.size()), products(pool.size()) {
    nativeBf16 = supports(Type::bf16, Type::f32);
    // Without dot-product instructions oneDNN's int8 kernels may saturate in between.
    nativeInt8 = __builtin_cpu_supports("avx512vnni") && supports(Type::s8, Type::s32);
  }

  void run(const Shape &shape, const void *a, const void *b, void *sums) {
    size_t macs = size_t(shape.m) * size_t(shape.n) * size_t(shape.k);
    unsigned parts = macs < kWorthSharingMacs ? 1 : pool.size();
    bool byRows = shape.m >= shape.n;
    int64_t extent = byRows ? shape.m : shape.n;
    if (extent < int64_t(parts))
      parts = 1;
    std::vector<Task> tasks;
    for (unsigned part = 0; part < parts; ++part) {
      int64_t begin = extent * part / parts, size = extent * (part + 1) / parts - begin;
      Shape share = shape;
      (byRows ? share.m : share.n) = size;
      int64_t offsetA = !byRows ? 0 : begin * (shape.transposedA ? 1 : shape.pitchA);
      int64_t offsetB = byRows ? 0 : begin * (shape.transposedB ? shape.pitchB : 1);
      int64_t offsetSums = begin * (byRows ? shape.pitchSums : 1);
      tasks.push_back({share, shape.type == Type::f32 ? nullptr : &find(share),
                       static_cast<const char *>(a) + offsetA * int64_t(bytesOf(shape.type)),
                       static_cast<const char *>(b) + offsetB * int64_t(bytesOf(shape.type)),
                       static_cast<char *>(sums) + offsetSums * 4});
    }
    share(parts, [&](unsigned part) {
      if (tasks[part].primitive)
        execute(tasks[part], scratch[part]);
      else
        multiplyFloats(tasks[part]);
    });
  }

  // int8: adds the product to the sums, a few rows at a time so that they are still in the cache
  // (oneDNN would add through fp32). False when a sum overflows.
  bool accumulateIntegers(const Shape &shape, const void *a, const void *b, int32_t *sums) {
    constexpr int64_t kRows = 128;
    const int64_t blocks = (shape.m + kRows - 1) / kRows;
    const size_t macs = size_t(shape.m) * size_t(shape.n) * size_t(shape.k);
    const unsigned parts =
        macs < kWorthSharingMacs ? 1 : unsigned(std::min<int64_t>(pool.size(), blocks));
    Shape whole = shape, last = shape;
    whole.m = kRows, last.m = shape.m - (blocks - 1) * kRows;
    whole.pitchSums = last.pitchSums = shape.n;
    whole.accumulate = last.accumulate = false;
    const Primitive *ofLast = &find(last), *ofOthers = blocks > 1 ? &find(whole) : nullptr;
    std::atomic<bool> fits{true};
    share(parts, [&](unsigned part) {
      int32_t *product = products[part].resized(size_t(kRows * shape.n));
      for (int64_t i = blocks * part / parts; i < blocks * (part + 1) / parts; ++i) {
        const bool isLast = i == blocks - 1;
        const int64_t row = i * kRows, offset = row * (shape.transposedA ? 1 : shape.pitchA);
        execute({isLast ? last : whole, isLast ? ofLast : ofOthers,
                 static_cast<const char *>(a) + offset, b, product},
                scratch[part]);
        for (int64_t j = 0; j < (isLast ? last.m : kRows); ++j)
          if (!addRow(product + j * shape.n, sums + (row + j) * shape.pitchSums, uint64_t(shape.n)))
            fits = false;
      }
    });
    return fits;
  }

  // Rows of `count` stored elements turned into dense fp32 (or bf16) rows.
  template <typename Element>
  Element *widen(const void *data, Format from, Format to, uint64_t rows, uint64_t count,
                 uint64_t pitch, Buffer<Element> &buffer) {
    Element *dense = buffer.resized(rows * count);
    pool.split(rows, rows * count, [&](size_t begin, size_t end) {
      for (size_t row = begin; row < end; ++row) {
        const char *source = static_cast<const char *>(data) + rowBytes(from, row * pitch);
        if constexpr (std::is_same_v<Element, float>)
          if (isMx(from)) {
            unpackRow(source, from, count, dense + row * count);
            continue;
          }
        convertElements(source, from, 1, dense + row * count, to, 1, count, 1.0f);
      }
    });
    return dense;
  }

  // Rows of int4 codes turned into dense rows of int8.
  const int8_t *unpack(const void *data, uint64_t rows, uint64_t count, uint64_t pitch,
                       Buffer<int8_t> &buffer) {
    int8_t *dense = buffer.resized(rows * count);
    pool.split(rows, rows * count, [&](size_t begin, size_t end) {
      for (size_t row = begin; row < end; ++row)
        unpackInt4(static_cast<const uint8_t *>(data) + rowBytes(Format::Int4, row * pitch), count,
                   dense + row * count);
    });
    return dense;
  }

  WorkerPool &pool;
  bool nativeBf16 = false, nativeInt8 = false;
  Buffer<float> floatsA, floatsB, floatSums;
  Buffer<uint16_t> partsA[3], partsB[3];
  Buffer<int8_t> codesA, codesB;
  Buffer<int32_t> intSums;

private:
  struct Primitive {
    dnnl::matmul matmul;
    dnnl::memory::desc a, b, sums, scratch;
  };
  struct Task {
    Shape shape;
    const Primitive *primitive; // null: fp32
    const void *a, *b;
    void *sums;
  };

  // One exception of the parts, if any, is thrown when all have ended.
  void share(unsigned parts, const std::function<void(unsigned)> &work) {
    std::exception_ptr failure;
    std::mutex failureMutex;
    pool.run(parts, [&](unsigned part) {
      try {
        work(part);
      } catch (...) {
        std::lock_guard<std::mutex> lock(failureMutex);
        failure = std::current_exception();
      }
    });
    if (failure)
      std::rethrow_exception(failure);
  }

  bool supports(Type operands, Type sums) {
    try {
      dnnl::memory::desc desc({64, 64}, operands, dnnl::memory::dims{64, 1});
      dnnl::memory::desc out({64, 64}, sums, dnnl::memory::dims{64, 1});
      dnnl::matmul::primitive_desc probe({desc, desc, out}, engine);
      return std::string(probe.impl_info_str()).find("ref") == std::string::npos;
    } catch (const dnnl::error &) {
      return false;
    }
  }

  const Primitive &find(const Shape &shape) {
    auto found = cache.find(shape);
    if (found != cache.end())
      return found->second;
    constexpr size_t kMost = 4096; // a program with more shapes than this starts over
    if (cache.size() >= kMost)
      cache.clear();
    Primitive made;
    made.a = matrixDesc(shape.m, shape.k, shape.type, shape.pitchA, shape.transposedA);
    made.b = matrixDesc(shape.k, shape.n, shape.type, shape.pitchB, shape.transposedB);
    made.sums = matrixDesc(shape.m, shape.n, shape.type == Type::s8 ? Type::s32 : Type::f32,
                           shape.pitchSums, false);
    dnnl::primitive_attr attributes;
    attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
    if (shape.accumulate) {
      dnnl::post_ops sum;
      sum.append_sum(1.0f);
      attributes.set_post_ops(sum);
    }
    dnnl::matmul::primitive_desc desc({made.a, made.b, made.sums}, attributes, engine);
    made.matmul = dnnl::matmul(desc);
    made.scratch = desc.scratchpad_desc();
    return cache.emplace(shape, std::move(made)).first->second;
  }

  // oneDNN's own product of fp32 needs no primitive, and is faster than one for shallow tiles.
  static void multiplyFloats(const Task &task) {
    const Shape &s = task.shape;
    const dnnl_status_t status = dnnl_sgemm(
        s.transposedA ? 'T' : 'N', s.transposedB ? 'T' : 'N', s.m, s.n, s.k, 1.0f,
        static_cast<const float *>(task.a), s.pitchA, static_cast<const float *>(task.b), s.pitchB,
        s.accumulate ? 1.0f : 0.0f, static_cast<float *>(task.sums), s.pitchSums);
    if (status != dnnl_success)
      throw dnnl::error(status, "a product of fp32 matrices failed");
  }

  void execute(const Task &task, Buffer<char> &buffer) {
    const Primitive &primitive = *task.primitive;
    constexpr size_t kAlignment = 4096;
    char *raw = buffer.resized(primitive.scratch.get_size() + kAlignment);
    char *aligned = raw + (kAlignment - reinterpret_cast<uintptr_t>(raw) % kAlignment);
    dnnl::stream stream(engine);
    primitive.matmul.execute(stream,
                             {{DNNL_ARG_SRC, {primitive.a, engine, const_cast<void *>(task.a)}},
                              {DNNL_ARG_WEIGHTS, {primitive.b, engine, const_cast<void *>(task.b)}},
                              {DNNL_ARG_DST, {primitive.sums, engine, task.sums}},
                              {DNNL_ARG_SCRATCHPAD, {primitive.scratch, engine, aligned}}});
    stream.wait();
  }

  dnnl::engine engine{dnnl::engine::kind::cpu, 0};
  std::map<Shape, Primitive> cache;
  std::vector<Buffer<char>> scratch; // one per part
  std::vector<Buffer<int32_t>> products;
};

namespace {

// The stored extents of an operand: rows x count elements, transposed or not.
struct Stored {
  uint64_t rows, count;
};
Stored storedA(const MultiplyInstruction &shape) {
  return shape.transposedA ? Stored{shape.k, shape.m} : Stored{shape.m, shape.k};
}
Stored storedB(const MultiplyInstruction &shape) {
  return shape.transposedB ? Stored{shape.n, shape.k} : Stored{shape.k, shape.n};
}

Shape plainShape(const MultiplyInstruction &shape, Type type) {
  return {type,
          int64_t(shape.m),
          int64_t(shape.n),
          int64_t(shape.k),
          int64_t(shape.pitchA),
          int64_t(shape.pitchB),
          int64_t(shape.pitchSums),
          shape.transposedA != 0,
          shape.transposedB != 0,
          shape.accumulate != 0};
}

// bf16 parts of a value: each holds what the ones before left over. Parts after an infinite or NaN
// part are zero, so that infinities stay infinities.
void splitValue(float value, uint16_t *parts, unsigned count) {
  for (unsigned i = 0; i < count; ++i) {
    parts[i] = encodeBf16(value);
    if ((parts[i] & 0x7fff) == 0x7f80 && std::isfinite(value))
      parts[i] = uint16_t(floatBits(value) >> 16); // rounding up would overflow: cut instead
    value = std::isfinite(value) ? value - decodeBf16(parts[i]) : 0.0f;
  }
}

} // namespace

namespace {
template <typename Primitives>
void multiplyAsFloats(Primitives &p, const MultiplyInstruction &shape, const TileOperands &t,
                      Format rounding) {
  Shape plain = plainShape(shape, Type::f32);
  const void *a = t.a, *b = t.b;
  if (shape.formatA != Format::F32 || rounding != Format::F32) {
    Stored stored = storedA(shape);
    a = p.widen(t.a, shape.formatA, rounding, stored.rows, stored.count, shape.pitchA, p.floatsA);
    plain.pitchA = int64_t(stored.count);
  }
  if (shape.formatB != Format::F32 || rounding != Format::F32) {
    Stored stored = storedB(shape);
    b = p.widen(t.b, shape.formatB, rounding, stored.rows, stored.count, shape.pitchB, p.floatsB);
    plain.pitchB = int64_t(stored.count);
  }
  p.run(plain, a, b, t.sums);
}

// False when an infinity or NaN was among the values.
template <typename Primitives>
bool split(Primitives &p, const void *data, Stored stored, uint64_t pitch, unsigned count,
           Buffer<uint16_t> *buffers) {
  uint16_t *out[3] = {};
  std::atomic<bool> finite{true};
  for (unsigned i = 0; i < count; ++i)
    out[i] = buffers[i].resized(stored.rows * stored.count);
  p.pool.split(stored.rows, stored.rows * stored.count, [&](size_t begin, size_t end) {
    for (size_t row = begin; row < end; ++row) {
      const float *values = static_cast<const float *>(data) + row * pitch;
      for (size_t i = 0; i < stored.count; ++i) {
        uint16_t parts[3];
        splitValue(values[i], parts, count);
        if (!std::isfinite(values[i]))
          finite = false;
        for (unsigned part = 0; part < count; ++part)
          out[part][row * stored.count + i] = parts[part];
      }
    }
  });
  return finite;
}

template <typename Primitives>
void multiplySplit(Primitives &p, const MultiplyInstruction &shape, const TileOperands &t,
                   unsigned count) {
  bool finite = split(p, t.a, storedA(shape), shape.pitchA, count, p.partsA);
  finite &= split(p, t.b, storedB(shape), shape.pitchB, count, p.partsB);
  // Cross products with the zero parts of an infinity would turn it into NaN.
  if (!finite)
    return multiplyAsFloats(p, shape, t, Format::F32);
  Shape plain = plainShape(shape, Type::bf16);
  plain.pitchA = int64_t(storedA(shape).count);
  plain.pitchB = int64_t(storedB(shape).count);
  MultiplyInstruction part = shape;
  part.formatA = part.formatB = Format::Bf16;
  part.pitchA = uint64_t(plain.pitchA), part.pitchB = uint64_t(plain.pitchB);
  // Smallest products first; those of order `count` and beyond are what the method leaves out.
  for (int order = int(count) - 1; order >= 0; --order)
    for (int i = 0; i <= order; ++i) {
      TileOperands operands{p.partsA[i].data.data(), p.partsB[order - i].data.data(), t.sums};
      if (p.nativeBf16)
        p.run(plain, operands.a, operands.b, operands.sums);
      else
        multiplyAsFloats(p, part, operands, Format::F32);
      plain.accumulate = true, part.accumulate = 1;
    }
}

template <typename Primitives>
bool multiplyIntegers(Primitives &p, const MultiplyInstruction &shape, const TileOperands &t) {
  auto sums = static_cast<int32_t *>(t.sums);
  if (p.nativeInt8 && shape.accumulate)
    return p.accumulateIntegers(plainShape(shape, Type::s8), t.a, t.b, sums);
  if (p.nativeInt8) {
    p.run(plainShape(shape, Type::s8), t.a, t.b, sums);
    return true;
  }
  if (!shape.accumulate)
    for (uint64_t row = 0; row < shape.m; ++row)
      std::fill_n(sums + row * shape.pitchSums, shape.n, 0);
  float *floats = p.floatSums.resized(shape.m * shape.n);
  int32_t *product = p.intSums.resized(shape.n);
  for (uint64_t k = 0; k < shape.k; k += kExactDepthInFloat) {
    MultiplyInstruction slice = shape;
    slice.k = std::min(kExactDepthInFloat, shape.k - k);
    slice.pitchSums = shape.n, slice.accumulate = 0;
    TileOperands operands{
        static_cast<const int8_t *>(t.a) + k * (shape.transposedA ? shape.pitchA : 1),
        static_cast<const int8_t *>(t.b) + k * (shape.transposedB ? 1 : shape.pitchB), floats};
    multiplyAsFloats(p, slice, operands, Format::F32);
    for (uint64_t row = 0; row < shape.m; ++row) {
      const float *values = floats + row * shape.n;
      std::copy_n(values, shape.n, product);
      if (!addRow(product, sums + row * shape.pitchSums, shape.n))
        return false;
    }
  }
  return true;
}

template <typename Primitives>
bool multiplyInt4(Primitives &p, const MultiplyInstruction &shape, const TileOperands &t) {
  const Stored a = storedA(shape), b = storedB(shape);
  MultiplyInstruction wide = shape;
  wide.formatA = wide.formatB = Format::Int8;
  wide.pitchA = a.count, wide.pitchB = b.count;
  return multiplyIntegers(p, wide,
                          {p.unpack(t.a, a.rows, a.count, shape.pitchA, p.codesA),
                           p.unpack(t.b, b.rows, b.count, shape.pitchB, p.codesB), t.sums});
}
} // namespace

TileMath::TileMath(WorkerPool &pool) {
  useOneOpenmpThread();
  primitives = std::make_unique<Primitives>(pool);
}
TileMath::~TileMath() = default;

Status TileMath::multiply(const MultiplyInstruction &shape, const TileOperands &operands) {
  try {
    switch (shape.product) {
    case Product::Bf16:
      if (primitives->nativeBf16)
        primitives->run(plainShape(shape, Type::bf16), operands.a, operands.b, operands.sums);
      else
        multiplyAsFloats(*primitives, shape, operands, Format::F32);
      return {};
    case Product::Fp16:
    case Product::Fp8:
    case Product::MxFp8:
    case Product::MxFp6:
    case Product::MxFp4:
    case Product::Bf16x9:
      multiplyAsFloats(*primitives, shape, operands, Format::F32);
      return {};
    case Product::Tf32:
      multiplyAsFloats(*primitives, shape, operands, Format::Tf32);
      return {};
    case Product::Bf16x3:
      multiplySplit(*primitives, shape, operands, 2);
      return {};
    case Product::Bf16x6:
      multiplySplit(*primitives, shape, operands, 3);
      return {};
    case Product::Int8:
    case Product::Int4:
      if (shape.product == Product::Int8 ? multiplyIntegers(*primitives, shape, operands)
                                         : multiplyInt4(*primitives, shape, operands))
        return {};
      return {npuErrorLaunchFailure, std::string("NPU trap: an int32 sum overflowed in an ") +
                                         productName(shape.product) +
                                         " product; split the depth (K)"};
    }
    return {npuErrorLaunchFailure, "NPU trap: the array has no such product"};
  } catch (const std::exception &error) {
    return {npuErrorMemoryAllocation,
            std::string("NPU emulator: tile arithmetic failed: ") + error.what()};
  }
}

} // namespace npu::backend
