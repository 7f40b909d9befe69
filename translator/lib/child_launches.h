// Launches in device code. Clang 15 has no kernels that launch kernels: it refuses the launch where
// a kernel or __device__ function makes it, but lets a lambda, which is host and device at once,
// make it until code is emitted for the lambda. So such launches are put into lambdas,
//   child<<<grid, block>>>(x)   ->   [&] { child<<<grid, block>>>(x); }()
// in the text that the compiler reads, within the line, and the late error is taken back.
#pragma once

#include "clang/AST/ASTConsumer.h"
#include "clang/Basic/Diagnostic.h"
#include "llvm/Support/VirtualFileSystem.h"

#include <map>
#include <memory>
#include <set>
#include <string>

namespace npu {

// Finds in a compilation's diagnostics the launches that Clang refuses.
class ChildLaunchErrors {
public:
  // The place of the kernel's name when `diagnostic`, together with those before it, says that
  // device code may not launch that kernel; else an invalid one.
  clang::SourceLocation placeIn(const clang::Diagnostic &diagnostic);

private:
  clang::SourceLocation lastUnresolved; // of a call without a viable function
};

// The texts of files whose launches in device code are in lambdas.
class ChildLaunches {
public:
  // Notes a place that ChildLaunchErrors found. False: no launch is written there in full.
  bool note(clang::SourceLocation place, const clang::SourceManager &sources);
  // Rewrites what was noted since the last call. False: that was nothing.
  bool rewrite();
  // By absolute path.
  const std::map<std::string, std::string> &texts() const { return written; }
  // `base` with these texts in the place of its files'.
  llvm::IntrusiveRefCntPtr<llvm::vfs::FileSystem>
  over(llvm::IntrusiveRefCntPtr<llvm::vfs::FileSystem> base) const;

  // The same as an overlay file for Clang's -ivfsoverlay; the texts go to `overlay`.0, .1 and so
  // on. Nothing is written when no text was rewritten.
  llvm::Error writeOverlay(const std::string &overlay) const;

private:
  bool noteSpelled(clang::SourceLocation place, const clang::SourceManager &sources);

  struct Noted {
    std::string text;
    std::map<unsigned, std::string> insertions; // by offset
  };
  std::map<std::string, Noted> noted;         // by absolute path
  std::map<std::string, std::string> written; // by absolute path
};

// Takes back Clang's errors about launches that lambdas in device code make.
std::unique_ptr<clang::ASTConsumer> allowChildLaunches();

} // namespace npu
