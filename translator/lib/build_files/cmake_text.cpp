// See cmake_text.h.
#include "build_files/cmake_text.h"

#include <cctype>

using namespace npu;

namespace {

class Reader {
public:
  explicit Reader(llvm::StringRef text) : text(text) {}

  std::vector<CmakeCommand> read() {
    std::vector<CmakeCommand> commands;
    while (skipBlanks(), place < text.size()) {
      CmakeCommand command;
      command.begin = place;
      while (place < text.size() && (std::isalnum(byte()) || byte() == '_'))
        ++place;
      command.nameEnd = place;
      command.name = text.slice(command.begin, place).lower();
      while (place < text.size() && (byte() == ' ' || byte() == '\t'))
        ++place;
      if (command.name.empty() || place >= text.size() || byte() != '(' || !readArguments(command))
        break;
      commands.push_back(std::move(command));
    }
    return commands;
  }

private:
  unsigned char byte() const { return static_cast<unsigned char>(text[place]); }

  // The number of "=" of a bracket "[==[" here, or -1.
  int bracketLevel() const {
    if (text[place] != '[')
      return -1;
    size_t next = place + 1;
    while (next < text.size() && text[next] == '=')
      ++next;
    return next < text.size() && text[next] == '[' ? static_cast<int>(next - place - 1) : -1;
  }
  // Moves behind the bracket's end.
  llvm::StringRef takeBracket(int level) {
    size_t begin = place + static_cast<size_t>(level) + 2;
    std::string close = "]" + std::string(static_cast<size_t>(level), '=') + "]";
    size_t end = text.find(close, begin);
    place = static_cast<unsigned>(end == llvm::StringRef::npos ? text.size() : end + close.size());
    return text.slice(begin, end);
  }

  void skipBlanks() {
    while (place < text.size()) {
      if (std::isspace(byte())) {
        ++place;
      } else if (byte() == '#') {
        ++place;
        int level = place < text.size() ? bracketLevel() : -1;
        if (level >= 0)
          takeBracket(level);
        else
          place = static_cast<unsigned>(std::min(text.find('\n', place), text.size()));
      } else {
        return;
      }
    }
  }

  bool readArguments(CmakeCommand &command) {
    int depth = 0;
    while (skipBlanks(), place < text.size()) {
      CmakeArgument argument;
      argument.begin = place;
      if (byte() == '(' || byte() == ')') {
        depth += byte() == '(' ? 1 : -1;
        ++place;
        if (depth == 0) {
          command.end = place;
          return true;
        }
        if (depth == 1 && command.arguments.empty() && text[place - 1] == '(')
          continue; // the command's own
        argument.text = text.slice(argument.begin, place);
      } else if (int level = bracketLevel(); level >= 0) {
        argument.text = takeBracket(level);
        argument.quoted = true;
      } else if (byte() == '"') {
        argument.quoted = true;
        takeQuoted(argument);
      } else {
        takeUnquoted(argument);
      }
      argument.end = place;
      command.arguments.push_back(argument);
    }
    return false;
  }

  void takeQuoted(CmakeArgument &argument) {
    size_t begin = ++place;
    while (place < text.size() && byte() != '"')
      place += byte() == '\\' ? 2 : 1;
    place = static_cast<unsigned>(std::min<size_t>(place, text.size()));
    argument.text = text.slice(begin, place);
    place += place < text.size();
  }

  void takeUnquoted(CmakeArgument &argument) {
    while (place < text.size() && !std::isspace(byte()) && byte() != '(' && byte() != ')' &&
           byte() != '#' && byte() != '"')
      place += byte() == '\\' ? 2 : 1;
    // -DX="y" is one argument.
    if (place < text.size() && byte() == '"' && place > argument.begin) {
      CmakeArgument rest;
      takeQuoted(rest);
      takeUnquoted(argument);
    }
    place = static_cast<unsigned>(std::min<size_t>(place, text.size()));
    argument.text = text.slice(argument.begin, place);
  }

  llvm::StringRef text;
  unsigned place = 0;
};

} // namespace

std::vector<CmakeCommand> npu::readCmake(llvm::StringRef text) { return Reader(text).read(); }
