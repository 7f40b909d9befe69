// Dense solvers of matrices that lie on several devices (cusolverMg): columns in tiles, which go
// round the devices. The parts are gathered, solved by LAPACK and put back; the functions return
// when that is done, as cuSOLVER's do.
#include "any_type.h"
#include "spectra.h"

#include "npu/api/solver_devices_parameters.def"

struct npusolverMgContext {
  std::vector<int> devices;
};

namespace npu::solver {
namespace {

struct Grid {
  std::vector<int> devices;
};
struct Tiles {
  int64_t rows = 0, columns = 0, width = 1;
  npuDataType type = NPU_R_32F;
  std::vector<int> devices;

  // Where a column is: the device's number, and the column among its own.
  int part(int64_t column) const { return int(column / width % int64_t(devices.size())); }
  int64_t local(int64_t column) const {
    return column / width / int64_t(devices.size()) * width + column % width;
  }
};

template <class Object> Object *live(void *opaque) {
  auto *object = static_cast<Object *>(opaque);
  return core::LiveSet<Object>::instance().has(object) ? object : nullptr;
}

// A part of a matrix, from row and column `i` and `j`, counted from 1.
struct Part {
  const Tiles *tiles;
  void **arrays;
  int i, j;
  int64_t m, n;
};

Outcome ready(const Part &part, npuDataType type) {
  if (!part.tiles || !part.arrays)
    return invalid("a matrix's descriptor is not one, or its array of addresses is null");
  const Tiles &tiles = *part.tiles;
  if (tiles.type != type)
    return unsupported("the matrix has another type than the computation");
  if (part.i < 1 || part.j < 1 || part.m < 0 || part.n < 0 || part.i - 1 + part.m > tiles.rows ||
      part.j - 1 + part.n > tiles.columns)
    return invalid("the part does not lie in the matrix");
  int before = 0;
  npuGetDevice(&before);
  npuError_t error = npuSuccess;
  for (int device : tiles.devices)
    if (npuSetDevice(device) != npuSuccess || (error = npuDeviceSynchronize()) != npuSuccess)
      break;
  npuSetDevice(before);
  return error == npuSuccess
             ? Outcome()
             : Outcome(NPUBLAS_STATUS_EXECUTION_FAILED, "the work of a device failed");
}

// Copies between the tiles and a matrix of m rows.
template <class T> Outcome copy(const Part &part, T *whole, bool toTiles) {
  const Tiles &tiles = *part.tiles;
  for (int64_t k = 0; k < part.n; ++k) {
    const int64_t column = part.j - 1 + k;
    T *data = static_cast<T *>(part.arrays[tiles.part(column)]) + tiles.local(column) * tiles.rows +
              part.i - 1;
    Arguments check;
    if (!check.memory("a tile", data, part.m, sizeof(T)).ok())
      return check.outcome();
    if (toTiles)
      std::copy_n(whole + k * part.m, part.m, data);
    else
      std::copy_n(data, part.m, whole + k * part.m);
  }
  return {};
}
template <class T> std::vector<T> roomFor(const Part &part) {
  return std::vector<T>(size_t(std::max<int64_t>(1, part.m)) *
                        size_t(std::max<int64_t>(1, part.n)));
}

// Pivots lie in the tiles of A's columns.
Outcome copyPivots(const Part &part, int **pivots, std::vector<int> &whole, bool toTiles) {
  if (!pivots)
    return invalid("the pivots are null");
  for (int64_t k = 0; k < int64_t(whole.size()); ++k) {
    const int64_t column = part.j - 1 + k;
    int *data = pivots[part.tiles->part(column)] + part.tiles->local(column);
    Arguments check;
    if (!check.memory("the pivots", data, 1, sizeof(int)).ok())
      return check.outcome();
    (toTiles ? *data : whole[size_t(k)]) = toTiles ? whole[size_t(k)] : *data;
  }
  return {};
}

// Gathers A and, when it is given, B, solves, and puts back what changed: A when B is not given.
template <class T, class Body> Outcome onWhole(const Part &A, const Part *B, int *info, Body body) {
  if (!info)
    return invalid("info is null");
  if (Outcome bad = fits({A.m, A.n, B ? B->n : 0}); !bad.ok())
    return bad;
  std::vector<T> a = roomFor<T>(A), b = B ? roomFor<T>(*B) : std::vector<T>();
  if (Outcome bad = copy(A, a.data(), false); !bad.ok())
    return bad;
  if (B)
    if (Outcome bad = copy(*B, b.data(), false); !bad.ok())
      return bad;
  *info = 0;
  if (Outcome bad = body(a.data(), b.data()); !bad.ok())
    return bad;
  return B ? copy(*B, b.data(), true) : copy(A, a.data(), true);
}

npusolverStatus_t call(const char *name, npusolverMgHandle_t handle,
                       const std::function<Outcome()> &body) {
  return entry(name, [&]() -> Outcome {
    if (!core::LiveSet<npusolverMgContext>::instance().has(handle))
      return {NPUBLAS_STATUS_NOT_INITIALIZED, "the handle is null, destroyed or foreign"};
    return body();
  });
}

npusolverStatus_t size(const char *name, npusolverMgHandle_t handle, int64_t *lwork) {
  return call(name, handle, [&]() -> Outcome {
    if (!lwork)
      return invalid("the size's address is null");
    *lwork = kWorkElements;
    return {};
  });
}

} // namespace
} // namespace npu::solver

