// See user_rules.h.
#include "user_rules.h"

#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/YAMLTraits.h"

namespace {

struct Entry {
  std::string name, header;
  npu::UserRule rule;
};

} // namespace

LLVM_YAML_IS_SEQUENCE_VECTOR(Entry)

template <> struct llvm::yaml::MappingTraits<Entry> {
  static void mapping(IO &io, Entry &entry) {
    io.mapOptional("name", entry.name);
    io.mapOptional("header", entry.header);
    io.mapOptional("to", entry.rule.to);
    io.mapOptional("gap", entry.rule.gap);
    io.mapOptional("partial", entry.rule.partial);
    io.mapOptional("include", entry.rule.include);
  }
  static std::string validate(IO &, Entry &entry) {
    if (entry.name.empty() == entry.header.empty())
      return "a rule has either a name or a header";
    if (entry.rule.to.empty() == entry.rule.gap.empty())
      return "a rule has either 'to', the new name, or 'gap', the reason why there is none";
    const std::string &include = entry.rule.include;
    if (!include.empty() && include.front() != '<' && include.front() != '"')
      return "'include' is written with its delimiters: '<x.h>' or '\"x.h\"'";
    return "";
  }
};

using namespace npu;

namespace {

// Keeps the first message, in one line.
void keepMessage(const llvm::SMDiagnostic &diagnostic, void *context) {
  auto &message = *static_cast<std::string *>(context);
  if (message.empty())
    message = diagnostic.getFilename().str() + ":" + std::to_string(diagnostic.getLineNo()) + ": " +
              diagnostic.getMessage().str();
}

} // namespace

llvm::Error npu::readUserRules(const std::string &path, UserRules &rules) {
  auto failure = [](const llvm::Twine &message) {
    return llvm::createStringError(llvm::inconvertibleErrorCode(), message);
  };
  auto buffer = llvm::MemoryBuffer::getFile(path);
  if (!buffer)
    return failure("cannot read '" + path + "': " + buffer.getError().message());
  std::vector<Entry> entries;
  std::string message;
  llvm::yaml::Input input((*buffer)->getMemBufferRef(), nullptr, keepMessage, &message);
  input >> entries;
  if (input.error())
    return failure("rules: " + (message.empty() ? path + ": not a list of rules" : message));
  for (Entry &entry : entries)
    (entry.name.empty() ? rules.headers[entry.header] : rules.names[entry.name]) =
        std::move(entry.rule);
  return llvm::Error::success();
}
