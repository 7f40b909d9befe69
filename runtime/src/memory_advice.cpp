// Hints by address: a map from where a state starts to the state, which holds until the next entry.
#include "memory_advice.h"

#include "core.h"

#include <algorithm>
#include <functional>
#include <map>
#include <mutex>
#include <set>

namespace npu::core {
namespace {

struct Hints {
  bool readMostly = false;
  int preferred = npuInvalidDeviceId, prefetched = npuInvalidDeviceId;
  std::set<int> accessedBy;

  bool operator==(const Hints &other) const {
    return readMostly == other.readMostly && preferred == other.preferred &&
           prefetched == other.prefetched && accessedBy == other.accessedBy;
  }
};

// Never destroyed: programs free memory in static destructors.
struct Table {
  std::mutex mutex;
  std::map<uintptr_t, Hints> starts; // under mutex; nothing before the first entry
};
Table &table() {
  static Table &instance = *new Table;
  return instance;
}

uintptr_t start(const void *pointer) { return reinterpret_cast<uintptr_t>(pointer); }

// Under the mutex: makes an entry start at `address` without changing what holds there.
std::map<uintptr_t, Hints>::iterator split(uintptr_t address) {
  auto &starts = table().starts;
  const auto next = starts.lower_bound(address);
  if (next != starts.end() && next->first == address)
    return next;
  return starts.emplace_hint(next, address,
                             next == starts.begin() ? Hints() : std::prev(next)->second);
}

void change(const void *pointer, size_t bytes, const std::function<void(Hints &)> &edit) {
  std::lock_guard<std::mutex> lock(table().mutex);
  split(start(pointer));
  const auto last = split(start(pointer) + bytes);
  for (auto it = table().starts.find(start(pointer)); it != last; ++it)
    edit(it->second);
  // Entries that say nothing new go, so that the map does not grow with what has been freed.
  auto &starts = table().starts;
  for (auto it = starts.find(start(pointer)), end = std::next(last); it != end;)
    it = it->second == (it == starts.begin() ? Hints() : std::prev(it)->second) ? starts.erase(it)
                                                                                : std::next(it);
}

// What every part of the range agrees on; npuInvalidDeviceId when parts differ.
Hints common(const void *pointer, size_t bytes) {
  std::lock_guard<std::mutex> lock(table().mutex);
  auto &starts = table().starts;
  auto it = starts.upper_bound(start(pointer));
  Hints result = it == starts.begin() ? Hints() : std::prev(it)->second;
  for (; it != starts.end() && it->first < start(pointer) + bytes; ++it) {
    const Hints &other = it->second;
    result.readMostly &= other.readMostly;
    if (result.preferred != other.preferred)
      result.preferred = npuInvalidDeviceId;
    if (result.prefetched != other.prefetched)
      result.prefetched = npuInvalidDeviceId;
    std::set<int> both;
    std::set_intersection(result.accessedBy.begin(), result.accessedBy.end(),
                          other.accessedBy.begin(), other.accessedBy.end(),
                          std::inserter(both, both.end()));
    result.accessedBy = std::move(both);
  }
  return result;
}

int locationType(int device) {
  return device == npuInvalidDeviceId ? npuMemLocationTypeInvalid
         : device == npuCpuDeviceId   ? npuMemLocationTypeHost
                                      : npuMemLocationTypeDevice;
}

} // namespace

Status rememberAdvice(const void *pointer, size_t bytes, npuMemoryAdvise advice, int device) {
  switch (advice) {
  case npuMemAdviseSetReadMostly:
  case npuMemAdviseUnsetReadMostly:
    change(pointer, bytes, [=](Hints &h) { h.readMostly = advice == npuMemAdviseSetReadMostly; });
    return {};
  case npuMemAdviseSetPreferredLocation:
    change(pointer, bytes, [=](Hints &h) { h.preferred = device; });
    return {};
  case npuMemAdviseUnsetPreferredLocation:
    change(pointer, bytes, [](Hints &h) { h.preferred = npuInvalidDeviceId; });
    return {};
  case npuMemAdviseSetAccessedBy:
    change(pointer, bytes, [=](Hints &h) { h.accessedBy.insert(device); });
    return {};
  case npuMemAdviseUnsetAccessedBy:
    change(pointer, bytes, [=](Hints &h) { h.accessedBy.erase(device); });
    return {};
  }
  return Status(npuErrorInvalidValue, "unknown advice " + std::to_string(advice));
}

void rememberPrefetch(const void *pointer, size_t bytes, int device) {
  change(pointer, bytes, [=](Hints &h) { h.prefetched = device; });
}

void forgetAdvice(const void *pointer, size_t bytes) {
  {
    std::lock_guard<std::mutex> lock(table().mutex);
    if (table().starts.empty())
      return;
  }
  change(pointer, bytes, [](Hints &h) { h = {}; });
}

Status rangeAttribute(void *data, size_t dataBytes, npuMemRangeAttribute attribute,
                      const void *pointer, size_t bytes) {
  int *const numbers = static_cast<int *>(data);
  const size_t count = dataBytes / sizeof(int);
  if (!data || count == 0 || dataBytes % sizeof(int) || bytes == 0)
    return Status(npuErrorInvalidValue, "the result is null or of a wrong size");
  if (!deviceCanReach(pointer, bytes))
    return Status(npuErrorInvalidValue, "the range is not in one allocation");
  const Hints hints = common(pointer, bytes);
  if (attribute == npuMemRangeAttributeAccessedBy) {
    size_t at = 0;
    for (int device : hints.accessedBy)
      if (at < count)
        numbers[at++] = device;
    std::fill(numbers + at, numbers + count, int(npuInvalidDeviceId));
    return {};
  }
  if (count != 1)
    return Status(npuErrorInvalidValue, "the attribute is one 32-bit integer");
  const auto id = [](int device) { return device == npuCpuDeviceId ? 0 : device; };
  switch (attribute) {
  case npuMemRangeAttributeReadMostly:
    *numbers = hints.readMostly;
    return {};
  case npuMemRangeAttributePreferredLocation:
    *numbers = hints.preferred;
    return {};
  case npuMemRangeAttributeLastPrefetchLocation:
    *numbers = hints.prefetched;
    return {};
  case npuMemRangeAttributePreferredLocationType:
    *numbers = locationType(hints.preferred);
    return {};
  case npuMemRangeAttributePreferredLocationId:
    *numbers = id(hints.preferred);
    return {};
  case npuMemRangeAttributeLastPrefetchLocationType:
    *numbers = locationType(hints.prefetched);
    return {};
  case npuMemRangeAttributeLastPrefetchLocationId:
    *numbers = id(hints.prefetched);
    return {};
  default:
    return Status(npuErrorInvalidValue, "unknown attribute " + std::to_string(attribute));
  }
}

} // namespace npu::core
