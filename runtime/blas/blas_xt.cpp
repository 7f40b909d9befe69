// cublasXt: matrices of the host go to device memory, the function of npu/blas.h computes there,
// and the result comes back before the call returns. There is one device to compute on, so nothing
// is cut into blocks.
#include "npu/blas_xt.h"
#include "npu/runtime.h"

#include "arguments.h"
#include "src/scratch.h"

#include <cstring>
#include <map>
#include <mutex>
#include <vector>

namespace npu::blas {
namespace {

struct Operand {
  const void *data;
  size_t rows, columns, leading, elementBytes;
  bool written;

  size_t span() const { return ((columns - 1) * leading + rows) * elementBytes; }
  // What is wrong with sizes is said by the function that computes.
  bool isStaged() const {
    return data && rows > 0 && columns > 0 && leading >= rows &&
           !core::deviceCanReach(data, span());
  }
};

using Call = std::function<npublasStatus_t(const std::vector<void *> &)>;

// The code of a call whose own failure is logged already.
Outcome outcomeOf(npublasStatus_t status) {
  return status == NPUBLAS_STATUS_SUCCESS ? Outcome() : Outcome(status, "the computation failed");
}

npublasStatus_t staged(const char *caller, npublasHandle_t handle,
                       const std::vector<Operand> &operands, const Call &call) {
  return blasEntry(caller, handle, [&](const Settings &settings) -> Outcome {
    std::vector<std::shared_ptr<void>> copies(operands.size());
    std::vector<void *> memory;
    for (size_t i = 0; i < operands.size(); ++i) {
      const Operand &operand = operands[i];
      memory.push_back(const_cast<void *>(operand.data));
      if (!operand.isStaged())
        continue;
      if (Outcome bad = fromCore(core::allocateScratch(operand.span(), copies[i])); !bad.ok())
        return bad;
      memory.back() = copies[i].get();
      for (size_t column = 0; column < operand.columns; ++column) {
        const size_t at = column * operand.leading * operand.elementBytes;
        std::memcpy(static_cast<char *>(memory.back()) + at,
                    static_cast<const char *>(operand.data) + at,
                    operand.rows * operand.elementBytes);
      }
    }
    if (Outcome bad = outcomeOf(call(memory)); !bad.ok())
      return bad;
    if (Outcome bad = fromCore(core::synchronize(settings.stream)); !bad.ok())
      return bad;
    for (size_t i = 0; i < operands.size(); ++i)
      for (size_t column = 0; copies[i] && operands[i].written && column < operands[i].columns;
           ++column) {
        const size_t at = column * operands[i].leading * operands[i].elementBytes;
        std::memcpy(static_cast<char *>(const_cast<void *>(operands[i].data)) + at,
                    static_cast<const char *>(memory[i]) + at,
                    operands[i].rows * operands[i].elementBytes);
      }
    return {};
  });
}

// What a handle remembers for this interface only.
struct Remembered {
  int blockDim = 2048;
  npublasXtPinnedMemMode_t pinning = NPUBLASXT_PINNING_DISABLED;
};
struct Registry {
  std::mutex mutex; // guards all
  std::map<npublasXtHandle_t, Remembered> all;
};
Registry &registry() {
  static Registry *instance = new Registry; // never destroyed, as the handles' own
  return *instance;
}
Outcome withRemembered(npublasXtHandle_t handle, const std::function<void(Remembered &)> &use) {
  if (Outcome live = withSettings(handle, [](Settings &) {}); !live.ok())
    return live;
  std::lock_guard<std::mutex> lock(registry().mutex);
  use(registry().all[handle]);
  return {};
}

int deviceCount() {
  int count = 0;
  return npuGetDeviceCount(&count) == npuSuccess ? count : 0;
}

} // namespace
} // namespace npu::blas

using namespace npu::blas;

npublasStatus_t npublasXtCreate(npublasXtHandle_t *handle) { return npublasCreate(handle); }
npublasStatus_t npublasXtDestroy(npublasXtHandle_t handle) {
  {
    std::lock_guard<std::mutex> lock(registry().mutex);
    registry().all.erase(handle);
  }
  return npublasDestroy(handle);
}

npublasStatus_t npublasXtGetNumBoards(int nbDevices, int deviceId[], int *nbBoards) {
  return blasEntry("cublasXtGetNumBoards", [&]() -> Outcome {
    if (nbDevices < 0 || !deviceId || !nbBoards)
      return invalid("no devices or no room for the result");
    *nbBoards = nbDevices;
    return {};
  });
}
npublasStatus_t npublasXtMaxBoards(int *nbGpuBoards) {
  return blasEntry("cublasXtMaxBoards", [&]() -> Outcome {
    if (!nbGpuBoards)
      return invalid("the result's address is null");
    *nbGpuBoards = deviceCount();
    return {};
  });
}
npublasStatus_t npublasXtDeviceSelect(npublasXtHandle_t handle, int nbDevices, int deviceId[]) {
  return blasEntry("cublasXtDeviceSelect", handle, [&](const Settings &) -> Outcome {
    if (nbDevices <= 0 || !deviceId)
      return invalid("no devices");
    for (int i = 0; i < nbDevices; ++i)
      if (deviceId[i] < 0 || deviceId[i] >= deviceCount())
        return invalid("no device " + std::to_string(deviceId[i]));
    return {};
  });
}

