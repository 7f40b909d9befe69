// What the descriptors' own functions share.
#pragma once

#include "descriptors.h"

namespace npu::sparse {

inline bool isIndex(npusparseIndexType_t type) {
  return type == NPUSPARSE_INDEX_32I || type == NPUSPARSE_INDEX_64I;
}
inline bool isBase(npusparseIndexBase_t base) {
  return base == NPUSPARSE_INDEX_BASE_ZERO || base == NPUSPARSE_INDEX_BASE_ONE;
}

template <class Descr> using Live = core::LiveSet<Descr>;

template <class Descr, class Body>
npusparseStatus_t with(const char *name, const Descr *descr, Body body) {
  return entry(name, [&]() -> Outcome {
    Arguments check;
    if (!check.live("the descriptor is null, destroyed or foreign", descr).ok())
      return check.outcome();
    return body();
  });
}
template <class Descr> npusparseStatus_t destroy(const char *name, const Descr *descr) {
  return with(name, descr, [&]() -> Outcome {
    Live<Descr>::instance().remove(descr);
    return {};
  });
}
// Writes what a caller asks for; an address that is null is an error, as in cuSPARSE.
template <class T> Outcome give(T *address, T value) {
  if (!address)
    return invalid("an output's address is null");
  *address = value;
  return {};
}
template <class T, class... Rest> Outcome give(T *address, T value, Rest... rest) {
  Outcome first = give(address, value);
  return first.ok() ? give(rest...) : first;
}

// A const descriptor's memory is never written: no function with an output takes one.
inline void *writable(const void *data) { return const_cast<void *>(data); }

} // namespace npu::sparse
