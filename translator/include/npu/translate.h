// CUDA sources -> vendor-neutral sources a person can own from then on.
//
// Translates several inputs in one call: they share headers, and a header is rewritten once from
// what all of them (host side and device side) know about it. Inputs are never touched unless
// `inPlace` says so; outputs are written to temporary files and renamed, all of them or none.
//
// This is all that libcu2npu.so exports, and it needs the standard library only: link
// cu2npu::translator of find_package(cu2npu). Members are added at minor versions, which the
// library's SONAME tells apart, and never change their meaning.
//
// Thread rule: one call at a time; with jobs > 0 the process has one thread, since parses are
// forked.
#pragma once

#include <iosfwd>
#include <set>
#include <string>
#include <vector>

namespace npu {

struct TranslateOptions {
  std::vector<std::string> inputs; // .cu, .cpp, ...; headers are found through their includes
  std::string outputFolder;        // created when missing
  std::vector<std::string> clangArguments; // -I -D -U -isystem -include -std= ..., Clang spelling
  std::string headerFolder; // our own headers, npu/ and cuda/; "": those of this installation
  unsigned jobs = 0;     // parses at a time, each in a process; 0: one after the other in this one
  bool progress = false; // one line on the log, overwritten as sources are read
  // Finished parses lie in the output folder until the outputs are written, and a run that was
  // killed before goes on where it was. Not with `dryRun`.
  bool resumable = false;

  // A whole project. Its sources are `inputs`, else those of `buildFolder` or `buildLog`, else
  // every source below `root` that uses CUDA.
  std::string root;        // files below it keep their place and their includes; "": no tree
  std::string buildFolder; // compile_commands.json or its folder
  std::string buildLog;    // what a build printed
  std::vector<std::string> exclude; // patterns of paths below `root`
  bool copyOthers = false;          // files that are no sources are copied
  // Errors of a source are diagnostics like any other, and the source is translated as far as it is
  // understood. Otherwise they are the end of everything.
  bool keepGoing = false;
  bool inPlace =
      false; // outputs take their sources' places, which are kept as *.orig; no outputFolder
  bool dryRun = false;    // no source is written; reports are
  bool diff = false;      // TranslateResult::diff is wanted
  bool keepTexts = false; // TranslateResult::files is wanted
  // Each source is read once with each of these sets of -D and -U, and translated from what all
  // say.
  std::vector<std::vector<std::string>> definitionSets;

  std::vector<std::string> ruleFiles; // YAML; names and headers that the tables do not know

  // CMakeLists.txt and *.cmake, makefiles and *.mk, among `inputs` and below `root`.
  bool migrateCmake = false, migrateMakefile = false;

  // Diagnostics, by their ids ("npu-partial"); docs/diagnostics.md.
  std::set<std::string> suppressed;     // not said; notes and warnings only
  std::set<std::string> errors;         // notes and warnings that count as errors
  bool untranslatedIsFailure = false;   // nothing is written when something is left to do
  std::string diagnosticsFile;          // *.json or *.sarif; "": none
  std::vector<std::string> reportFiles; // *.html, *.json, *.md
};

enum class TranslateStatus {
  Clean = 0,   // everything translated
  Partial = 1, // written, but something is left for a person; a diagnostic and a comment say what
  Failed = 2,  // nothing written
};

struct TranslateDiagnostic {
  std::string id;                // "npu-gap"
  std::string severity;          // "error", "warning" or "note"
  std::string path;              // as the user named the file
  unsigned line = 0, column = 0; // from 1; a column is a byte
  std::string text;              // what is the matter and what to do
};

struct TranslatedFile {
  std::string source; // real path
  std::string path;   // relative to the output folder
  std::string text;
};

struct TranslateResult {
  TranslateStatus status = TranslateStatus::Failed;
  std::string error;                            // why nothing was written
  std::vector<TranslateDiagnostic> diagnostics; // by file and place
  std::vector<TranslatedFile> files; // sources and headers of the program, by source; not copies
  std::vector<std::string> written;  // paths of the files written, in order
  std::string diff;                  // unified, of every file that changes
};

// Diagnostics go to `log` as `file:line:col: error: ... [npu-<id>]`, in order of file and place.
TranslateResult translate(const TranslateOptions &options, std::ostream &log);

// "0.1.0"
const char *translatorVersion();

} // namespace npu
