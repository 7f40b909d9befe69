// A descriptor of an operation graph: attributes by name until it is finalized, then a constant.
//
// dnn_graph_attributes.def says what each kind has; setting, reading and completeness are checked
// against it, so an operation's code sees attributes of the right type and number alone.
#pragma once

#include "dnn_context.h"

#include <map>
#include <vector>

namespace npu::dnn {

struct Graph;
struct GraphDescriptor;

enum class AttributeUse { Required, Optional, In, OptionalIn, Out, OptionalOut, Either, Result };

struct GraphAttribute {
  npudnnBackendAttributeType_t type = NPUDNN_TYPE_INT64;
  int64_t count = 0;
  std::vector<char> bytes;
  std::vector<std::shared_ptr<const GraphDescriptor>> descriptors; // TYPE_BACKEND_DESCRIPTOR
};

struct GraphDescriptor : Object {
  npudnnBackendDescriptorType_t kind = NPUDNN_BACKEND_TENSOR_DESCRIPTOR;
  bool finalized = false;
  std::map<npudnnBackendAttributeName_t, GraphAttribute> attributes;
  std::shared_ptr<const Graph> graph; // OPERATIONGRAPH, finalized

  bool has(npudnnBackendAttributeName_t name) const { return attributes.count(name) != 0; }
  // Of attributes that are there.
  const GraphAttribute &at(npudnnBackendAttributeName_t name) const;
  // Whole numbers of INT64, INT32, BOOLEAN, enumerators and FRACTION; NOT_SUPPORTED for others.
  std::vector<int64_t> integers(npudnnBackendAttributeName_t name) const;
  int64_t integer(npudnnBackendAttributeName_t name, int64_t otherwise = 0) const;
  double real(npudnnBackendAttributeName_t name, double otherwise) const; // FLOAT or DOUBLE
  template <class Enumeration>
  Enumeration enumerator(npudnnBackendAttributeName_t name, Enumeration otherwise) const {
    return Enumeration(integer(name, otherwise));
  }
  std::shared_ptr<const GraphDescriptor> descriptor(npudnnBackendAttributeName_t name) const;
};

// A row of the table.
struct AttributeRow {
  npudnnBackendDescriptorType_t kind;
  npudnnBackendAttributeName_t name;
  const char *text; // "CUDNN_ATTR_..."
  npudnnBackendAttributeType_t type;
  int64_t count;
  AttributeUse use;
};
const std::vector<AttributeRow> &attributeRows();
const char *kindName(npudnnBackendDescriptorType_t kind); // null: there is no such kind

} // namespace npu::dnn
