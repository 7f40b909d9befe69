// See api_table.h. The table is made from the API rows at compile time; it holds no name of its own
// except the prefixes.
#include "api_table.h"

#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/Twine.h"

using namespace npu;

namespace {

// A status is spelled Full or Partial("what is missing").
const char *const kFull = "";
#define Full kFull
#define Partial(note) note

const ApiLibrary kLibraries[] = {
#define LIBRARY(name, title, header, status) {title, header, status},
#include "api_libraries.def"
};
enum LibraryIndex {
#define LIBRARY(name, title, header, status) k##name,
#include "api_libraries.def"
};

// What the tables leave open, in CUDA's spelling.
// clang-format off
#define NPU_T(name) cuda##name
#define NPU_C(name) CUDA_##name
#define NPU_DRV(name) CU##name
#define NPU_BLAS_T(name) cublas##name
#define NPU_BLAS_COMPLEX cuComplex
#define NPU_BLAS_DOUBLE_COMPLEX cuDoubleComplex
#define NPU_BLAS_HALF __half
#define NPU_BLAS_BFLOAT16 __nv_bfloat16
#define NPU_DNN_T(name) cudnn##name
#define NPU_RAND(name) curand##name
#define NPU_FFT(name) cufft##name
#define NPU_SPARSE(name) cusparse##name
#define NPU_SOLVER(name) cusolver##name
#define NPU_CCL(name) nccl##name
#define NPU_COMPLEX_FLOAT cuComplex
#define NPU_COMPLEX_DOUBLE cuDoubleComplex
#define NPU_RTC(name) nvrtc##name
#define NPU_OR(value) = value
// clang-format on
// The parameters are expanded before they become text.
#define NPU_TEXT(...) #__VA_ARGS__

std::vector<ApiRow> makeRows() {
  std::vector<ApiRow> rows;
  ApiRow common; // what the rows of a section share
  auto rename = [&](const char *cuda, const char *neutral, const char *note,
                    const char *parameters = "", const char *type = nullptr) {
    ApiRow row = common;
    row.cuda = cuda;
    row.neutral = neutral;
    row.note = note;
    row.parameters = parameters;
    if (*parameters)
      row.returnType = type ? type : common.library->status;
    rows.push_back(row);
  };
  auto gap = [&](const char *cuda, const char *reason) {
    rename(cuda, "", reason);
    rows.back().kind = ApiRow::Kind::Gap;
  };
  auto library = [&](LibraryIndex index) {
    common.library = &kLibraries[index];
    common.group = "";
  };
// Each table stands after its macros.
// clang-format off
#include "api_row_macros.h"
  library(kRuntime);
#include "npu/api/runtime.def"
#include "api_row_macros.h"
#include "npu/api/graphics.def"
#include "api_row_macros.h"
#include "npu/api/versions.def"
#include "api_row_macros.h"
  library(kBlas);
#include "npu/api/blas.def"
#include "api_row_macros.h"
  library(kDnn);
#include "npu/api/dnn.def"
#include "api_row_macros.h"
  library(kDriver);
#include "npu/api/driver.def"
#include "api_row_macros.h"
  library(kRandom);
#include "npu/api/random.def"
#include "api_row_macros.h"
  library(kFft);
#include "npu/api/fft.def"
#include "api_row_macros.h"
  library(kSparse);
#include "npu/api/sparse.def"
#include "api_row_macros.h"
  library(kSolver);
#include "npu/api/solver.def"
#include "api_row_macros.h"
  library(kBlasLt);
#include "npu/api/blas_lt.def"
#include "api_row_macros.h"
  library(kBlasXt);
#include "npu/api/blas_xt.def"
#include "api_row_macros.h"
  library(kCollectives);
#include "npu/api/collectives.def"
#include "api_row_macros.h"
  library(kRuntimeCompiler);
#include "npu/api/runtime_compiler.def"
// clang-format on
#undef GROUP
#undef API
#undef API_OF
#undef GAP
  library(kDialect);
#define GROUP(title) common.group = title;
#define DIALECT(cuda, neutral, kind) rename(#cuda, #neutral, kFull);
#include "npu/api/dialect.def"
#undef DIALECT
#undef GROUP
  library(kGuards);
#define NAME(cuda, neutral) rename(#cuda, #neutral, kFull);
#include "header_names.def"
  return rows;
}

struct Prefix {
  llvm::StringLiteral cuda, neutral;
};

// Longest first where one begins with another.
constexpr Prefix kPrefixes[] = {
    {"make_cuda", "make_npu"},
    {"make_cuComplex", "make_npuComplex"},
    {"cublas", "npublas"},
    {"CUBLAS_", "NPUBLAS_"},
    {"CUBLASLT_", "NPUBLASLT_"},
    {"CUBLASXT_", "NPUBLASXT_"},
    {"cudnn", "npudnn"},
    {"CUDNN_", "NPUDNN_"},
    {"cuda", "npu"},
    {"curand", "npurand"},
    {"CURAND_", "NPURAND_"},
    {"cufft", "npufft"},
    {"CUFFT_", "NPUFFT_"},
    {"cusparse", "npusparse"},
    {"CUSPARSE_", "NPUSPARSE_"},
    {"cusolver", "npusolver"},
    {"CUSOLVER_", "NPUSOLVER_"},
    {"CUSOLVERDN_", "NPUSOLVERDN_"},
    {"CUSOLVERRF_", "NPUSOLVERRF_"},
    {"CUDALIBMG_", "NPULIBMG_"},
    {"nccl", "npuccl"},
    {"NCCL_", "NPUCCL_"},
    {"nvtx", "npuNote"},
    {"nvrtc", "npurtc"},
    {"NVRTC_", "NPURTC_"},
    {"NVTX_", "NPU_NOTE_"},
    {"CUDA_", "NPU_"},
    {"make_cu", "make_npu"},
    {"cuComplex", "npuComplex"},
    {"cuDoubleComplex", "npuDoubleComplex"},
    {"cuFloatComplex", "npuFloatComplex"},
    {"cuC", "npuC"},
    {"PFN_cu", "NPUPFN_cu"},
    {"CU_", "NPUDRV_"},
    {"CU", "npudrv_"},
};

constexpr llvm::StringLiteral kCudaWords[] = {"cuda",   "cublas",   "cudnn",    "cufft",
                                              "curand", "cusparse", "cusolver", "nvrtc",
                                              "nccl",   "nvml",     "nvtx"};

// Texture and surface functions, which the device language spells without a common word.
constexpr llvm::StringLiteral kTextureWords[] = {"tex1D",  "tex2D",  "tex3D", "texCubemap",
                                                 "surf1D", "surf2D", "surf3D"};

// <word>X...: "cudaMalloc", not "cudaresult" or "cuda_count".
bool startsWithWordOf(llvm::StringRef name, llvm::StringRef word) {
  return name.startswith(word) && name.size() > word.size() &&
         std::isupper(static_cast<unsigned char>(name[word.size()]));
}

} // namespace

