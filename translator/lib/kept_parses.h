// Finished parses of a run, kept in a folder until its outputs are written, so that a run that was
// killed goes on where it was.
//
// A kept parse is taken only if it would come out the same: the same cu2npu, options and current
// folder, and every path that the parse asked for is as it was then, absent ones too. Keeping is
// a convenience: what cannot be kept or read is parsed again.
#pragma once

#include "fact_archive.h"
#include "frontend.h"

#include <optional>
#include <string>

namespace npu {

class KeptParses {
public:
  // "": keeps nothing.
  explicit KeptParses(std::string folder) : folder(std::move(folder)) {}
  ~KeptParses(); // removes the folder: a run that ends has no use for it
  KeptParses(const KeptParses &) = delete;
  KeptParses &operator=(const KeptParses &) = delete;

  std::optional<UnitFacts> find(const ParseOptions &options);
  // `bytes`: toBytes() of what the parse found.
  void keep(const ParseOptions &options, llvm::StringRef bytes);

  size_t taken() const { return takenCount; }

private:
  std::string fileOf(const ParseOptions &options) const;
  bool isAsItWas(const FileStates &states);

  std::string folder;
  FileStates current; // of paths that were compared
  size_t takenCount = 0;
  bool madeParent = false;
};

} // namespace npu
