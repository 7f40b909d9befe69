// See print_format.h. The device counts arguments by the same rules
// (translator/device_library/print.cu).
#include "print_format.h"

#include "npu/device_services.h"

#include <cstdio>
#include <cstring>

namespace npu::core {
namespace {

struct Conversion {
  std::string flags;         // flags, width and precision, `*` replaced by the argument
  std::string length;        // hh h l ll L q j z t
  char type = '\0';          // '\0': the format ended
  const char *end = nullptr; // behind it
  bool hasArguments = true;  // for its stars
};

class Formatter {
public:
  explicit Formatter(const std::vector<uint64_t> &words) : words(words) {}

  std::string run() {
    if (words.size() * 8 < sizeof header)
      return {};
    std::memcpy(&header, words.data(), sizeof header);
    const char *format = text(header.formatOffset);
    if (header.bytes > words.size() * 8 || header.argumentCount > services::kPrintArguments ||
        sizeof header + 8 * size_t(header.argumentCount) > header.bytes || !format)
      return {};
    while (*format) {
      const char *literal = format;
      while (*format && *format != '%')
        ++format;
      result.append(literal, format);
      if (*format)
        format = convert(format);
    }
    return std::move(result);
  }

private:
  // nullptr when it does not lie inside of the record, with its zero byte.
  const char *text(uint64_t offset) const {
    const char *begin = reinterpret_cast<const char *>(words.data());
    if (offset < sizeof header || offset >= words.size() * 8 ||
        !std::memchr(begin + offset, 0, words.size() * 8 - offset))
      return nullptr;
    return begin + offset;
  }

  bool take(uint64_t &argument) {
    if (next >= header.argumentCount)
      return false;
    argument = words[sizeof header / 8 + next++];
    return true;
  }

  Conversion read(const char *at) {
    Conversion conversion;
    for (; *at && std::strchr("-+ #0123456789.*", *at); ++at) {
      uint64_t star = 0;
      if (*at != '*')
        conversion.flags += *at;
      else if (take(star))
        conversion.flags += std::to_string(int32_t(star));
      else
        conversion.hasArguments = false;
    }
    for (; *at && std::strchr("hlLqjzt", *at); ++at)
      conversion.length += *at;
    conversion.type = *at;
    conversion.end = *at ? at + 1 : at;
    return conversion;
  }

  // `start` is at the '%'. Returns what follows the conversion.
  const char *convert(const char *start) {
    Conversion conversion = read(start + 1);
    const char type = conversion.type;
    if (type == '%') {
      result += '%';
      return conversion.end;
    }
    uint64_t argument = 0;
    if (!type || !std::strchr("diouxXcfFeEgGaAps", type) || !conversion.hasArguments ||
        !take(argument)) {
      result.append(start, conversion.end);
      return conversion.end;
    }
    // A negative precision (from a star) counts as none.
    if (const size_t at = conversion.flags.find(".-"); at != std::string::npos)
      conversion.flags.resize(at);
    const std::string spec = "%" + conversion.flags;
    if (std::strchr("fFeEgGaA", type)) {
      double value;
      std::memcpy(&value, &argument, sizeof value);
      print((spec + type).c_str(), value);
    } else if (type == 's') {
      const char *string = argument ? text(argument) : "(null)";
      print((spec + 's').c_str(), string ? string : "");
    } else if (type == 'p') {
      print((spec + 'p').c_str(), reinterpret_cast<void *>(uintptr_t(argument)));
    } else if (type == 'c') {
      // Not through snprintf's result as a text: the character may be 0.
      print((spec + 'c').c_str(), int(argument));
    } else {
      convertInteger(spec, conversion.length, type, argument);
    }
    return conversion.end;
  }

  void convertInteger(const std::string &spec, const std::string &length, char type,
                      uint64_t argument) {
    const bool isSigned = type == 'd' || type == 'i';
    if (length.find_first_of("lLqjzt") == std::string::npos) {
      if (length == "h")
        argument = isSigned ? uint64_t(int64_t(int16_t(argument))) : uint16_t(argument);
      else if (length == "hh")
        argument = isSigned ? uint64_t(int64_t(int8_t(argument))) : uint8_t(argument);
      else
        argument = isSigned ? uint64_t(int64_t(int32_t(argument))) : uint32_t(argument);
    }
    print((spec + "ll" + type).c_str(), static_cast<long long>(argument));
  }

  template <class Value> void print(const char *spec, Value value) {
    // The specification is built from checked parts.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat-security"
    const int length = std::snprintf(nullptr, 0, spec, value);
    if (length < 0)
      return;
    const size_t before = result.size();
    result.resize(before + size_t(length) + 1);
    std::snprintf(&result[before], size_t(length) + 1, spec, value);
#pragma GCC diagnostic pop
    result.resize(before + size_t(length));
  }

  const std::vector<uint64_t> &words;
  services::PrintRecord header{};
  unsigned next = 0;
  std::string result;
};

} // namespace

std::string formatPrint(const std::vector<uint64_t> &record) { return Formatter(record).run(); }

} // namespace npu::core