const std::vector<ApiRow> &npu::allRows() {
  static const std::vector<ApiRow> rows = makeRows();
  return rows;
}

const ApiRow *npu::findRow(llvm::StringRef cudaName) {
  static const llvm::StringMap<const ApiRow *> index = [] {
    llvm::StringMap<const ApiRow *> map;
    for (const ApiRow &row : allRows())
      map.try_emplace(row.cuda, &row);
    return map;
  }();
  auto found = index.find(cudaName);
  return found == index.end() ? nullptr : found->second;
}

std::string npu::neutralByPrefix(llvm::StringRef cudaName) {
  // CUstream: after this one a word follows, not a name in capitals.
  auto isWhole = [&](llvm::StringRef prefix) {
    return prefix != "CU" ||
           (cudaName.size() > 2 && std::islower(static_cast<unsigned char>(cudaName[2])));
  };
  for (const Prefix &prefix : kPrefixes)
    if (cudaName.startswith(prefix.cuda) && isWhole(prefix.cuda))
      return (llvm::Twine(prefix.neutral) + cudaName.drop_front(prefix.cuda.size())).str();
  return "";
}

std::string npu::neutralPrefix(llvm::StringRef cudaPrefix) {
  for (llvm::StringRef word :
       {"cuda", "cublas", "CUBLAS_", "CUBLASLT_", "CUBLASXT_", "cudnn", "CUDNN_", "CUDA_"})
    if (cudaPrefix == word ||
        (cudaPrefix.startswith(word) && (word.endswith("_") || startsWithWordOf(cudaPrefix, word))))
      return neutralByPrefix(cudaPrefix);
  return "";
}

bool npu::looksLikeCuda(llvm::StringRef name) {
  for (llvm::StringRef word : kCudaWords)
    if (startsWithWordOf(name, word))
      return true;
  for (llvm::StringRef word : kTextureWords)
    if (name.startswith(word))
      return true;
  return false;
}

const char *npu::neutralHeader(llvm::StringRef cudaHeader) {
  static const llvm::StringMap<const char *> headers = {
#define HEADER(cuda, neutral) {cuda, neutral},
#include "npu/api/headers.def"
  };
  auto found = headers.find(cudaHeader);
  return found == headers.end() ? nullptr : found->second;
}

bool npu::looksLikeCudaHeader(llvm::StringRef name) {
  for (llvm::StringRef word :
       {"cuda", "cublas", "cudnn", "cufft", "curand", "cusparse", "cusolver", "nvrtc", "nccl",
        "nvml", "npp", "nvjpeg", "cooperative_groups", "thrust/", "cub/", "nvtx", "nvToolsExt"})
    if (name.startswith(word))
      return true;
  return false;
}
