// See graph_descriptor.h. The life of a descriptor: create, set attributes, finalize (graph.cpp),
// read.
#include "graph_descriptor.h"

#include "graph.h"

#include <cstring>

namespace npu::dnn {

const std::vector<AttributeRow> &attributeRows() {
  static const std::vector<AttributeRow> rows = {
#define GRAPH_DESCRIPTOR(name, value)
#define GRAPH_ATTRIBUTE(descriptor, name, value, type, count, use)                                 \
  {NPUDNN_BACKEND_##descriptor,                                                                    \
   NPUDNN_ATTR_##name,                                                                             \
   "CUDNN_ATTR_" #name,                                                                            \
   NPUDNN_TYPE_##type,                                                                             \
   count,                                                                                          \
   AttributeUse::use},
#define GRAPH_ABSENT(name, value, reason)
#define GRAPH_ABSENT_ATTRIBUTE(name, value)
#include "npu/api/dnn_graph_attributes.def"
  };
  return rows;
}

const char *kindName(npudnnBackendDescriptorType_t kind) {
  switch (kind) {
#define GRAPH_DESCRIPTOR(name, value)                                                              \
  case NPUDNN_BACKEND_##name:                                                                      \
    return "CUDNN_BACKEND_" #name;
#define GRAPH_ATTRIBUTE(descriptor, name, value, type, count, use)
#define GRAPH_ABSENT(name, value, reason)                                                          \
  case NPUDNN_BACKEND_##name:                                                                      \
    return "CUDNN_BACKEND_" #name;
#define GRAPH_ABSENT_ATTRIBUTE(name, value)
#include "npu/api/dnn_graph_attributes.def"
  }
  return nullptr;
}

namespace {

// NOT_SUPPORTED for the kinds that are named and no more.
void requirePresent(npudnnBackendDescriptorType_t kind) {
  switch (kind) {
#define GRAPH_DESCRIPTOR(name, value)
#define GRAPH_ATTRIBUTE(descriptor, name, value, type, count, use)
#define GRAPH_ABSENT(name, value, reason)                                                          \
  case NPUDNN_BACKEND_##name:                                                                      \
    unsupported("CUDNN_BACKEND_" #name ": " reason);
#define GRAPH_ABSENT_ATTRIBUTE(name, value)
#include "npu/api/dnn_graph_attributes.def"
  default:
    return;
  }
}

size_t bytesOf(npudnnBackendAttributeType_t type) {
  switch (type) {
  case NPUDNN_TYPE_HANDLE:
  case NPUDNN_TYPE_VOID_PTR:
  case NPUDNN_TYPE_BACKEND_DESCRIPTOR:
    return sizeof(void *);
  case NPUDNN_TYPE_INT64:
  case NPUDNN_TYPE_DOUBLE:
    return 8;
  case NPUDNN_TYPE_FRACTION:
    return sizeof(npudnnFraction_t);
  case NPUDNN_TYPE_BOOLEAN:
  case NPUDNN_TYPE_CHAR:
    return 1;
  default: // float, int32 and enumerators
    return 4;
  }
}

// Whether an attribute of `declared` may be given as `type`.
bool accepts(npudnnBackendAttributeType_t declared, npudnnBackendAttributeType_t type) {
  return type == declared || (declared == NPUDNN_TYPE_DOUBLE && type == NPUDNN_TYPE_FLOAT) ||
         (declared == NPUDNN_TYPE_FRACTION && type == NPUDNN_TYPE_INT64);
}

const AttributeRow &rowOf(const GraphDescriptor &descriptor, npudnnBackendAttributeName_t name) {
  for (const AttributeRow &row : attributeRows())
    if (row.name == name && row.kind == descriptor.kind)
      return row;
  for (const AttributeRow &row : attributeRows())
    if (row.name == name)
      badParameter(std::string(row.text) + " is no attribute of " + kindName(descriptor.kind));
  unsupported("there is no attribute with the number " + std::to_string(int(name)));
}

template <class T> T elementAt(const GraphAttribute &attribute, size_t index) {
  T value;
  std::memcpy(&value, attribute.bytes.data() + index * sizeof(T), sizeof value);
  return value;
}

} // namespace

const GraphAttribute &GraphDescriptor::at(npudnnBackendAttributeName_t name) const {
  auto found = attributes.find(name);
  if (found == attributes.end())
    badParameter(std::string(rowOf(*this, name).text) + " was not set");
  return found->second;
}

std::vector<int64_t> GraphDescriptor::integers(npudnnBackendAttributeName_t name) const {
  const GraphAttribute &attribute = at(name);
  std::vector<int64_t> values;
  for (size_t i = 0; i < size_t(attribute.count); ++i) {
    if (attribute.type == NPUDNN_TYPE_INT64) {
      values.push_back(elementAt<int64_t>(attribute, i));
    } else if (attribute.type == NPUDNN_TYPE_BOOLEAN) {
      values.push_back(elementAt<bool>(attribute, i));
    } else if (attribute.type == NPUDNN_TYPE_FRACTION) {
      const auto fraction = elementAt<npudnnFraction_t>(attribute, i);
      require(fraction.denominator != 0, "a fraction's denominator is 0");
      if (fraction.numerator % fraction.denominator != 0)
        unsupported(std::string(rowOf(*this, name).text) + " is no whole number");
      values.push_back(fraction.numerator / fraction.denominator);
    } else {
      values.push_back(elementAt<int32_t>(attribute, i));
    }
  }
  return values;
}

int64_t GraphDescriptor::integer(npudnnBackendAttributeName_t name, int64_t otherwise) const {
  return has(name) ? integers(name).at(0) : otherwise;
}

double GraphDescriptor::real(npudnnBackendAttributeName_t name, double otherwise) const {
  if (!has(name))
    return otherwise;
  const GraphAttribute &attribute = at(name);
  return attribute.type == NPUDNN_TYPE_FLOAT ? double(elementAt<float>(attribute, 0))
                                             : elementAt<double>(attribute, 0);
}

std::shared_ptr<const GraphDescriptor>
GraphDescriptor::descriptor(npudnnBackendAttributeName_t name) const {
  return has(name) ? at(name).descriptors.at(0) : nullptr;
}

} // namespace npu::dnn

using namespace npu::dnn;

npudnnStatus_t npudnnBackendCreateDescriptor(npudnnBackendDescriptorType_t descriptorType,
                                             npudnnBackendDescriptor_t *descriptor) {
  return dnnEntry("cudnnBackendCreateDescriptor", [&] {
    requirePointer(descriptor, "the result");
    if (!kindName(descriptorType))
      unsupported("there is no kind of descriptor with the number " +
                  std::to_string(int(descriptorType)));
    requirePresent(descriptorType);
    auto object = std::make_shared<GraphDescriptor>();
    object->kind = descriptorType;
    *descriptor = object.get();
    keep(*descriptor, std::move(object));
  });
}

npudnnStatus_t npudnnBackendDestroyDescriptor(npudnnBackendDescriptor_t descriptor) {
  return dnnEntry("cudnnBackendDestroyDescriptor",
                  [&] { destroyObject<GraphDescriptor>(descriptor, "the descriptor"); });
}

npudnnStatus_t npudnnBackendInitialize(npudnnBackendDescriptor_t descriptor) {
  return dnnEntry("cudnnBackendInitialize", [&] {
    auto object = get<GraphDescriptor>(descriptor, "the descriptor");
    object->attributes.clear();
    object->graph.reset();
    object->finalized = false;
  });
}

npudnnStatus_t npudnnBackendSetAttribute(npudnnBackendDescriptor_t descriptor,
                                         npudnnBackendAttributeName_t attributeName,
                                         npudnnBackendAttributeType_t attributeType,
                                         int64_t elementCount, const void *arrayOfElements) {
  return dnnEntry("cudnnBackendSetAttribute", [&] {
    auto object = get<GraphDescriptor>(descriptor, "the descriptor");
    if (object->finalized)
      throw Failure{NPUDNN_STATUS_NOT_INITIALIZED, "the descriptor is finalized already"};
    const AttributeRow &row = rowOf(*object, attributeName);
    const std::string name = row.text;
    require(row.use != AttributeUse::Result, (name + " can only be read").c_str());
    require(accepts(row.type, attributeType), (name + " is not of that type").c_str());
    require(elementCount >= 0 && elementCount <= row.count,
            (name + " has not that many elements").c_str());
    require(elementCount == 0 || arrayOfElements, "arrayOfElements is null");
    GraphAttribute attribute;
    attribute.type = attributeType, attribute.count = elementCount;
    if (attributeType == NPUDNN_TYPE_BACKEND_DESCRIPTOR) {
      auto elements = static_cast<const npudnnBackendDescriptor_t *>(arrayOfElements);
      for (int64_t i = 0; i < elementCount; ++i) {
        auto part = get<GraphDescriptor>(elements[i], row.text);
        require(part->finalized, (name + " is not finalized").c_str());
        attribute.descriptors.push_back(std::move(part));
      }
    } else {
      const char *bytes = static_cast<const char *>(arrayOfElements);
      attribute.bytes.assign(bytes, bytes + size_t(elementCount) * bytesOf(attributeType));
    }
    if (elementCount == 0)
      object->attributes.erase(attributeName);
    else
      object->attributes[attributeName] = std::move(attribute);
  });
}

npudnnStatus_t npudnnBackendGetAttribute(const npudnnBackendDescriptor_t descriptor,
                                         npudnnBackendAttributeName_t attributeName,
                                         npudnnBackendAttributeType_t attributeType,
                                         int64_t requestedElementCount, int64_t *elementCount,
                                         void *arrayOfElements) {
  return dnnEntry("cudnnBackendGetAttribute", [&] {
    const auto object = get<GraphDescriptor>(descriptor, "the descriptor");
    if (!object->finalized)
      throw Failure{NPUDNN_STATUS_NOT_INITIALIZED, "the descriptor is not finalized"};
    const AttributeRow &row = rowOf(*object, attributeName);
    require(accepts(row.type, attributeType), "the attribute is not of that type");
    require(requestedElementCount >= 0, "requestedElementCount is negative");
    const GraphAttribute attribute =
        row.use == AttributeUse::Result ? graphResult(object, attributeName)
        : object->has(attributeName)    ? object->at(attributeName)
                                        : GraphAttribute{attributeType, 0, {}, {}};
    require(attribute.count == 0 || attribute.type == attributeType,
            "the attribute was set with another type");
    if (elementCount)
      *elementCount = attribute.count;
    const int64_t count = std::min(requestedElementCount, attribute.count);
    if (count == 0 || !arrayOfElements)
      return;
    if (attributeType != NPUDNN_TYPE_BACKEND_DESCRIPTOR) {
      std::memcpy(arrayOfElements, attribute.bytes.data(), size_t(count) * bytesOf(attributeType));
      return;
    }
    // The caller has made descriptors, which become these.
    auto results = static_cast<npudnnBackendDescriptor_t *>(arrayOfElements);
    for (int64_t i = 0; i < count; ++i) {
      auto result = get<GraphDescriptor>(results[i], "an element");
      const GraphDescriptor &source = *attribute.descriptors[size_t(i)];
      require(result->kind == source.kind, "an element is a descriptor of another kind");
      result->attributes = source.attributes, result->graph = source.graph;
      result->finalized = source.finalized;
    }
  });
}