using namespace npu;
using namespace npu::solver;

#pragma GCC diagnostic ignored "-Wunused-parameter"

#define PART(X, m, n)                                                                              \
  Part { live<Tiles>(descr##X), array##X, row##X, column##X, m, n }
#define SIZE(Name, LIST)                                                                           \
  npusolverStatus_t npusolverMg##Name##_bufferSize NPU_SOLVER_MG_##LIST(int64_t *lwork) {          \
    return size("cusolverMg" #Name "_bufferSize", handle, lwork);                                  \
  }
// A LAPACK routine by type, on the gathered A (and B).
#define FIND(name)                                                                                 \
  Routine routine;                                                                                 \
  if (Outcome bad = Routine::find<T>(name, routine); !bad.ok())                                    \
  return bad

extern "C" {

npusolverStatus_t npusolverMgCreate(npusolverMgHandle_t *handle) {
  return entry("cusolverMgCreate", [&]() -> Outcome {
    if (!handle)
      return invalid("the handle's address is null");
    *handle =
        core::LiveSet<npusolverMgContext>::instance().add(std::make_unique<npusolverMgContext>());
    return {};
  });
}
npusolverStatus_t npusolverMgDestroy(npusolverMgHandle_t handle) {
  return call("cusolverMgDestroy", handle, [&]() -> Outcome {
    core::LiveSet<npusolverMgContext>::instance().remove(handle);
    return {};
  });
}
npusolverStatus_t npusolverMgDeviceSelect(npusolverMgHandle_t handle, int count, int devices[]) {
  return call("cusolverMgDeviceSelect", handle, [&]() -> Outcome {
    int present = 0;
    if (count < 1 || !devices || npuGetDeviceCount(&present) != npuSuccess)
      return invalid("no device");
    for (int i = 0; i < count; ++i)
      if (devices[i] < 0 || devices[i] >= present)
        return invalid("there is no such device");
    handle->devices.assign(devices, devices + count);
    return {};
  });
}
npusolverStatus_t npusolverMgCreateDeviceGrid(npuLibMgGrid_t *grid, int32_t rowDevices,
                                              int32_t columnDevices, const int32_t devices[],
                                              npusolverMgGridMapping_t) {
  return entry("cusolverMgCreateDeviceGrid", [&]() -> Outcome {
    if (!grid || !devices || columnDevices < 1)
      return invalid("no device, or an address is null");
    if (rowDevices != 1)
      return unsupported("grids have one row of devices");
    auto made = std::make_unique<Grid>();
    made->devices.assign(devices, devices + columnDevices);
    *grid = core::LiveSet<Grid>::instance().add(std::move(made));
    return {};
  });
}
npusolverStatus_t npusolverMgDestroyGrid(npuLibMgGrid_t grid) {
  return entry("cusolverMgDestroyGrid", [&] {
    return core::LiveSet<Grid>::instance().remove(static_cast<Grid *>(grid))
               ? Outcome()
               : invalid("the grid is not one");
  });
}
npusolverStatus_t npusolverMgCreateMatrixDesc(npuLibMgMatrixDesc_t *desc, int64_t rows,
                                              int64_t columns, int64_t rowBlock,
                                              int64_t columnBlock, npuDataType type,
                                              const npuLibMgGrid_t grid) {
  return entry("cusolverMgCreateMatrixDesc", [&]() -> Outcome {
    const Grid *devices = live<Grid>(grid);
    if (!desc || !devices || rows < 0 || columns < 0 || columnBlock < 1)
      return invalid("the grid is not one, an address is null or a size is negative");
    if (rowBlock != rows)
      return unsupported("tiles have all rows");
    auto made = std::make_unique<Tiles>();
    *made = {rows, columns, columnBlock, type, devices->devices};
    *desc = core::LiveSet<Tiles>::instance().add(std::move(made));
    return {};
  });
}
npusolverStatus_t npusolverMgDestroyMatrixDesc(npuLibMgMatrixDesc_t desc) {
  return entry("cusolverMgDestroyMatrixDesc", [&] {
    return core::LiveSet<Tiles>::instance().remove(static_cast<Tiles *>(desc))
               ? Outcome()
               : invalid("the descriptor is not one");
  });
}

SIZE(Syevd, SYEVD)
SIZE(Getrf, GETRF)
SIZE(Getrs, GETRS)
SIZE(Potrf, POTRF)
SIZE(Potrs, POTRS)
SIZE(Potri, POTRF)

npusolverStatus_t npusolverMgSyevd NPU_SOLVER_MG_SYEVD(NPU_SOLVER_MG_WORK) {
  return call("cusolverMgSyevd", handle, [&]() -> Outcome {
    const Part A = PART(A, n, n);
    if (!W || typeW != realOf(computeType))
      return invalid("the eigenvalues are null or have another type than the matrix");
    if (Outcome bad = ready(A, computeType); !bad.ok())
      return bad;
    return byType(computeType, {}, [&](auto zero) -> Outcome {
      using T = decltype(zero);
      Routine routine;
      if (Outcome bad = findRoutine<T>("syevd", "heevd", routine); !bad.ok())
        return bad;
      return onWhole<T>(A, nullptr, info, [&](T *a, T *) -> Outcome {
        eigen(routine, jobz == NPUSOLVER_EIG_MODE_VECTOR, uplo, n, a, std::max(1, n),
              static_cast<Real<T> *>(W), info);
        return {};
      });
    });
  });
}
npusolverStatus_t npusolverMgGetrf NPU_SOLVER_MG_GETRF(NPU_SOLVER_MG_WORK) {
  return call("cusolverMgGetrf", handle, [&]() -> Outcome {
    const Part A = PART(A, m, n);
    if (Outcome bad = ready(A, computeType); !bad.ok())
      return bad;
    return byType(computeType, {}, [&](auto zero) -> Outcome {
      using T = decltype(zero);
      FIND("getrf");
      return onWhole<T>(A, nullptr, info, [&](T *a, T *) {
        std::vector<int> found(static_cast<size_t>(std::min(m, n)));
        const int leading = std::max(1, m);
        int *exchanges = found.data();
        routine(&m, &n, a, &leading, exchanges, info);
        return copyPivots(A, ipiv, found, true);
      });
    });
  });
}
npusolverStatus_t npusolverMgGetrs NPU_SOLVER_MG_GETRS(NPU_SOLVER_MG_WORK) {
  return call("cusolverMgGetrs", handle, [&]() -> Outcome {
    const Part A = PART(A, n, n), B = PART(B, n, nrhs);
    for (const Part &part : {A, B})
      if (Outcome bad = ready(part, computeType); !bad.ok())
        return bad;
    return byType(computeType, {}, [&](auto zero) -> Outcome {
      using T = decltype(zero);
      FIND("getrs");
      return onWhole<T>(A, &B, info, [&](T *a, T *b) -> Outcome {
        std::vector<int> found(static_cast<size_t>(n));
        if (Outcome bad = copyPivots(A, ipiv, found, false); !bad.ok())
          return bad;
        const char t = letter(trans);
        const int leading = std::max(1, n);
        int *exchanges = found.data();
        routine.withText(&t, &n, &nrhs, a, &leading, exchanges, b, &leading, info);
        return {};
      });
    });
  });
}
#define TRIANGLE(Name, stem)                                                                       \
  npusolverStatus_t npusolverMg##Name NPU_SOLVER_MG_POTRF(NPU_SOLVER_MG_WORK) {                    \
    return call("cusolverMg" #Name, handle, [&]() -> Outcome {                                     \
      const Part A = PART(A, n, n);                                                                \
      if (Outcome bad = ready(A, computeType); !bad.ok())                                          \
        return bad;                                                                                \
      return byType(computeType, {}, [&](auto zero) -> Outcome {                                   \
        using T = decltype(zero);                                                                  \
        FIND(stem);                                                                                \
        return onWhole<T>(A, nullptr, info, [&](T *a, T *) -> Outcome {                            \
          const char u = letter(uplo);                                                             \
          const int leading = std::max(1, n);                                                      \
          routine.withText(&u, &n, a, &leading, info);                                             \
          return {};                                                                               \
        });                                                                                        \
      });                                                                                          \
    });                                                                                            \
  }
TRIANGLE(Potrf, "potrf")
TRIANGLE(Potri, "potri")
npusolverStatus_t npusolverMgPotrs NPU_SOLVER_MG_POTRS(NPU_SOLVER_MG_WORK) {
  return call("cusolverMgPotrs", handle, [&]() -> Outcome {
    const Part A = PART(A, n, n), B = PART(B, n, nrhs);
    for (const Part &part : {A, B})
      if (Outcome bad = ready(part, computeType); !bad.ok())
        return bad;
    return byType(computeType, {}, [&](auto zero) -> Outcome {
      using T = decltype(zero);
      FIND("potrs");
      return onWhole<T>(A, &B, info, [&](T *a, T *b) -> Outcome {
        const char u = letter(uplo);
        const int leading = std::max(1, n);
        routine.withText(&u, &n, &nrhs, a, &leading, b, &leading, info);
        return {};
      });
    });
  });
}

} // extern "C"
