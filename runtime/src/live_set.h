// The objects that a library gave out by address, so that a destroyed or foreign address is
// recognised and never dereferenced. Any thread.
#pragma once

#include <memory>
#include <mutex>
#include <unordered_map>

namespace npu::core {

template <class T> class LiveSet {
public:
  T *add(std::unique_ptr<T> object) {
    std::lock_guard<std::mutex> lock(mutex);
    T *address = object.get();
    objects[address] = std::move(object);
    return address;
  }
  bool has(const T *address) const {
    std::lock_guard<std::mutex> lock(mutex);
    return objects.count(address);
  }
  // False when it was not there.
  bool remove(const T *address) {
    std::lock_guard<std::mutex> lock(mutex);
    return objects.erase(address);
  }
  // Never destroyed: programs call libraries from their own static destructors.
  static LiveSet &instance() {
    static LiveSet &set = *new LiveSet;
    return set;
  }

private:
  mutable std::mutex mutex;
  std::unordered_map<const T *, std::unique_ptr<T>> objects; // under mutex
};

} // namespace npu::core
