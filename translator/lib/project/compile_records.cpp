// See compile_command.h: the two forms in which builds are recorded.
#include "driver/argument_list.h"
#include "project/compile_command.h"

#include "llvm/ADT/SmallString.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"

#include <set>

using namespace npu;
namespace path = llvm::sys::path;

namespace {

llvm::Error failure(const llvm::Twine &message) {
  return llvm::createStringError(llvm::inconvertibleErrorCode(), message);
}

llvm::Expected<std::unique_ptr<llvm::MemoryBuffer>> read(llvm::StringRef file) {
  auto buffer = llvm::MemoryBuffer::getFile(file);
  if (!buffer)
    return failure("cannot read '" + file + "': " + buffer.getError().message());
  return std::move(*buffer);
}

// Follows the folders of one build log, line by line.
class LogReader {
public:
  explicit LogReader(llvm::StringRef directory) : folders{directory.str()} {}

  void read(llvm::StringRef line) {
    if (noteFolder(line))
      return;
    std::string directory = folders.back();
    // a && b; c: each may be a compiler's command line, and cd moves those behind it.
    for (std::vector<std::string> &words : commandsOf(line)) {
      if (words.size() == 2 && words[0] == "cd") {
        llvm::SmallString<256> moved(words[1]);
        llvm::sys::fs::make_absolute(directory, moved);
        directory = moved.str().str();
        continue;
      }
      size_t first = 0;
      while (first < words.size() && first < 4 && !isCompiler(words[first]))
        ++first; // ccache, env A=b, [ 50%]
      if (first >= words.size() || !isCompiler(words[first]))
        continue;
      words.erase(words.begin(), words.begin() + static_cast<std::ptrdiff_t>(first));
      if (words.size() > 1)
        commands.push_back({directory, std::move(words)});
    }
  }

  std::vector<CompileCommand> commands;

private:
  // make[2]: Entering directory '/x'
  bool noteFolder(llvm::StringRef line) {
    auto [maker, rest] = line.split(": ");
    bool enters = rest.startswith("Entering directory");
    if (!enters && !rest.startswith("Leaving directory"))
      return false;
    if (enters)
      folders.push_back(rest.drop_front(18).trim(" `'\"").str());
    else if (folders.size() > 1)
      folders.pop_back();
    return true;
  }

  static std::vector<std::vector<std::string>> commandsOf(llvm::StringRef line) {
    std::vector<std::vector<std::string>> all(1);
    for (std::string &word : driver::splitWords(line)) {
      bool ends = word == "&&" || word == ";" || word == "||" || word == "|";
      bool endsBehind = !ends && word.size() > 1 && word.back() == ';';
      if (endsBehind)
        word.pop_back();
      if (!ends)
        all.back().push_back(std::move(word));
      if (ends || endsBehind)
        all.emplace_back();
    }
    return all;
  }

  std::vector<std::string> folders; // that make has entered, the innermost last
};

} // namespace

llvm::Expected<std::vector<CompileCommand>> npu::readCompileCommands(llvm::StringRef given) {
  llvm::SmallString<256> file(given);
  if (llvm::sys::fs::is_directory(given))
    path::append(file, "compile_commands.json");
  auto buffer = read(file);
  if (!buffer)
    return buffer.takeError();
  llvm::Expected<llvm::json::Value> parsed = llvm::json::parse((*buffer)->getBuffer());
  if (!parsed)
    return failure(file + ": " + llvm::toString(parsed.takeError()));
  const llvm::json::Array *entries = parsed->getAsArray();
  if (!entries)
    return failure(file + ": not a list of commands");
  std::vector<CompileCommand> commands;
  for (const llvm::json::Value &each : *entries) {
    const llvm::json::Object *entry = each.getAsObject();
    CompileCommand command;
    if (entry)
      command.directory = entry->getString("directory").value_or("").str();
    if (const llvm::json::Array *arguments = entry ? entry->getArray("arguments") : nullptr) {
      for (const llvm::json::Value &argument : *arguments)
        command.arguments.push_back(argument.getAsString().value_or("").str());
    } else if (entry) {
      command.arguments = driver::splitWords(entry->getString("command").value_or(""));
    }
    if (command.directory.empty() || command.arguments.empty())
      return failure(file + ": entry " + llvm::Twine(commands.size() + 1) +
                     " has no directory or no command");
    commands.push_back(std::move(command));
  }
  return commands;
}

llvm::Expected<std::vector<CompileCommand>> npu::readBuildLog(llvm::StringRef file,
                                                              llvm::StringRef directory) {
  auto buffer = read(file);
  if (!buffer)
    return buffer.takeError();
  LogReader reader(directory);
  llvm::StringRef rest = (*buffer)->getBuffer();
  std::string line;
  while (!rest.empty()) {
    llvm::StringRef next;
    std::tie(next, rest) = rest.split('\n');
    next = next.rtrim('\r');
    if (next.endswith("\\")) { // goes on in the next line
      line += next.drop_back().str() + " ";
      continue;
    }
    reader.read(line + next.str());
    line.clear();
  }
  reader.read(line);
  return reader.commands;
}

std::string npu::compileCommandsText(const std::vector<CompileCommand> &commands) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  llvm::json::OStream out(stream, 2);
  std::set<std::string> seen;
  out.array([&] {
    for (const CompileCommand &command : commands)
      for (const CompiledSource &source : sourcesOf(command))
        if (seen.insert(source.path).second)
          out.object([&] {
            out.attribute("directory", command.directory);
            out.attribute("file", source.path);
            out.attributeArray("arguments", [&] {
              for (const std::string &argument : command.arguments)
                out.value(argument);
            });
          });
  });
  out.flush();
  stream << "\n";
  return stream.str();
}
