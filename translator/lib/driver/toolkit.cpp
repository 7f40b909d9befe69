// Recognises what belongs to a CUDA toolkit and leaves it out.
#include "driver/toolkit.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

#include <cstdlib>

using namespace llvm;

namespace npu::driver {

namespace {

bool holds(StringRef folder, StringRef file) {
  SmallString<256> path(folder);
  sys::path::append(path, file);
  return sys::fs::exists(path);
}

bool isToolkitLibraryFolder(StringRef folder) {
  return any_of(ArrayRef<StringRef>{"libcudart.so", "libcudart_static.a", "libcudadevrt.a",
                                    "libdevice.10.bc"},
                [&](StringRef file) { return holds(folder, file); });
}

struct LibraryRow {
  bool covered;
  StringRef product;
};

const StringMap<LibraryRow> &libraryRows() {
  static const StringMap<LibraryRow> rows = {
#define COVERED(name) {#name, {true, ""}},
#define MISSING(name, product) {#name, {false, product}},
#include "driver/libraries.def"
#undef COVERED
#undef MISSING
  };
  return rows;
}

// "libcudart.so.12" -> "cudart"
StringRef libraryNameOf(StringRef file) {
  StringRef name = sys::path::filename(file);
  if (!name.consume_front("lib"))
    return "";
  size_t end = std::min(name.find(".so"), name.find(".a"));
  return end == StringRef::npos ? "" : name.take_front(end);
}

} // namespace

ToolkitFilter::ToolkitFilter(const Layout &layout, std::vector<std::string> &notes)
    : layout(layout), notes(notes) {}

bool ToolkitFilter::isToolkitIncludeFolder(StringRef folder) const {
  for (const std::string &ours : layout.includeFolders)
    if (sys::fs::equivalent(folder, ours))
      return false;
  // Toolkits from 13 on have Thrust and CUB in a folder below, include/cccl.
  const std::string above = (folder + "/..").str();
  return holds(folder, "cuda_runtime_api.h") || holds(folder, "crt/host_config.h") ||
         (holds(folder, "thrust/version.h") && holds(above, "cuda_runtime_api.h"));
}

std::vector<std::string> ToolkitFilter::includeFolders(const std::vector<std::string> &folders) {
  std::vector<std::string> kept;
  for (const std::string &folder : folders) {
    if (isToolkitIncludeFolder(folder))
      note("include folder '" + folder + "' belongs to a CUDA toolkit and is left out");
    else
      kept.push_back(folder);
  }
  return kept;
}

std::vector<std::string> ToolkitFilter::libraryFolders(const std::vector<std::string> &folders) {
  std::vector<std::string> kept;
  for (const std::string &folder : folders) {
    if (isToolkitLibraryFolder(folder))
      note("library folder '" + folder + "' belongs to a CUDA toolkit and is left out");
    else
      kept.push_back(folder);
  }
  return kept;
}

void ToolkitFilter::environment() {
  auto filter = [&](const char *variable, auto keep) {
    const char *value = getenv(variable);
    if (!value)
      return;
    SmallVector<StringRef> parts;
    StringRef(value).split(parts, ':');
    std::vector<std::string> kept = keep({parts.begin(), parts.end()});
    if (kept.empty())
      unsetenv(variable);
    else
      setenv(variable, join(kept, ":").c_str(), 1);
  };
  for (const char *variable : {"CPATH", "C_INCLUDE_PATH", "CPLUS_INCLUDE_PATH"})
    filter(variable, [&](std::vector<std::string> folders) { return includeFolders(folders); });
  filter("LIBRARY_PATH", [&](std::vector<std::string> folders) { return libraryFolders(folders); });
}

Expected<std::vector<std::string>> ToolkitFilter::libraries(const std::vector<std::string> &names,
                                                            bool &needsRuntime) {
  std::vector<std::string> kept;
  for (const std::string &name : names) {
    // "-l:libcudart.so" names the file.
    StringRef library = StringRef(name).startswith(":")
                            ? libraryNameOf(StringRef(name).drop_front())
                            : StringRef(name);
    auto row = libraryRows().find(library);
    if (row == libraryRows().end()) {
      kept.push_back(name);
      continue;
    }
    if (!row->second.covered)
      return createStringError(inconvertibleErrorCode(),
                               "library '" + name + "': " + row->second.product +
                                   " is not provided; remove the calls and the library");
    note("library '" + name + "': libnpurt stands for it");
    needsRuntime = true;
  }
  return kept;
}

Expected<bool> ToolkitFilter::keepsLibraryFile(StringRef path, bool &needsRuntime) {
  StringRef name = libraryNameOf(path);
  if (name.empty())
    return true;
  Expected<std::vector<std::string>> kept = libraries({name.str()}, needsRuntime);
  if (!kept)
    return kept.takeError();
  return !kept->empty();
}

} // namespace npu::driver
