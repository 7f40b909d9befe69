// Device variables by their host shadows.
#include "entry.h"

#include "registration.h"
#include "transfer.h"

using namespace npu;
using namespace npu::core;

namespace {

Status symbolRange(const void *symbol, size_t bytes, size_t offset, char **address) {
  void *start = nullptr;
  size_t whole = 0;
  if (Status status = findSymbol(symbol, &start, &whole); !status)
    return status;
  if (offset > whole || bytes > whole - offset)
    return Status(npuErrorInvalidValue,
                  "bytes " + std::to_string(offset) + " to " + std::to_string(offset + bytes) +
                      " are not inside of a variable of " + std::to_string(whole) + " bytes");
  *address = static_cast<char *>(start) + offset;
  return {};
}

Status toSymbol(const void *symbol, const void *src, size_t bytes, size_t offset,
                npuMemcpyKind kind, npuStream_t stream, bool wait) {
  if (kind != npuMemcpyHostToDevice && kind != npuMemcpyDeviceToDevice && kind != npuMemcpyDefault)
    return Status(npuErrorInvalidMemcpyDirection, "a variable is device memory");
  char *address = nullptr;
  if (Status status = symbolRange(symbol, bytes, offset, &address); !status)
    return status;
  return copyMemory(linearCopy(address, src, bytes), kind, stream, wait);
}

Status fromSymbol(void *dst, const void *symbol, size_t bytes, size_t offset, npuMemcpyKind kind,
                  npuStream_t stream, bool wait) {
  if (kind != npuMemcpyDeviceToHost && kind != npuMemcpyDeviceToDevice && kind != npuMemcpyDefault)
    return Status(npuErrorInvalidMemcpyDirection, "a variable is device memory");
  char *address = nullptr;
  if (Status status = symbolRange(symbol, bytes, offset, &address); !status)
    return status;
  return copyMemory(linearCopy(dst, address, bytes), kind, stream, wait);
}

} // namespace

extern "C" {

npuError_t npuMemcpyToSymbol(const void *symbol, const void *src, size_t bytes, size_t offset,
                             npuMemcpyKind kind) {
  return entry("npuMemcpyToSymbol", trace(symbol, src, bytes, offset, kind),
               [&] { return toSymbol(symbol, src, bytes, offset, kind, nullptr, true); });
}

npuError_t npuMemcpyFromSymbol(void *dst, const void *symbol, size_t bytes, size_t offset,
                               npuMemcpyKind kind) {
  return entry("npuMemcpyFromSymbol", trace(dst, symbol, bytes, offset, kind),
               [&] { return fromSymbol(dst, symbol, bytes, offset, kind, nullptr, true); });
}

npuError_t npuMemcpyToSymbolAsync(const void *symbol, const void *src, size_t bytes, size_t offset,
                                  npuMemcpyKind kind, npuStream_t stream) {
  return entry("npuMemcpyToSymbolAsync", trace(symbol, src, bytes, offset, kind, stream),
               [&] { return toSymbol(symbol, src, bytes, offset, kind, stream, false); });
}

npuError_t npuMemcpyFromSymbolAsync(void *dst, const void *symbol, size_t bytes, size_t offset,
                                    npuMemcpyKind kind, npuStream_t stream) {
  return entry("npuMemcpyFromSymbolAsync", trace(dst, symbol, bytes, offset, kind, stream),
               [&] { return fromSymbol(dst, symbol, bytes, offset, kind, stream, false); });
}

npuError_t npuGetSymbolAddress(void **pointer, const void *symbol) {
  return entry("npuGetSymbolAddress", trace(pointer, symbol), [&] {
    size_t bytes = 0;
    if (!pointer)
      return Status(npuErrorInvalidValue, "the result is null");
    return findSymbol(symbol, pointer, &bytes);
  });
}

npuError_t npuGetSymbolSize(size_t *bytes, const void *symbol) {
  return entry("npuGetSymbolSize", trace(bytes, symbol), [&] {
    void *address = nullptr;
    if (!bytes)
      return Status(npuErrorInvalidValue, "the result is null");
    return findSymbol(symbol, &address, bytes);
  });
}

} // extern "C"
