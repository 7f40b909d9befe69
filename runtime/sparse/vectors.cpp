// Operations of a sparse vector with a dense one.
#include "descriptors.h"

namespace npu::sparse {
namespace {

Outcome check(npusparseConstSpVecDescr_t x, npusparseConstDnVecDescr_t y) {
  Arguments arguments;
  if (!arguments.live("x is no vector", x).live("y is no vector", y).ok())
    return arguments.outcome();
  arguments.that(x->size <= y->size, "y is smaller than x says");
  arguments.memory("x's indices", x->indices, x->nonzeros, bytesOf(x->indexType));
  arguments.memory("x's values", x->values, x->nonzeros, bytesOf(x->type));
  return arguments.memory("y", y->values, y->size, bytesOf(y->type)).outcome();
}

// Calls `body` with the positions of x's elements in y.
template <class Body> void eachElement(const SparseVector &x, Body body) {
  for (int64_t i = 0; i < x.nonzeros; ++i) {
    const int64_t index =
        (x.indexType == NPUSPARSE_INDEX_64I ? static_cast<const int64_t *>(x.indices)[i]
                                            : static_cast<const int32_t *>(x.indices)[i]) -
        x.base;
    if (index < 0 || index >= x.size)
      failOnIndices("a sparse vector");
    body(i, index);
  }
}

} // namespace
} // namespace npu::sparse

using namespace npu::sparse;