npublasStatus_t npublasXtSetBlockDim(npublasXtHandle_t handle, int blockDim) {
  return blasEntry("cublasXtSetBlockDim", [&]() -> Outcome {
    Outcome live = withRemembered(handle, [&](Remembered &remembered) {
      remembered.blockDim = blockDim > 0 ? blockDim : remembered.blockDim;
    });
    return live.ok() && blockDim <= 0 ? invalid("blockDim must be positive") : live;
  });
}
npublasStatus_t npublasXtGetBlockDim(npublasXtHandle_t handle, int *blockDim) {
  return blasEntry("cublasXtGetBlockDim", [&]() -> Outcome {
    if (!blockDim)
      return invalid("the result's address is null");
    return withRemembered(handle, [&](Remembered &remembered) { *blockDim = remembered.blockDim; });
  });
}
npublasStatus_t npublasXtSetPinningMemMode(npublasXtHandle_t handle,
                                           npublasXtPinnedMemMode_t mode) {
  return blasEntry("cublasXtSetPinningMemMode", [&]() -> Outcome {
    const bool valid = mode == NPUBLASXT_PINNING_DISABLED || mode == NPUBLASXT_PINNING_ENABLED;
    Outcome live = withRemembered(handle, [&](Remembered &remembered) {
      remembered.pinning = valid ? mode : remembered.pinning;
    });
    return live.ok() && !valid ? invalid("the mode is none of the enumerators") : live;
  });
}
npublasStatus_t npublasXtGetPinningMemMode(npublasXtHandle_t handle,
                                           npublasXtPinnedMemMode_t *mode) {
  return blasEntry("cublasXtGetPinningMemMode", [&]() -> Outcome {
    if (!mode)
      return invalid("the result's address is null");
    return withRemembered(handle, [&](Remembered &remembered) { *mode = remembered.pinning; });
  });
}

#include "npu/api/blas_parameters.def"
#define NPU_BLAS_T(name) npublas##name
#define SIZE(value) int64_t(value)
#define ROWS(operation, rows, columns) (operation) == NPUBLAS_OP_N ? (rows) : (columns)

#define XT_GEMM(L, T)                                                                              \
  npublasStatus_t npublasXt##L##gemm NPU_BLAS_GEMM(size_t, T) {                                    \
    return staged("cublasXt" #L "gemm", handle,                                                    \
                  {{A, ROWS(transa, m, k), ROWS(transa, k, m), lda, sizeof(T), false},             \
                   {B, ROWS(transb, k, n), ROWS(transb, n, k), ldb, sizeof(T), false},             \
                   {C, m, n, ldc, sizeof(T), true}},                                               \
                  [&](const std::vector<void *> &p) {                                              \
                    return npublas##L##gemm_64(handle, transa, transb, SIZE(m), SIZE(n), SIZE(k),  \
                                               alpha, static_cast<T *>(p[0]), SIZE(lda),           \
                                               static_cast<T *>(p[1]), SIZE(ldb), beta,            \
                                               static_cast<T *>(p[2]), SIZE(ldc));                 \
                  });                                                                              \
  }
XT_GEMM(S, float)
XT_GEMM(D, double)
XT_GEMM(C, float2)
XT_GEMM(Z, double2)

#define ORDER(side) (side) == NPUBLAS_SIDE_LEFT ? m : n
#define XT_SYMM(name, T)                                                                           \
  npublasStatus_t npublasXt##name NPU_BLAS_SYMM(size_t, T) {                                       \
    return staged("cublasXt" #name, handle,                                                        \
                  {{A, ORDER(side), ORDER(side), lda, sizeof(T), false},                           \
                   {B, m, n, ldb, sizeof(T), false},                                               \
                   {C, m, n, ldc, sizeof(T), true}},                                               \
                  [&](const std::vector<void *> &p) {                                              \
                    return npublas##name##_64(handle, side, uplo, SIZE(m), SIZE(n), alpha,         \
                                              static_cast<T *>(p[0]), SIZE(lda),                   \
                                              static_cast<T *>(p[1]), SIZE(ldb), beta,             \
                                              static_cast<T *>(p[2]), SIZE(ldc));                  \
                  });                                                                              \
  }
