// Classification and early checks of input files, so that a bad file is one line and not a cascade.
#include "driver/inputs.h"

#include "llvm/ADT/StringSwitch.h"
#include "llvm/BinaryFormat/Magic.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Regex.h"

using namespace llvm;

namespace npu::driver {

namespace {

Error failure(const Twine &message) { return createStringError(inconvertibleErrorCode(), message); }

// The source with comments blanked and string and character literals emptied, except that the name
// after #include stays. Raw strings are skipped whole.
class CommentStripper {
public:
  explicit CommentStripper(StringRef text) : text(text) {}

  std::string run() {
    while (at < text.size())
      step();
    return result;
  }

private:
  bool follows(StringRef expected) const { return text.substr(at).startswith(expected); }

  void skipTo(StringRef end) {
    size_t found = text.find(end, at);
    at = found == StringRef::npos ? text.size() : found + end.size();
  }

  bool onIncludeLine() const {
    StringRef line = StringRef(result).rsplit('\n').second;
    if (result.find('\n') == std::string::npos)
      line = result;
    line = line.ltrim();
    return line.consume_front("#") && line.ltrim().startswith("include");
  }

  void skipLiteral(char quote) {
    for (++at; at < text.size() && text[at] != quote && text[at] != '\n'; ++at)
      at += text[at] == '\\';
    ++at;
    result += "\"\"";
  }

  void skipRawString() {
    at += 2;
    size_t open = text.find('(', at);
    if (open == StringRef::npos) {
      at = text.size();
      return;
    }
    std::string end = ")" + text.slice(at, open).str() + "\"";
    skipTo(end);
    result += "\"\"";
  }

  void step() {
    // A line continued by a backslash is one line, also in a // comment.
    if (follows("\\\n")) {
      at += 2;
    } else if (follows("//")) {
      while (at < text.size() && text[at] != '\n')
        at += follows("\\\n") ? 2 : 1;
    } else if (follows("/*")) {
      at += 2;
      skipTo("*/");
      result += ' ';
    } else if (follows("R\"") && (result.empty() || !isalnum(result.back()))) {
      skipRawString();
    } else if (text[at] == '"' && !onIncludeLine()) {
      skipLiteral('"');
    } else if (text[at] == '\'' && (result.empty() || !isalnum(result.back()))) {
      skipLiteral('\'');
    } else {
      result += text[at++];
    }
  }

  StringRef text;
  size_t at = 0;
  std::string result;
};

Expected<std::string> readSource(StringRef path) {
  auto buffer = MemoryBuffer::getFile(path);
  if (!buffer)
    return failure("cannot read '" + path + "': " + buffer.getError().message());
  StringRef text = (*buffer)->getBuffer();
  if (text.find('\0') != StringRef::npos)
    return failure("'" + path + "' is a binary file, not a source");
  return text.str();
}

// Objects and libraries: the extension's promise is checked against the content.
Error checkBinary(const Input &input) {
  file_magic magic;
  if (std::error_code error = identify_magic(input.path, magic))
    return failure("cannot read '" + input.path + "': " + error.message());
  bool good = input.kind == InputKind::Object ? magic == file_magic::elf_relocatable
              : input.kind == InputKind::Archive
                  ? magic == file_magic::archive
                  : magic == file_magic::elf_shared_object || magic == file_magic::unknown;
  // A .so or .a may be a linker script: text.
  if (good || (input.kind == InputKind::Archive && magic == file_magic::unknown))
    return Error::success();
  return failure("'" + input.path + "' is not " +
                 (input.kind == InputKind::Object    ? "an ELF object file"
                  : input.kind == InputKind::Archive ? "a static library"
                                                     : "a shared library"));
}

Expected<InputKind> kindOf(StringRef path, const Settings &settings) {
  StringRef extension = sys::path::extension(path);
  StringRef name = sys::path::filename(path);
  if (extension == ".o" || extension == ".obj")
    return InputKind::Object;
  if (extension == ".a" || extension == ".lib")
    return InputKind::Archive;
  if (Regex("\\.so(\\.[0-9]+)*$").match(name))
    return InputKind::SharedLibrary;
  StringRef language = settings.language;
  if (language.empty())
    language = StringSwitch<StringRef>(extension)
                   .Case(".cu", "cu")
                   .Cases(".cpp", ".cc", ".cxx", ".C", ".c++", "c++")
                   .Case(".c", "c")
                   .Default("");
  if (language == "cu")
    return InputKind::CudaSource;
  if (language == "c++")
    return InputKind::CxxSource;
  if (language == "c")
    return InputKind::CSource;
  return failure("'" + path + "' has no known extension; say what it is with -x cu, c++ or c");
}

} // namespace

bool includesKernelHeader(StringRef source) {
  source.consume_front("\xEF\xBB\xBF"); // byte order mark
  std::string code = CommentStripper(source).run();
  return Regex("^[ \t]*#[ \t]*include[ \t]*[<\"]npu/kernel\\.h[>\"]", Regex::Newline).match(code);
}

Expected<std::vector<Input>> classifyInputs(const Settings &settings) {
  std::vector<Input> inputs;
  for (const std::string &path : settings.inputs) {
    if (path == "-")
      return failure("reading the source from standard input is not supported; name a file");
    sys::fs::file_status status;
    if (std::error_code error = sys::fs::status(path, status))
      return failure("cannot read '" + path + "': " + error.message());
    if (status.type() == sys::fs::file_type::directory_file)
      return failure("'" + path + "' is a directory, not a file");
    Expected<InputKind> kind = kindOf(path, settings);
    if (!kind)
      return kind.takeError();
    Input input{path, *kind};
    if (input.isSource()) {
      Expected<std::string> text = readSource(path);
      if (!text)
        return text.takeError();
      if (input.kind == InputKind::CxxSource && includesKernelHeader(*text))
        input.kind = InputKind::NeutralSource;
    } else if (Error error = checkBinary(input)) {
      return error;
    }
    inputs.push_back(std::move(input));
  }
  return inputs;
}

} // namespace npu::driver
