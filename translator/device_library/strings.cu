// Functions of C's strings that the compiler's builtins call: std::char_traits uses those in
// constant functions, which kernels may call.
#include "library.h"

LIBRARY uint64 strlen(const char *text) {
  uint64 length = 0;
  while (text[length])
    ++length;
  return length;
}

LIBRARY int memcmp(const void *left, const void *right, uint64 bytes) {
  const unsigned char *a = static_cast<const unsigned char *>(left);
  const unsigned char *b = static_cast<const unsigned char *>(right);
  for (uint64 i = 0; i < bytes; ++i)
    if (a[i] != b[i])
      return a[i] < b[i] ? -1 : 1;
  return 0;
}

LIBRARY void *memchr(const void *memory, int wanted, uint64 bytes) {
  const unsigned char *byte = static_cast<const unsigned char *>(memory);
  for (uint64 i = 0; i < bytes; ++i)
    if (byte[i] == static_cast<unsigned char>(wanted))
      return const_cast<unsigned char *>(byte + i);
  return nullptr;
}