extern "C" {

npusparseStatus_t npusparseAxpby(npusparseHandle_t handle, const void *alpha,
                                 npusparseConstSpVecDescr_t x, const void *beta,
                                 npusparseDnVecDescr_t y) {
  return entry("cusparseAxpby", handle, [&](const Settings &settings) -> Outcome {
    if (Outcome bad = check(x, y); !bad.ok())
      return bad;
    Scalar a, b;
    const npuDataType type = y->type == NPU_R_16F || y->type == NPU_R_16BF ? NPU_R_32F : y->type;
    Outcome bad = computable(type, {x->type});
    if (bad.ok())
      bad = a.set(settings, "alpha", alpha, type);
    if (bad.ok())
      bad = b.set(settings, "beta", beta, type);
    if (!bad.ok())
      return bad;
    return enqueue(settings, [=, x = SparseVector(*x), y = DenseVector(*y)] {
      byType(type, [&](auto zero) {
        using T = decltype(zero);
        const Values<T> xs(x.values, x.type, x.nonzeros);
        const Target<T> ys(y.values, y.type, y.size);
        for (int64_t i = 0; i < y.size; ++i)
          ys.data()[i] = scaled(b.get<T>(), ys.data()[i]);
        eachElement(
            x, [&](int64_t i, int64_t index) { ys.data()[index] += a.get<T>() * xs.data()[i]; });
      });
    });
  });
}

npusparseStatus_t npusparseGather(npusparseHandle_t handle, npusparseConstDnVecDescr_t y,
                                  npusparseSpVecDescr_t x) {
  return entry("cusparseGather", handle, [&](const Settings &settings) -> Outcome {
    if (Outcome bad = check(x, y); !bad.ok())
      return bad;
    if (x->type != y->type)
      return unsupported("x and y have different formats");
    return enqueue(settings, [x = SparseVector(*x), y = DenseVector(*y)] {
      const size_t bytes = bytesOf(x.type);
      eachElement(x, [&](int64_t i, int64_t index) {
        std::memcpy(static_cast<char *>(x.values) + size_t(i) * bytes,
                    static_cast<const char *>(y.values) + size_t(index) * bytes, bytes);
      });
    });
  });
}

npusparseStatus_t npusparseScatter(npusparseHandle_t handle, npusparseConstSpVecDescr_t x,
                                   npusparseDnVecDescr_t y) {
  return entry("cusparseScatter", handle, [&](const Settings &settings) -> Outcome {
    if (Outcome bad = check(x, y); !bad.ok())
      return bad;
    if (x->type != y->type)
      return unsupported("x and y have different formats");
    return enqueue(settings, [x = SparseVector(*x), y = DenseVector(*y)] {
      const size_t bytes = bytesOf(x.type);
      eachElement(x, [&](int64_t i, int64_t index) {
        std::memcpy(static_cast<char *>(y.values) + size_t(index) * bytes,
                    static_cast<const char *>(x.values) + size_t(i) * bytes, bytes);
      });
    });
  });
}

npusparseStatus_t npusparseRot(npusparseHandle_t handle, const void *c, const void *s,
                               npusparseSpVecDescr_t x, npusparseDnVecDescr_t y) {
  return entry("cusparseRot", handle, [&](const Settings &settings) -> Outcome {
    if (Outcome bad = check(x, y); !bad.ok())
      return bad;
    Scalar cosine, sine;
    Outcome bad = computable(y->type, {x->type});
    if (bad.ok())
      bad = cosine.set(settings, "c", c, y->type);
    if (bad.ok())
      bad = sine.set(settings, "s", s, y->type);
    if (!bad.ok())
      return bad;
    return enqueue(settings, [=, x = SparseVector(*x), y = DenseVector(*y)] {
      byType(y.type, [&](auto zero) {
        using T = decltype(zero);
        const Target<T> xs(x.values, x.type, x.nonzeros), ys(y.values, y.type, y.size);
        eachElement(x, [&](int64_t i, int64_t index) {
          const T before = xs.data()[i];
          xs.data()[i] = cosine.get<T>() * before + sine.get<T>() * ys.data()[index];
          ys.data()[index] = cosine.get<T>() * ys.data()[index] - sine.get<T>() * before;
        });
      });
    });
  });
}

npusparseStatus_t npusparseSpVV_bufferSize(npusparseHandle_t handle, npusparseOperation_t,
                                           npusparseConstSpVecDescr_t x,
                                           npusparseConstDnVecDescr_t y, const void *,
                                           npuDataType computeType, size_t *bufferSize) {
  return entry("cusparseSpVV_bufferSize", handle, [&](const Settings &) -> Outcome {
    Arguments arguments;
    if (!arguments.live("x is no vector", x).live("y is no vector", y).ok())
      return arguments.outcome();
    Outcome bad = computable(computeType, {x->type, y->type});
    return bad.ok() ? giveBufferSize(bufferSize) : bad;
  });
}

npusparseStatus_t npusparseSpVV(npusparseHandle_t handle, npusparseOperation_t opX,
                                npusparseConstSpVecDescr_t x, npusparseConstDnVecDescr_t y,
                                void *result, npuDataType computeType, void *) {
  return entry("cusparseSpVV", handle, [&](const Settings &settings) -> Outcome {
    Outcome bad = check(x, y);
    if (bad.ok())
      bad = computable(computeType, {x->type, y->type});
    if (bad.ok() && (opX == NPUSPARSE_OPERATION_TRANSPOSE || !result))
      bad = invalid("x cannot be transposed, or the result's address is null");
    const bool device = settings.pointerMode == NPUSPARSE_POINTER_MODE_DEVICE;
    if (Arguments arguments;
        bad.ok() && device && !arguments.memory("the result", result, 1, bytesOf(computeType)).ok())
      bad = arguments.outcome();
    if (!bad.ok())
      return bad;
    const auto work = [=, x = SparseVector(*x), y = DenseVector(*y)] {
      byType(computeType, [&](auto zero) {
        using T = decltype(zero);
        const Values<T> xs(x.values, x.type, x.nonzeros), ys(y.values, y.type, y.size);
        T sum = T(0);
        eachElement(x, [&](int64_t i, int64_t index) {
          sum += conjugatedIf(opX == NPUSPARSE_OPERATION_CONJUGATE_TRANSPOSE, xs.data()[i]) *
                 ys.data()[index];
        });
        std::memcpy(result, &sum, sizeof(T));
      });
    };
    return device ? enqueue(settings, work) : enqueueForHost(settings, work);
  });
}

} // extern "C"
