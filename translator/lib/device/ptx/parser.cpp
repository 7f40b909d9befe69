// See parser.h: a scanner and a recursive-descent parser over it.
#include "device/ptx/parser.h"

#include "asm_statements.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/Twine.h"

#include <cstring>

using namespace llvm;

namespace npu::ptx {

bool parseType(StringRef name, ValueType &type) {
  struct Row {
    StringRef name;
    ValueType type;
  };
  static const Row kRows[] = {
      {"pred", {'p', 1, 1}},   {"b8", {'b', 8, 1}},      {"u8", {'u', 8, 1}},
      {"s8", {'s', 8, 1}},     {"b16", {'b', 16, 1}},    {"u16", {'u', 16, 1}},
      {"s16", {'s', 16, 1}},   {"b32", {'b', 32, 1}},    {"u32", {'u', 32, 1}},
      {"s32", {'s', 32, 1}},   {"b64", {'b', 64, 1}},    {"u64", {'u', 64, 1}},
      {"s64", {'s', 64, 1}},   {"b128", {'b', 128, 1}},  {"f16", {'f', 16, 1}},
      {"f32", {'f', 32, 1}},   {"f64", {'f', 64, 1}},    {"f16x2", {'f', 16, 2}},
      {"bf16", {'h', 16, 1}},  {"bf16x2", {'h', 16, 2}}, {"tf32", {'t', 32, 1}},
      {"u16x2", {'u', 16, 2}}, {"s16x2", {'s', 16, 2}},  {"e4m3x2", {'3', 8, 2}},
      {"e5m2x2", {'2', 8, 2}}, {"e4m3", {'3', 8, 1}},    {"e5m2", {'2', 8, 1}},
      {"f32x2", {'f', 32, 2}},
  };
  for (const Row &row : kRows)
    if (name == row.name) {
      type = row.type;
      return true;
    }
  return false;
}

namespace {

bool isNamePart(char c) { return isAlnum(c) || c == '_' || c == '$'; }

// Characters without comments. `$N` is an operand of the statement; `$$` and `%` begin names.
class Scanner {
public:
  explicit Scanner(StringRef text) : text(withoutComments(text)) {}

  void skipSpace() {
    while (at < text.size() && isSpace(text[at]))
      ++at;
  }
  bool atEnd() {
    skipSpace();
    return at >= text.size();
  }
  char peek(size_t ahead = 0) const { return at + ahead < text.size() ? text[at + ahead] : '\0'; }
  bool take(char c) {
    skipSpace();
    if (peek() != c)
      return false;
    ++at;
    return true;
  }
  bool sees(char c) {
    skipSpace();
    return peek() == c;
  }
  std::string takeName() {
    std::string name;
    if (peek() == '%') // a register's name may begin so
      name += text[at++];
    while (at < text.size() && isNamePart(text[at]))
      name += text[at++];
    return name;
  }
  // What follows a '.', "::" included.
  std::string takeSuffix() {
    std::string name;
    while (at < text.size() && (isNamePart(text[at]) || (peek() == ':' && peek(1) == ':') ||
                                (peek() == ':' && !name.empty() && name.back() == ':')))
      name += text[at++];
    return name;
  }
  bool takePlaceholder(unsigned &index) {
    if (peek() != '\1')
      return false;
    ++at;
    size_t end = text.find('\1', at);
    bool valid = !StringRef(text).slice(at, end).getAsInteger(10, index);
    at = end + 1;
    return valid;
  }
  std::string takeWhile(bool (*accepts)(char)) {
    std::string result;
    while (at < text.size() && accepts(text[at]))
      result += text[at++];
    return result;
  }
  size_t place() const { return at; }
  std::string since(size_t start) const {
    std::string result;
    bool inside = false;
    for (char c : StringRef(text).slice(start, at)) {
      if (c == '\1') {
        inside = !inside;
        if (inside)
          result += '%';
      } else {
        result += c;
      }
    }
    return StringRef(result).trim().str();
  }
  std::string rest() const { return StringRef(text).substr(at, 20).trim().str(); }

private:
  // Also marks placeholders: $3 and ${3:x} become \1 3 \1, so that names may hold a '$'.
  static std::string withoutComments(StringRef source) {
    std::string result;
    for (size_t i = 0; i < source.size(); ++i) {
      if (source.substr(i).startswith("//")) {
        i = std::min(source.find('\n', i), source.size() - 1);
        result += '\n';
      } else if (source.substr(i).startswith("/*")) {
        size_t end = source.find("*/", i + 2);
        i = end == StringRef::npos ? source.size() : end + 1;
        result += ' ';
      } else if (source[i] == '$' && i + 1 < source.size()) {
        i = dollar(source, i + 1, result);
      } else {
        result += source[i] == kRegisterMark ? '%' : source[i];
      }
    }
    return result;
  }
  static size_t dollar(StringRef source, size_t i, std::string &result) {
    if (source[i] == '$') {
      result += '$';
      return i;
    }
    bool braced = source[i] == '{';
    size_t start = braced ? i + 1 : i, end = start;
    while (end < source.size() && isDigit(source[end]))
      ++end;
    if (end > start)
      result += "\1" + source.slice(start, end).str() + "\1";
    else
      result += "0"; // ${:uid}: unique enough within one statement
    return braced ? std::min(source.find('}', end), source.size()) : end - 1;
  }

