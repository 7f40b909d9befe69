#include "memory.h"

namespace simt {

namespace {

[[noreturn]] void fail(uint64_t address, const char *what) {
  static const char *const kNames[] = {"null", "global", "shared", "local", "function"};
  unsigned space = unsigned(spaceOf(address));
  throw Error(std::string(what) + " at " + (space < 5 ? kNames[space] : "wild") + " object " +
              std::to_string(objectOf(address)) + ", byte " + std::to_string(offsetOf(address)));
}

} // namespace

uint8_t *View::at(uint64_t address, uint64_t bytes, bool writes) const {
  std::vector<Object> *objects = nullptr;
  switch (spaceOf(address)) {
  case Space::Global:
    objects = global;
    break;
  case Space::Shared:
    objects = shared;
    break;
  case Space::Local:
    objects = local;
    break;
  default:
    break;
  }
  if (!objects || objectOf(address) >= objects->size())
    fail(address, "an access outside of memory");
  Object &object = (*objects)[objectOf(address)];
  if (offsetOf(address) + bytes > object.bytes.size())
    fail(address, "an access outside of its object");
  if (writes && object.readOnly)
    fail(address, "a write of constant memory");
  return object.bytes.data() + offsetOf(address);
}

} // namespace simt
