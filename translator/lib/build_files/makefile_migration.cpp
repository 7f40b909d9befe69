// See migration.h. A makefile is changed word by word, line by line: the compiler's name, CUDA's
// folders and libraries, options for GPUs, and names that end in .cu.
#include "build_files/migration.h"
#include "edits.h"

#include "llvm/ADT/SmallVector.h"
#include "llvm/Support/Path.h"

#include <algorithm>

using namespace npu;

namespace {

struct Word {
  unsigned begin, end;
  llvm::StringRef text;
};

class MakefileMigration {
public:
  MakefileMigration(llvm::StringRef text, const std::string &shownPath, Diagnostics &diagnostics)
      : text(text), shownPath(shownPath), diagnostics(diagnostics) {}

  llvm::Expected<std::string> run() {
    noteRules();
    for (unsigned begin = 0; begin < text.size();) {
      size_t newline = text.find('\n', begin);
      unsigned end =
          static_cast<unsigned>(newline == llvm::StringRef::npos ? text.size() : newline + 1);
      migrateLine(begin, end);
      begin = end;
    }
    return edits.apply(text);
  }

private:
  // $(CUDA_PATH)/bin, ${CUDA_HOME}, /usr/local/cuda/lib64
  static bool isToolkitPath(llvm::StringRef path) {
    for (llvm::StringRef part :
         {"$(CUDA_", "${CUDA_", "$(CUDA)", "$(CUDNN_", "${CUDNN_", "/cuda/", "/cuda-"})
      if (path.contains(part))
        return true;
    return path.endswith("/cuda");
  }
  static bool isNvcc(llvm::StringRef word) { return word == "nvcc" || word.endswith("/nvcc"); }
  static bool namesToolkit(llvm::StringRef variable) {
    for (llvm::StringRef name :
         {"CUDA_PATH", "CUDA_HOME", "CUDA_DIR", "CUDA_ROOT", "CUDA_INSTALL_PATH",
          "CUDA_TOOLKIT_PATH", "CUDAPATH", "CUDAHOME", "CUDADIR"})
      if (variable == name)
        return true;
    return false;
  }
  static bool isForGpus(llvm::StringRef word) {
    for (llvm::StringRef option : {"-arch=", "--gpu-architecture=", "-gencode=", "--generate-code=",
                                   "-code=", "--gpu-code=", "-lineinfo", "-maxrregcount="})
      if (word.startswith(option))
        return true;
    return false;
  }
  static bool takesNextForGpus(llvm::StringRef word) {
    return word == "-arch" || word == "-gencode" || word == "--generate-code" || word == "-code" ||
           word == "--gpu-architecture" || word == "-maxrregcount";
  }

  std::vector<Word> wordsOf(unsigned begin, unsigned end) const {
    std::vector<Word> words;
    for (unsigned i = begin; i < end;) {
      while (i < end && std::isspace(static_cast<unsigned char>(text[i])))
        ++i;
      unsigned first = i;
      while (i < end && !std::isspace(static_cast<unsigned char>(text[i])))
        ++i;
      if (i > first)
        words.push_back({first, i, text.slice(first, i)});
    }
    return words;
  }

  // Behind the rules for .cu there would be two for .cpp.
  void noteRules() {
    hasCxxRule =
        text.contains("%.o: %.cpp") || text.contains("%.o : %.cpp") || text.contains("\n.cpp.o:");
  }

  void migrateLine(unsigned begin, unsigned end) {
    unsigned codeEnd = begin;
    while (codeEnd < end &&
           !(text[codeEnd] == '#' && (codeEnd == begin || text[codeEnd - 1] != '\\')))
      ++codeEnd;
    std::vector<Word> words = wordsOf(begin, codeEnd);
    if (words.empty())
      return;
    if (definesToolkit(words)) {
      edits.remove(begin, end - begin);
      return;
    }
    // What is deleted must not become the sources.
    if (llvm::StringRef line = text.slice(begin, codeEnd);
        line.contains_insensitive("clean") || line.contains("rm "))
      return;
    bool linksOnHost = false;
    for (size_t i = 0; i < words.size(); ++i)
      i += migrateWord(words, i, begin, linksOnHost);
    if (linksOnHost)
      leave(begin, words, "link with npucc, which brings libnpurt for CUDA's libraries");
    if (hasCxxRule && (text.slice(begin, codeEnd).contains("%.cu") ||
                       text.slice(begin, codeEnd).startswith(".cu.o")))
      leave(begin, words,
            "two rules would make objects of .cpp files: give one of them a list of its files");
  }

