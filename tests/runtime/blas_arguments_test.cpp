// Every row of the BLAS tables with arguments that cuBLAS refuses. The rows are called through
// their own types, so that a new function is tested when its row is written.
#include "blas_fixture.h"

#include <cstring>
#include <string>
#include <type_traits>

using namespace npu;

namespace {

class BlasArguments : public BlasTest {
protected:
  void SetUp() override {
    BlasTest::SetUp();
    memory = fake_core::allocate(4096);
    std::memset(memory, 0, 4096);
  }
  void *memory = nullptr;
};

// What a call gets for its sizes, modes and pointers.
struct Fill {
  int64_t size;
  int mode;
  void *pointer;

  template <typename A> A get() const {
    if constexpr (std::is_enum_v<A>)
      return A(mode);
    else if constexpr (std::is_pointer_v<A> && !std::is_function_v<std::remove_pointer_t<A>>)
      return A(pointer);
    else if constexpr (std::is_integral_v<A>)
      return A(size);
    else
      return A();
  }
};

// A function by its type: what it has for arguments, and a call. One instance per type keeps the
// table small.
using Function = void (*)();
struct Row {
  const char *name;
  int sizes = 0, modes = 0;
  Function function = nullptr;
  npublasStatus_t (*invoke)(Function, npublasHandle_t, const Fill &) = nullptr; // null: no handle

