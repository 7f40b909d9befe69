// What every DNN function shares: the handle, the registry of descriptors, the failure of a call,
// and dnnEntry, the boundary that checks, traces and keeps exceptions inside the library.
//
// Inside runtime/dnn a call that cannot go on throws Failure; dnnEntry turns it into the status
// code and one line of the log. Thread rule: handles and descriptors may be used from several
// threads; a call works on copies of what they hold.
#pragma once

#include "npu/dnn.h"
#include "src/core.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>

namespace npu::dnn {

struct Failure {
  npudnnStatus_t code;
  std::string message; // one sentence for the log
};

[[noreturn]] void badParameter(std::string message);
[[noreturn]] void unsupported(std::string message);
// BAD_PARAM unless `condition`.
inline void require(bool condition, const char *message) {
  if (!condition)
    badParameter(message);
}
inline void requirePointer(const void *pointer, const char *name) {
  if (!pointer)
    badParameter(std::string(name) + " is null");
}
// Throws when the core refused.
void check(const Status &status);

// Runs `body` as the API function `name`: logs the call (NPU_LOG=trace) or its failure
// (NPU_LOG=debug).
npudnnStatus_t dnnEntry(const char *name, const std::function<void()> &body) noexcept;
void logDebug(const std::string &line);

// Every object that a program holds by address. A null, foreign or destroyed address is recognised
// without being dereferenced.
struct Object {
  virtual ~Object() = default;
};
void keep(const void *address, std::shared_ptr<Object> object);
std::shared_ptr<Object> find(const void *address); // empty when there is none
bool forget(const void *address);

template <class Kind> const void *create() {
  auto object = std::make_shared<Kind>();
  const void *address = object.get();
  keep(address, std::move(object));
  return address;
}

// The object behind an address; BAD_PARAM when it is none of this kind.
template <class Kind> std::shared_ptr<Kind> get(const void *address, const char *name) {
  requirePointer(address, name);
  auto object = std::dynamic_pointer_cast<Kind>(find(address));
  if (!object)
    badParameter(std::string(name) + " was destroyed or is not a descriptor of its kind");
  return object;
}

struct Handle : Object {
  npuStream_t stream = nullptr;
};
// The stream of a live handle; NOT_INITIALIZED or BAD_PARAM otherwise.
npuStream_t streamOf(npudnnHandle_t handle);

// A pointer to one of the API's structs that stands for an object of the registry.
template <class Pointer, class Kind> void createObject(Pointer *result, const char *name) {
  requirePointer(result, name);
  *result = reinterpret_cast<Pointer>(const_cast<void *>(create<Kind>()));
}
template <class Kind> void destroyObject(const void *address, const char *name) {
  get<Kind>(address, name);
  forget(address);
}

// Puts a host function at the end of the handle's stream. What it throws fails the stream.
void enqueueHost(npuStream_t stream, const char *caller, std::function<void()> function);

// The two functions that every kind of descriptor has.
#define NPU_DNN_LIFETIME(name, Kind)                                                               \
  npudnnStatus_t npudnnCreate##name(npudnn##name##_t *result) {                                    \
    return dnnEntry("cudnnCreate" #name,                                                           \
                    [&] { createObject<npudnn##name##_t, Kind>(result, "the result"); });          \
  }                                                                                                \
  npudnnStatus_t npudnnDestroy##name(npudnn##name##_t descriptor) {                                \
    return dnnEntry("cudnnDestroy" #name,                                                          \
                    [&] { destroyObject<Kind>(descriptor, "the descriptor"); });                   \
  }

} // namespace npu::dnn
