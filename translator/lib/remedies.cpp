// See remedies.h.
#include "remedies.h"

#include "clang/Basic/DiagnosticSema.h"
#include "clang/Basic/SourceManager.h"

namespace npu {

namespace {

// %select{__device__|__global__|...}0 of err_ref_bad_target.
constexpr int kGlobalTarget = 1;

} // namespace

std::string remedyFor(const clang::Diagnostic &error) {
  switch (error.getID()) {
  case clang::diag::err_ref_bad_target:
    if (error.getArgSInt(0) == kGlobalTarget)
      return "kernels that launch kernels (dynamic parallelism) are not supported: launch it from "
             "the "
             "host after this kernel, or make its body a __device__ function and call that "
             "[npu-dynamic-parallelism]";
    return "";
  case clang::diag::err_template_kw_missing:
    return "nvcc takes this without 'template', standard C++ does not: write '::template "
           "name<...>' "
           "or '.template name<...>' [npu-template-keyword]";
  default:
    return "";
  }
}

std::string remedyLine(const clang::Diagnostic &error) {
  const std::string remedy = remedyFor(error);
  if (remedy.empty() || !error.hasSourceManager())
    return "";
  return error.getLocation().printToString(error.getSourceManager()) + ": note: " + remedy + "\n";
}

} // namespace npu
