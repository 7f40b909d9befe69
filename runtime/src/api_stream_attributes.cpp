// Attributes of streams: hints to a scheduler and a cache that do not exist here. They are kept,
// and told to whoever asks.
#include "entry.h"

#include "stream.h"

#include <algorithm>

using namespace npu;
using namespace npu::core;

namespace {

Status checkAttribute(npuLaunchAttributeID attribute) {
  switch (attribute) {
  case npuLaunchAttributeAccessPolicyWindow:
  case npuLaunchAttributeSynchronizationPolicy:
  case npuLaunchAttributePriority:
  case npuLaunchAttributeMemSyncDomainMap:
  case npuLaunchAttributeMemSyncDomain:
    return {};
  default:
    return Status(npuErrorInvalidValue,
                  "streams do not have the attribute " + std::to_string(attribute));
  }
}

npuLaunchAttributeValue initialValue(npuLaunchAttributeID attribute) {
  npuLaunchAttributeValue value = {};
  if (attribute == npuLaunchAttributeSynchronizationPolicy)
    value.syncPolicy = npuSyncPolicyAuto;
  if (attribute == npuLaunchAttributeMemSyncDomainMap)
    value.memSyncDomainMap = {0, 1};
  return value;
}

} // namespace

extern "C" {

npuError_t npuStreamSetAttribute(npuStream_t stream, npuLaunchAttributeID attribute,
                                 const npuLaunchAttributeValue *value) {
  return entry("npuStreamSetAttribute", trace(stream, attribute, value), [&] {
    std::shared_ptr<Stream> found;
    if (!value)
      return Status(npuErrorInvalidValue, "the value is null");
    if (Status status = checkAttribute(attribute); !status)
      return status;
    if (Status status = findStream(stream, found); !status)
      return status;
    if (attribute == npuLaunchAttributePriority) {
      found->priority = std::clamp(value->priority, kHighestPriority, kLowestPriority);
      return Status();
    }
    std::lock_guard<std::mutex> lock(found->attributesMutex);
    found->attributes[attribute] = *value;
    return Status();
  });
}

npuError_t npuStreamGetAttribute(npuStream_t stream, npuLaunchAttributeID attribute,
                                 npuLaunchAttributeValue *value) {
  return entry("npuStreamGetAttribute", trace(stream, attribute, value), [&] {
    std::shared_ptr<Stream> found;
    if (!value)
      return Status(npuErrorInvalidValue, "the result is null");
    if (Status status = checkAttribute(attribute); !status)
      return status;
    if (Status status = findStream(stream, found); !status)
      return status;
    *value = initialValue(attribute);
    if (attribute == npuLaunchAttributePriority)
      value->priority = found->priority;
    std::lock_guard<std::mutex> lock(found->attributesMutex);
    if (const auto set = found->attributes.find(attribute); set != found->attributes.end())
      *value = set->second;
    return Status();
  });
}

npuError_t npuStreamCopyAttributes(npuStream_t dst, npuStream_t src) {
  return entry("npuStreamCopyAttributes", trace(dst, src), [&] {
    std::shared_ptr<Stream> to, from;
    if (Status status = findStream(dst, to); !status)
      return status;
    if (Status status = findStream(src, from); !status)
      return status;
    if (to == from)
      return Status();
    std::scoped_lock lock(to->attributesMutex, from->attributesMutex);
    to->attributes = from->attributes;
    to->priority = from->priority.load();
    return Status();
  });
}

} // extern "C"
