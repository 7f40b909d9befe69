// Finds npucc's own files.
#include "driver/layout.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"

using namespace llvm;

namespace npu::driver {

namespace {

std::string below(StringRef root, const Twine &relative) {
  SmallString<256> path(root);
  sys::path::append(path, relative);
  return path.str().str();
}

StringMap<std::string> readConfiguration(StringRef text) {
  StringMap<std::string> values;
  SmallVector<StringRef> lines;
  text.split(lines, '\n', -1, false);
  for (StringRef line : lines) {
    auto [name, value] = line.split('=');
    values[name.trim()] = value.trim().str();
  }
  return values;
}

} // namespace

Expected<Layout> findLayout(StringRef program) {
  SmallString<256> real;
  if (std::error_code error = sys::fs::real_path(program, real))
    return createStringError(error, "cannot find npucc's own folder from '" + program + "'");
  std::string root = sys::path::parent_path(sys::path::parent_path(real)).str();

  Layout layout;
  layout.clang = NPU_CLANG_EXECUTABLE;
  layout.emptyToolkit = below(root, "share/cu2npu/no-cuda-toolkit");
  layout.libraryFolder = below(root, NPU_LIBRARY_FOLDER);
  if (std::string toolkit = below(root, "cuda"); sys::fs::is_directory(toolkit))
    layout.toolkit = toolkit;
  std::string include = below(root, "include/cu2npu");
  layout.deviceLibrary = below(layout.libraryFolder, "cu2npu/device_library.bc");
  if (auto buffer = MemoryBuffer::getFile(below(root, "share/cu2npu/build_tree.cfg"))) {
    StringMap<std::string> values = readConfiguration((*buffer)->getBuffer());
    include = values.lookup("include");
    layout.libraryFolder = values.lookup("library");
    layout.deviceLibrary = values.lookup("device_library");
  }
  layout.hostPlugin = below(layout.libraryFolder, "cu2npu/host_plugin.so");
  layout.includeFolders = {below(include, "cuda"), include};
  layout.packageOverlay = below(include, "packages/overlay.yaml");
  if (!sys::fs::is_directory(include))
    return createStringError(inconvertibleErrorCode(), "the headers are missing: '" + include +
                                                           "' is not a folder; reinstall");
  if (!sys::fs::can_execute(layout.clang))
    return createStringError(inconvertibleErrorCode(),
                             "the compiler '" + layout.clang + "' is missing; install clang-15");
  return layout;
}

} // namespace npu::driver