XT_SYMM(Ssymm, float)
XT_SYMM(Dsymm, double)
XT_SYMM(Csymm, float2)
XT_SYMM(Zsymm, double2)
XT_SYMM(Chemm, float2)
XT_SYMM(Zhemm, double2)

#define XT_RANK_K(name, R, T)                                                                      \
  npublasStatus_t npublasXt##name NPU_BLAS_SYRK(size_t, R, T) {                                    \
    return staged("cublasXt" #name, handle,                                                        \
                  {{A, ROWS(trans, n, k), ROWS(trans, k, n), lda, sizeof(T), false},               \
                   {C, n, n, ldc, sizeof(T), true}},                                               \
                  [&](const std::vector<void *> &p) {                                              \
                    return npublas##name##_64(handle, uplo, trans, SIZE(n), SIZE(k), alpha,        \
                                              static_cast<T *>(p[0]), SIZE(lda), beta,             \
                                              static_cast<T *>(p[1]), SIZE(ldc));                  \
                  });                                                                              \
  }
XT_RANK_K(Ssyrk, float, float)
XT_RANK_K(Dsyrk, double, double)
XT_RANK_K(Csyrk, float2, float2)
XT_RANK_K(Zsyrk, double2, double2)
XT_RANK_K(Cherk, float, float2)
XT_RANK_K(Zherk, double, double2)

#define XT_RANK_2K(name, S, R, T)                                                                  \
  npublasStatus_t npublasXt##name NPU_BLAS_SYR2K(size_t, S, R, T) {                                \
    return staged("cublasXt" #name, handle,                                                        \
                  {{A, ROWS(trans, n, k), ROWS(trans, k, n), lda, sizeof(T), false},               \
                   {B, ROWS(trans, n, k), ROWS(trans, k, n), ldb, sizeof(T), false},               \
                   {C, n, n, ldc, sizeof(T), true}},                                               \
                  [&](const std::vector<void *> &p) {                                              \
                    return npublas##name##_64(handle, uplo, trans, SIZE(n), SIZE(k), alpha,        \
                                              static_cast<T *>(p[0]), SIZE(lda),                   \
                                              static_cast<T *>(p[1]), SIZE(ldb), beta,             \
                                              static_cast<T *>(p[2]), SIZE(ldc));                  \
                  });                                                                              \
  }
XT_RANK_2K(Ssyr2k, float, float, float)
XT_RANK_2K(Dsyr2k, double, double, double)
XT_RANK_2K(Csyr2k, float2, float2, float2)
XT_RANK_2K(Zsyr2k, double2, double2, double2)
XT_RANK_2K(Cher2k, float2, float, float2)
XT_RANK_2K(Zher2k, double2, double, double2)
XT_RANK_2K(Ssyrkx, float, float, float)
XT_RANK_2K(Dsyrkx, double, double, double)
XT_RANK_2K(Csyrkx, float2, float2, float2)
XT_RANK_2K(Zsyrkx, double2, double2, double2)
XT_RANK_2K(Cherkx, float2, float, float2)
XT_RANK_2K(Zherkx, double2, double, double2)

#define XT_TRIANGULAR(L, T)                                                                        \
  npublasStatus_t npublasXt##L##trmm NPU_BLAS_TRMM(size_t, T) {                                    \
    return staged("cublasXt" #L "trmm", handle,                                                    \
                  {{A, ORDER(side), ORDER(side), lda, sizeof(T), false},                           \
                   {B, m, n, ldb, sizeof(T), false},                                               \
                   {C, m, n, ldc, sizeof(T), true}},                                               \
                  [&](const std::vector<void *> &p) {                                              \
                    return npublas##L##trmm_64(handle, side, uplo, trans, diag, SIZE(m), SIZE(n),  \
                                               alpha, static_cast<T *>(p[0]), SIZE(lda),           \
                                               static_cast<T *>(p[1]), SIZE(ldb),                  \
                                               static_cast<T *>(p[2]), SIZE(ldc));                 \
                  });                                                                              \
  }                                                                                                \
  npublasStatus_t npublasXt##L##trsm NPU_BLAS_TRSM(size_t, T) {                                    \
    return staged(                                                                                 \
        "cublasXt" #L "trsm", handle,                                                              \
        {{A, ORDER(side), ORDER(side), lda, sizeof(T), false}, {B, m, n, ldb, sizeof(T), true}},   \
        [&](const std::vector<void *> &p) {                                                        \
          return npublas##L##trsm_64(handle, side, uplo, trans, diag, SIZE(m), SIZE(n), alpha,     \
                                     static_cast<T *>(p[0]), SIZE(lda), static_cast<T *>(p[1]),    \
                                     SIZE(ldb));                                                   \
        });                                                                                        \
  }
XT_TRIANGULAR(S, float)
XT_TRIANGULAR(D, double)
XT_TRIANGULAR(C, float2)
XT_TRIANGULAR(Z, double2)