  npublasStatus_t call(npublasHandle_t handle, const Fill &fill) const {
    return invoke(function, handle, fill);
  }
};

template <typename... A>
Row rowOf(const char *name, npublasStatus_t (*function)(npublasHandle_t, A...)) {
  Row row;
  row.name = name;
  row.sizes = (0 + ... + (std::is_same_v<A, int> || std::is_same_v<A, int64_t>));
  row.modes = (0 + ... + std::is_enum_v<A>);
  row.function = reinterpret_cast<Function>(function);
  row.invoke = [](Function any, npublasHandle_t handle, const Fill &fill) {
    return reinterpret_cast<npublasStatus_t (*)(npublasHandle_t, A...)>(any)(handle,
                                                                             fill.get<A>()...);
  };
  return row;
}
template <typename R, typename... A> Row rowOf(const char *name, R (*)(A...)) {
  Row row;
  row.name = name;
  return row;
}

bool contains(const std::string &name, std::initializer_list<const char *> parts) {
  for (const char *part : parts)
    if (name.find(part) != std::string::npos)
      return true;
  return false;
}

// Level 1 takes a negative count for nothing to do.
bool isLevel1(const std::string &name) {
  return !contains(name, {"Matrix", "gemm", "gemv", "dgmm"}) &&
         contains(name, {"nrm2", "Nrm2", "asum", "Asum", "dot", "Dot", "scal", "Scal", "axpy",
                         "Axpy", "copy", "Copy", "swap", "Swap", "amax", "amin", "rot", "Rot"});
}

#define NPU_T(name) npu##name
#define NPU_BLAS_T(name) npublas##name
#define NPU_BLAS_COMPLEX float2
#define NPU_BLAS_DOUBLE_COMPLEX double2
#define NPU_BLAS_HALF struct __half
#define NPU_BLAS_BFLOAT16 struct __nv_bfloat16

const std::vector<Row> &rows() {
#define GROUP(title)
#define GAP(cuda, reason)
#define API(cuda, neutral, parameters, status)                                                     \
  rowOf(#cuda, static_cast<npublasStatus_t(*) parameters>(neutral)),
#define API_OF(type, cuda, neutral, parameters, status)
#define API_V2(cuda, neutral, parameters, status) API(cuda, neutral, parameters, status)
#define API_V2_64(cuda, neutral, parameters, status)                                               \
  API(cuda##_64, neutral##_64, parameters, status)
  static const std::vector<Row> all = {
#include "npu/api/blas.def"
  };
#undef API
#undef API_OF
#undef GAP
#undef GROUP
  return all;
}

TEST_F(BlasArguments, EveryFunctionRefusesAHandleThatIsNull) {
  int seen = 0;
  for (const Row &row : rows()) {
    const std::string name = row.name;
    if (!row.invoke || contains(name, {"GetVersion", "Create"}))
      continue;
    EXPECT_EQ(row.call(nullptr, Fill{1, 0, memory}), NPUBLAS_STATUS_NOT_INITIALIZED) << name;
    ++seen;
  }
  EXPECT_GT(seen, 500);
  EXPECT_TRUE(fake_core::history().empty());
}

TEST_F(BlasArguments, EveryFunctionRefusesSizesThatAreNegative) {
  int seen = 0;
  for (const Row &row : rows()) {
    const std::string name = row.name;
    if (!row.invoke || row.sizes == 0 || contains(name, {"BitOffset", "Grouped"}))
      continue;
    const npublasStatus_t status = row.call(handle, Fill{-1, 0, memory});
    ++seen;
    if (isLevel1(name))
      EXPECT_EQ(status, NPUBLAS_STATUS_SUCCESS) << name;
    else if (contains(name, {"Ex"})) // or the data types are not supported
      EXPECT_NE(status, NPUBLAS_STATUS_SUCCESS) << name;
    else
      EXPECT_EQ(status, NPUBLAS_STATUS_INVALID_VALUE) << name;
  }
  EXPECT_GT(seen, 450);
}

TEST_F(BlasArguments, EveryFunctionRefusesModesThatAreNone) {
  int seen = 0;
  for (const Row &row : rows()) {
    const std::string name = row.name;
    if (!row.invoke || row.modes == 0 || contains(name, {"SpecialValues"}))
      continue;
    const npublasStatus_t status = row.call(handle, Fill{1, 77, memory});
    ++seen;
    EXPECT_TRUE(fake_core::history().empty()) << name;
    // Data types that no function has are not supported; other enumerators are not valid.
    if (contains(name, {"Ex", "syrk3m"}))
      EXPECT_NE(status, NPUBLAS_STATUS_SUCCESS) << name;
    else
      EXPECT_EQ(status, NPUBLAS_STATUS_INVALID_VALUE) << name;
  }
  EXPECT_GT(seen, 300);
}

TEST_F(BlasArguments, MatricesRefuseLeadingDimensionsThatAreTooSmall) {
  int seen = 0;
  for (const Row &row : rows()) {
    const std::string name = row.name;
    if (!row.invoke || row.sizes == 0 || contains(name, {"Grouped", "Ex", "3m", "Set"}) ||
        isLevel1(name))
      continue;
    ++seen;
    const npublasStatus_t status = row.call(handle, Fill{0, 0, memory}); // also steps of 0
    EXPECT_EQ(status, NPUBLAS_STATUS_INVALID_VALUE) << name;
  }
  EXPECT_GT(seen, 250);
}

TEST_F(BlasArguments, MemoryThatTheDeviceCannotReachIsAMappingError) {
  const float one = 1, zero = 0;
  float host[4] = {1, 2, 3, 4};
  float *device = static_cast<float *>(memory);
  EXPECT_EQ(npublasSsymm(handle, NPUBLAS_SIDE_LEFT, NPUBLAS_FILL_MODE_LOWER, 2, 2, &one, host, 2,
                         device, 2, &zero, device, 2),
            NPUBLAS_STATUS_MAPPING_ERROR);
  EXPECT_EQ(npublasStrsv(handle, NPUBLAS_FILL_MODE_LOWER, NPUBLAS_OP_N, NPUBLAS_DIAG_UNIT, 2,
                         device, 2, host, 1),
            NPUBLAS_STATUS_MAPPING_ERROR);
  EXPECT_TRUE(fake_core::history().empty());
}

TEST_F(BlasArguments, AMatrixOfABatchThatIsNotThereFailsTheStream) {
  const float one = 1;
  float host[4] = {1, 2, 3, 4};
  float **array = static_cast<float **>(memory);
  array[0] = host;
  ASSERT_EQ(npublasStrsmBatched(handle, NPUBLAS_SIDE_LEFT, NPUBLAS_FILL_MODE_LOWER, NPUBLAS_OP_N,
                                NPUBLAS_DIAG_UNIT, 2, 2, &one, array, 2, array, 2, 1),
            NPUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(core::synchronize(nullptr).code(), npuErrorIllegalAddress);
}

} // namespace