  // CUDA_PATH ?= /usr/local/cuda
  static bool definesToolkit(const std::vector<Word> &words) {
    size_t first = words[0].text == "export" ? 1 : 0;
    if (words.size() <= first)
      return false;
    llvm::StringRef name = words[first].text.split('=').first.rtrim("?:+");
    bool assigns = words[first].text.contains('=') ||
                   (words.size() > first + 1 && words[first + 1].text.endswith("="));
    return assigns && namesToolkit(name);
  }

  // How many further words belong to this one.
  size_t migrateWord(const std::vector<Word> &words, size_t i, unsigned lineBegin,
                     bool &linksOnHost) {
    const Word &word = words[i];
    llvm::StringRef value = word.text, name = "";
    if (size_t assigned = value.find('='); assigned != llvm::StringRef::npos && value[0] != '-') {
      name = value.take_front(assigned + 1); // NVCC=nvcc
      value = value.drop_front(assigned + 1);
    }
    if (isNvcc(value)) {
      edits.replace(word.begin, word.end - word.begin, name.str() + "npucc");
      return 0;
    }
    if (isForGpus(value)) {
      remove(word);
      return 0;
    }
    if (takesNextForGpus(value) ||
        (value == "-x" && i + 1 < words.size() && words[i + 1].text == "cu")) {
      remove(word);
      if (i + 1 < words.size())
        remove(words[i + 1]);
      return 1;
    }
    if ((value.startswith("-I") || value.startswith("-L") || value.startswith("-Wl,-rpath")) &&
        isToolkitPath(value)) {
      remove(word);
      return 0;
    }
    if (value.startswith("-l")) {
      LibraryState state =
          value == "-lcuda" ? LibraryState::Covered : libraryState(value.drop_front(2));
      if (state == LibraryState::Covered) {
        linksOnHost |= isHostCompiler(words[0].text);
        remove(word);
      } else if (state == LibraryState::Missing) {
        leave(lineBegin, words, "there is no counterpart of " + value.drop_front(2).str());
      }
      return 0;
    }
    if (isToolkitPath(value))
      leave(lineBegin, words, "no CUDA toolkit is used any more");
    std::string renamed = withoutCudaSuffix(word.text);
    if (llvm::StringRef(renamed).startswith(".cu.o"))
      renamed = ".cpp" + renamed.substr(3);
    if (renamed != word.text)
      edits.replace(word.begin, word.end - word.begin, renamed);
    return 0;
  }

  static bool isHostCompiler(llvm::StringRef word) {
    word = word.ltrim("@-+");
    return word == "$(CXX)" || word == "$(CC)" || word == "${CXX}" || word == "g++" ||
           word == "gcc" || word == "$(LD)";
  }

  // With the blanks before it; a recipe's tab stays.
  void remove(const Word &word) {
    unsigned begin = word.begin;
    while (begin > 0 && text[begin - 1] == ' ')
      --begin;
    edits.remove(begin, word.end - begin);
  }

  void leave(unsigned lineBegin, const std::vector<Word> &words, const std::string &remedy) {
    if (!left.empty() && left.back() == lineBegin)
      return;
    left.push_back(lineBegin);
    diagnostics.report(DiagnosticId::build_file, shownPath, text, words[0].begin, {remedy});
    // A comment inside a continued line would end it.
    bool continued = text.take_front(lineBegin).rtrim("\r\n").endswith("\\");
    std::string comment = "# " + diagnostics.all().back().message();
    bool said = text.take_front(lineBegin).rtrim("\r\n").endswith(comment);
    if (!continued && !said && text[lineBegin] != '\t')
      edits.insert(lineBegin, comment + (text.contains("\r\n") ? "\r\n" : "\n"));
  }

  llvm::StringRef text;
  const std::string &shownPath;
  Diagnostics &diagnostics;
  Edits edits;
  bool hasCxxRule = false;
  std::vector<unsigned> left; // lines about which something was said
};

} // namespace

llvm::Expected<std::string> npu::migrateMakefile(llvm::StringRef text, const std::string &shownPath,
                                                 Diagnostics &diagnostics) {
  return MakefileMigration(text, shownPath, diagnostics).run();
}