  std::string text;
  size_t at = 0;
};

class Parser {
public:
  explicit Parser(StringRef text) : scan(text) { scopes.emplace_back(); }

  Program run() {
    while (program.error.empty() && !scan.atEnd())
      statement();
    if (program.error.empty() && scopes.size() != 1)
      fail("a '{' without its '}'");
    return std::move(program);
  }

private:
  void fail(const Twine &what) {
    if (program.error.empty())
      program.error = what.str();
  }

  void statement() {
    if (scan.take(';'))
      return;
    if (scan.take('{')) {
      scopes.emplace_back();
      return;
    }
    if (scan.take('}')) {
      if (scopes.size() == 1)
        return fail("a '}' without its '{'");
      scopes.pop_back();
      return;
    }
    if (scan.take('.'))
      return directive();
    Statement result;
    if (scan.take('@')) {
      bool inverted = scan.take('!');
      result.instruction.guard = operand();
      result.instruction.guard.inverted = inverted;
      scan.skipSpace();
    }
    size_t start = scan.place();
    std::string name = scan.takeName();
    if (name.empty())
      return fail("'" + scan.rest() + "' where an instruction is expected");
    if (scan.sees(':')) {
      scan.take(':');
      result.label = name;
      program.statements.push_back(std::move(result));
      return;
    }
    result.instruction.opcode = name;
    instruction(result.instruction, start);
    program.statements.push_back(std::move(result));
  }

  void instruction(Instruction &result, size_t start) {
    while (scan.peek() == '.') {
      scan.take('.');
      result.suffixes.push_back(scan.takeSuffix());
    }
    result.text = scan.since(start);
    while (!scan.sees(';')) {
      if (scan.atEnd() || scan.sees('}'))
        break; // the last ';' may be missing
      result.operands.push_back(operand());
      if (!program.error.empty())
        return;
      while (scan.take('|'))
        result.operands.push_back(operand());
      if (!scan.take(','))
        break;
    }
    if (!scan.take(';') && !scan.atEnd() && !scan.sees('}'))
      fail("'" + scan.rest() + "' after '" + result.text + "'");
  }

  void directive() {
    std::string name = scan.takeSuffix();
    if (name == "pragma" || name == "loc") {
      scan.takeWhile([](char c) { return c != ';' && c != '\n'; });
      scan.take(';');
      return;
    }
    if (name != "reg")
      return fail("the directive '." + name + "'");
    ValueType type;
    if (!scan.take('.'))
      return fail("a .reg without a type");
    std::string typeName = scan.takeSuffix();
    if (!parseType(typeName, type))
      return fail("the register type '." + typeName + "'");
    do {
      scan.skipSpace();
      declare(scan.takeName(), type);
    } while (program.error.empty() && scan.take(','));
    if (!scan.take(';'))
      fail("'" + scan.rest() + "' in a .reg");
  }

  void declare(const std::string &name, ValueType type) {
    if (name.empty())
      return fail("a .reg without a name");
    unsigned count = 1;
    bool counted = scan.take('<');
    if (counted) {
      scan.skipSpace();
      if (StringRef(scan.takeWhile(isDigit)).getAsInteger(10, count) || !scan.take('>') ||
          count > 4096)
        return fail("the count of the registers '" + name + "'");
    }
    for (unsigned i = 0; i < count; ++i) {
      scopes.back()[counted ? name + std::to_string(i) : name] = program.registers.size();
      program.registers.push_back(type);
    }
  }

