// What parsing tells the rules about the user's files: plain data, merged over all inputs and over
// the host and the device side. Places are byte offsets into one file; Clang's own objects do not
// live on.
#pragma once

#include "user_rules.h"

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace npu {

// What the name token at one place resolved to. Both: sides, overloads or expansions disagree.
struct NameEvidence {
  bool compat = false; // an entity of a CUDA-compatible header (or of the compiler's)
  bool user = false;   // an entity, member or macro of the user's own
  bool system = false; // a function of the system's that only the host has, as time.h's clock()
};

struct IncludeFact {
  enum class Kind { User, Ours, System, Missing };
  Kind kind = Kind::System;
  std::string spelled;  // between the delimiters
  std::string resolved; // real path; empty when missing
  bool angled = false;
  bool computed = false;  // #include MACRO
  unsigned nameBegin = 0; // offsets of the name with its delimiters
  unsigned nameEnd = 0;
};

// What the text around <<<...>>> cannot tell about a launch. Keyed by "<<<".
struct LaunchFact {
  std::string templateArguments;             // deduced ones to be written out, with their <>
  std::string overloadCast;                  // pointer type that picks one of several kernels
  std::vector<std::string> defaultArguments; // spelled out: a pointer does not carry them
  // Which kernel it is, only an instantiation knows, or its arguments have no names: the compiler
  // resolves it where it stands.
  bool byTheCompiler = false;

  bool isNothing() const {
    return templateArguments.empty() && overloadCast.empty() && defaultArguments.empty() &&
           !byTheCompiler;
  }
};

inline bool operator==(const LaunchFact &a, const LaunchFact &b) {
  return a.templateArguments == b.templateArguments && a.overloadCast == b.overloadCast &&
         a.defaultArguments == b.defaultArguments && a.byTheCompiler == b.byTheCompiler;
}

// A kernel's definition. Keyed by its name's place.
struct KernelFact {
  std::string name;
  std::string tensorShape; // an id of tensor_shapes.def; empty: it looks like no tensor operation
};

struct FileFacts {
  std::string contents;
  using Ranges = std::vector<std::pair<unsigned, unsigned>>;
  // One per way in which the preprocessor went through the file.
  std::vector<Ranges> skippedPerEntry;
  std::map<unsigned, NameEvidence> names;
  std::map<unsigned, IncludeFact> includes; // by the offset of '#'
  std::map<unsigned, LaunchFact> launches;
  std::set<unsigned> childLaunches; // offsets of kernels' names in launches that device code makes
  std::map<unsigned, KernelFact> kernels;
  // Of CUDA's names, those that a unit with this file declares for itself. Set by merge().
  std::set<std::string> rivalNames;
};

struct ProgramFacts {
  UserRules userRules;                    // no finding, but what the user says about names
  std::map<std::string, FileFacts> files; // the user's, by real path
  std::set<std::string> compatNames;      // global names and macros of the CUDA-compatible headers
  std::set<std::string> userNames;        // names that the user's files declare or define
  // Undeclared names that look like CUDA's: path and offset -> name.
  std::map<std::pair<std::string, unsigned>, std::string> unknownNames;
  // What Clang does not understand, where parsing goes on in spite of it: path and offset -> why.
  std::map<std::pair<std::string, unsigned>, std::string> parseErrors;
  // CUDA names that a macro pastes together (##): path and offset of its use -> name.
  std::map<std::pair<std::string, unsigned>, std::string> pastedNames;
};

// Adds what one parse found to what is known of the whole. The path of a file that the two saw with
// different contents, else "".
std::string merge(ProgramFacts &&unit, ProgramFacts &whole);

} // namespace npu
