// See remedies.h.
#include "remedies.h"

#include "clang/Basic/DiagnosticSema.h"
#include "clang/Basic/SourceManager.h"

namespace npu {

std::string remedyFor(const clang::Diagnostic &error) {
  switch (error.getID()) {
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

std::string launchRemedyLine(clang::SourceLocation place, const clang::SourceManager &sources) {
  return sources.getFileLoc(place).printToString(sources) +
         ": note: device code can launch a kernel by kernel<<<...>>>(...), written in full at one "
         "place, not in pieces of several macros [npu-dynamic-parallelism]\n";
}

} // namespace npu