  Operand operand() {
    scan.skipSpace();
    Operand result;
    size_t start = scan.place();
    if (scan.take('!')) {
      result = operand();
      result.inverted = true;
    } else if (scan.take('{')) {
      result.kind = Operand::Vector;
      do
        result.elements.push_back(operand());
      while (program.error.empty() && scan.take(','));
      if (!scan.take('}'))
        fail("a '{' without its '}'");
    } else if (scan.take('[')) {
      address(result);
    } else if (scan.take('-')) {
      result = operand();
      result.negative = !result.negative;
    } else if (scan.takePlaceholder(result.index)) {
      result.kind = Operand::Placeholder;
      selector(result);
    } else if (isDigit(scan.peek()) || scan.peek() == '.') {
      number(result);
    } else {
      name(result);
    }
    result.text = scan.since(start);
    return result;
  }

  void address(Operand &result) {
    result.kind = Operand::Address;
    result.elements.push_back(operand());
    scan.skipSpace();
    while (program.error.empty() && !scan.sees(']')) {
      bool minus = scan.sees('-');
      if (!minus && !scan.take('+'))
        break;
      Operand offset = operand();
      if (offset.kind != Operand::Integer && offset.kind != Operand::Placeholder)
        return fail("the offset of an address");
      if (offset.kind == Operand::Placeholder)
        result.elements.push_back(offset);
      else
        result.integer += offset.negative ? 0 - offset.integer : offset.integer;
    }
    if (!scan.take(']'))
      fail("'" + scan.rest() + "' in an address");
  }

  void selector(Operand &result) {
    if (scan.peek() != '.')
      return;
    scan.take('.');
    result.selector = scan.takeSuffix();
  }

  void name(Operand &result) {
    std::string name = scan.takeName();
    if (name.empty())
      return fail("'" + scan.rest() + "' where an operand is expected");
    if (name == "_") {
      result.kind = Operand::Sink;
      return;
    }
    selector(result);
    result.text = name;
    for (auto scope = scopes.rbegin(); scope != scopes.rend(); ++scope)
      if (auto found = scope->find(name); found != scope->end()) {
        result.kind = Operand::Register;
        result.index = found->second;
        return;
      }
    if (name == "WARP_SZ") {
      result.kind = Operand::Integer;
      result.integer = 32;
    } else if (name[0] == '%') {
      result.kind = Operand::Special;
      result.elements.emplace_back();
      result.elements[0].text = name.substr(1);
    } else {
      result.kind = Operand::Name;
      result.elements.emplace_back();
      result.elements[0].text = name;
    }
  }

  void number(Operand &result) {
    std::string digits = scan.takeWhile([](char c) { return isAlnum(c) || c == '.'; });
    StringRef text = digits;
    if (text.startswith("0f") || text.startswith("0F") || text.startswith("0d") ||
        text.startswith("0D")) {
      result.kind = Operand::Float;
      result.floatBits = text[1] == 'f' || text[1] == 'F' ? 32 : 64;
      if (text.drop_front(2).size() != result.floatBits / 4 ||
          text.drop_front(2).getAsInteger(16, result.integer))
        fail("the number '" + digits + "'");
      return;
    }
    bool isHex = text.startswith_insensitive("0x");
    if (!isHex && (text.contains('.') || text.contains_insensitive("e"))) {
      if (text.back() == 'e' || text.back() == 'E') // the exponent's sign ended the word
        for (char sign : {'-', '+'})
          if (scan.peek() == sign) {
            scan.take(sign);
            digits += sign;
            digits += scan.takeWhile(isDigit);
            break;
          }
      result.kind = Operand::Float;
      char *end = nullptr;
      result.real = std::strtod(digits.c_str(), &end);
      if (*end)
        fail("the number '" + digits + "'");
      return;
    }
    result.kind = Operand::Integer;
    text.consume_back("U");
    if (text.getAsInteger(0, result.integer))
      fail("the number '" + digits + "'");
  }

  Scanner scan;
  Program program;
  std::vector<std::map<std::string, unsigned>> scopes;
};

} // namespace

Program parse(StringRef text) { return Parser(text).run(); }

} // namespace npu::ptx
