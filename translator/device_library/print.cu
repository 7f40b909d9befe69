// printf and assert: records in the runtime's memory, which the host formats at the next
// synchronisation. Formats and texts are copied, so that a record does not depend on memory that
// the thread may change or that the host cannot read.
//
// Functions named __npu_scalar_* stay functions: a warp calls them for one lane after the other, in
// the order of lanes, which is also the order in which a GPU prints them.
#include "library.h"

#include "npu/device_services.h"

using namespace npu::services;

LIBRARY PrintMemory __npu_service_print;
LIBRARY LaunchRecord __npu_service_launch;

LIBRARY void __npu_scalar_fail(LaunchRecord *record, unsigned failure, uint64 value);
LIBRARY __attribute__((noreturn)) void __npu_end_thread();

namespace {

enum class Kind { None, Word, DoubleWord, Text };

struct Conversion {
  Kind kind;
  unsigned stars;   // widths and precisions that are arguments
  const char *next; // behind it
};

HELPER bool isOneOf(char c, const char *set) {
  for (; *set; ++set)
    if (c == *set)
      return true;
  return false;
}

// `at` is behind a '%'. The host reads formats by the same rules (runtime/src/print_format.cpp).
HELPER Conversion readConversion(const char *at) {
  Conversion conversion = {Kind::None, 0, at};
  bool isLong = false;
  for (; isOneOf(*at, "-+ #0123456789.*"); ++at)
    conversion.stars += *at == '*';
  for (; isOneOf(*at, "hlLqjzt"); ++at)
    isLong |= *at != 'h';
  if (isOneOf(*at, "diouxXc"))
    conversion.kind = isLong ? Kind::DoubleWord : Kind::Word;
  else if (isOneOf(*at, "fFeEgGaAp"))
    conversion.kind = Kind::DoubleWord;
  else if (*at == 's')
    conversion.kind = Kind::Text;
  conversion.next = *at ? at + 1 : at;
  return conversion;
}

// The arguments lie one after the other at their natural alignment.
class Arguments {
public:
  DEVICE explicit Arguments(const unsigned char *memory) : memory(memory) {}
  DEVICE uint64 next(Kind kind) {
    if (kind == Kind::Word) {
      unsigned word;
      __builtin_memcpy(&word, memory + offset, 4);
      offset += 4;
      return word;
    }
    offset = (offset + 7) & ~7u;
    uint64 word;
    __builtin_memcpy(&word, memory + offset, 8);
    offset += 8;
    return word;
  }

private:
  const unsigned char *memory;
  unsigned offset = 0;
};

// With the zero byte, in whole words.
HELPER unsigned textBytes(const char *text) {
  unsigned length = 0;
  while (text[length])
    ++length;
  return (length + 8) & ~7u;
}

class Record {
public:
  DEVICE Record(PrintMemory &memory, uint64 start) : memory(memory), start(start) {}
  DEVICE uint64 &word(unsigned offset) {
    return memory.data[((start + offset) & (memory.dataBytes - 1)) / 8];
  }
  DEVICE void copyText(unsigned offset, const char *text) {
    uint64 word = 0;
    for (unsigned i = 0;; ++i) {
      word |= uint64((unsigned char)text[i]) << (8 * (i & 7));
      if (text[i] && (i & 7) != 7)
        continue;
      this->word(offset + (i & ~7u)) = word;
      word = 0;
      if (!text[i])
        return;
    }
  }

private:
  PrintMemory &memory;
  uint64 start;
};

// Calls visit(kind, is a text) for each argument that the format asks for, up to the limit.
template <class Visit> HELPER unsigned forEachArgument(const char *format, Visit visit) {
  unsigned count = 0;
  while (*format) {
    if (*format++ != '%')
      continue;
    Conversion conversion = readConversion(format);
    format = conversion.next;
    for (; conversion.stars && count < kPrintArguments; --conversion.stars, ++count)
      visit(Kind::Word, count);
    if (conversion.kind != Kind::None && count < kPrintArguments)
      visit(conversion.kind, count++);
  }
  return count;
}

struct AssertionArguments {
  const char *file;
  unsigned line;
  const char *function;
  int blockX, blockY, blockZ, threadX, threadY, threadZ;
  const char *message;
};

} // namespace

// CUDA C++ programming guide, "Formatted output": the number of arguments, -1 for a null format.
// What does not fit at all is lost, and -1.
LIBRARY __attribute__((noinline)) int __npu_scalar_print(PrintMemory *memory, const char *format,
                                                         const void *argumentMemory,
                                                         unsigned toStandardError) {
  if (!format)
    return -1;
  const auto *bytes = static_cast<const unsigned char *>(argumentMemory);
  unsigned size = textBytes(format);
  Arguments measured(bytes);
  unsigned count = forEachArgument(format, [&](Kind kind, unsigned) {
    uint64 word = measured.next(kind);
    size += 8;
    if (kind == Kind::Text && word)
      size += textBytes(reinterpret_cast<const char *>(word));
  });
  size += sizeof(PrintRecord);
  if (size > memory->dataBytes / 2)
    return -1;
  uint64 number = __atomic_fetch_add(&memory->records, 1, __ATOMIC_RELAXED);
  uint64 start = __atomic_fetch_add(&memory->bytes, size, __ATOMIC_RELAXED);
  Record record(*memory, start);
  unsigned text = sizeof(PrintRecord) + 8 * count;
  record.word(0) = number;
  record.word(8) = size | uint64(count) << 32;
  record.word(16) = text | uint64(toStandardError) << 32;
  record.copyText(text, format);
  text += textBytes(format);
  Arguments copied(bytes);
  forEachArgument(format, [&](Kind kind, unsigned index) {
    uint64 word = copied.next(kind);
    if (kind == Kind::Text && word) {
      const char *source = reinterpret_cast<const char *>(word);
      record.copyText(text, source);
      word = text;
      text += textBytes(source);
    }
    record.word(sizeof(PrintRecord) + 8 * index) = word;
  });
  PrintIndex &entry = memory->index[number & (memory->indexSize - 1)];
  entry.start = start;
  __atomic_store_n(&entry.stamp, number + 1, __ATOMIC_RELEASE);
  return int(count);
}

LIBRARY int __npu_vprintf(const char *format, const char *arguments) {
  return __npu_scalar_print(&__npu_service_print, format, arguments, 0);
}

LIBRARY void __npu_assertfail(const char *message, const char *file, unsigned line,
                              const char *function, uint64) {
  AssertionArguments arguments = {file,
                                  line,
                                  function,
                                  __nvvm_read_ptx_sreg_ctaid_x(),
                                  __nvvm_read_ptx_sreg_ctaid_y(),
                                  __nvvm_read_ptx_sreg_ctaid_z(),
                                  __nvvm_read_ptx_sreg_tid_x(),
                                  __nvvm_read_ptx_sreg_tid_y(),
                                  __nvvm_read_ptx_sreg_tid_z(),
                                  message};
  __npu_scalar_print(&__npu_service_print,
                     "%s:%u: %s: block: [%u,%u,%u], thread: [%u,%u,%u] Assertion `%s` failed.\n",
                     &arguments, 1);
  __npu_scalar_fail(&__npu_service_launch, kAssertion, 0);
  __npu_end_thread();
}
