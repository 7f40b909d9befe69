// A folder such as /usr/local/include can hold a toolkit and a user's own headers at once, so a
// header counts as the toolkit's only when its name does too.
#include "toolkit_guard.h"

#include "clang/Lex/PPCallbacks.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"

using namespace llvm;

namespace npu {

namespace {

// First letters of the names in a CUDA 7-13 toolkit's include folder.
constexpr StringRef kToolkitNames[] = {
    "cu",
    "cooperative_groups",
    "thrust/",
    "cccl/",
    "nv/",
    "nv",
    "npp",
    "crt/",
    "mma.h",
    "math_constants",
    "math_functions",
    "device_",
    "driver_",
    "vector_",
    "texture_",
    "surface_",
    "sm_",
    "host_",
    "builtin_types",
    "channel_descriptor",
    "common_functions",
    "library_types",
    "fatbinary",
    "nccl",
    "fp_",
};

// The include guard of runtime/include/cuda/cuda_runtime_api.h.
constexpr StringRef kOwnMark = "NPU_CUDA_RUNTIME_API_H";

class Guard : public clang::PPCallbacks {
public:
  explicit Guard(clang::Preprocessor &preprocessor) : preprocessor(preprocessor) {
    diagnostic = preprocessor.getDiagnostics().getCustomDiagID(
        clang::DiagnosticsEngine::Fatal, "'%0' is only in an installed CUDA toolkit ('%1'), which "
                                         "cu2npu never uses, and cu2npu does not "
                                         "provide it; remove what needs it [npu-header]");
    refused = preprocessor.getDiagnostics().getCustomDiagID(clang::DiagnosticsEngine::Fatal,
                                                            "%0 [npu-header]");
    missing = preprocessor.getDiagnostics().getCustomDiagID(
        clang::DiagnosticsEngine::Note,
        "such headers are in Debian's package '%0': install it, or a version that has this one "
        "[npu-header]");
  }

  void InclusionDirective(clang::SourceLocation location, const clang::Token &, StringRef name,
                          bool, clang::CharSourceRange, Optional<clang::FileEntryRef> file,
                          StringRef searchPath, StringRef, const clang::Module *,
                          clang::SrcMgr::CharacteristicKind) override {
    if (!file)
      return namePackage(location, name);
    if (searchPath.empty() || !isToolkitHeaderName(name))
      return;
    // Once, where the program includes it, and nothing about the names that follow.
    if (std::string reason = refusalIn(*file); !reason.empty())
      preprocessor.getDiagnostics().Report(location, refused) << reason;
    auto [entry, isNew] = folders.try_emplace(searchPath, false);
    if (isNew)
      entry->second = isToolkitFolder(searchPath);
    if (entry->second)
      preprocessor.getDiagnostics().Report(location, diagnostic) << name << searchPath;
  }

private:
  // What a header of ours that stands for a library without a counterpart says; empty: no such one.
  std::string refusalIn(clang::FileEntryRef file) {
    constexpr off_t kLargest = 1024;
    if (file.getSize() > kLargest)
      return "";
    auto buffer = preprocessor.getFileManager().getBufferForFile(file);
    if (!buffer || !(*buffer)->getBuffer().startswith("// Recognised and not provided."))
      return "";
    return (*buffer)->getBuffer().split("#error \"").second.split('"').first.str();
  }

  // Follows Clang's own error. The headers of these libraries are packages of their own.
  void namePackage(clang::SourceLocation location, StringRef header) {
    if (const char *package = packageOfHeader(header))
      preprocessor.getDiagnostics().Report(location, missing) << package;
  }

  clang::Preprocessor &preprocessor;
  unsigned diagnostic, refused, missing;
  StringMap<bool> folders;
};

} // namespace

const char *packageOfHeader(StringRef name) {
  return name.startswith("thrust/") ? "libthrust-dev"
         : name.startswith("cub/")  ? "libcub-dev"
                                    : nullptr;
}

bool isToolkitFolder(StringRef folder) {
  SmallString<256> path(folder);
  sys::path::append(path, "cuda_runtime_api.h");
  ErrorOr<std::unique_ptr<MemoryBuffer>> header = MemoryBuffer::getFile(path);
  return header && !(*header)->getBuffer().take_front(512).contains(kOwnMark);
}

bool isToolkitHeaderName(StringRef name) {
  return any_of(kToolkitNames, [&](StringRef prefix) { return name.startswith(prefix); });
}

void guardAgainstToolkit(clang::Preprocessor &preprocessor) {
  preprocessor.addPPCallbacks(std::make_unique<Guard>(preprocessor));
}

} // namespace npu
