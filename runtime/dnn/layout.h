// A tensor's shape as a value, and the way between stored elements and packed arrays of numbers.
//
// The reference computations of this folder work on row-major packed arrays of float, or of double
// where the stored type needs it; any strides, formats and vectorised channels end here.
#pragma once

#include "dnn_context.h"
#include "npu/tensor_op.h"

#include <vector>

namespace npu::dnn {

struct Layout {
  npudnnDataType_t type = NPUDNN_DATA_FLOAT;
  std::vector<int64_t> dims, strides; // strides in elements, or in vectors of `vector` channels
  int64_t vector = 1;                 // channels (dimension 1) stored together: 4 or 32

  int64_t count() const; // elements
  int64_t span() const;  // elements from the first to the last, both included
  size_t bytes() const;  // of the memory from the first to the last element
  bool packed() const;   // row-major, nothing between elements
  int64_t size(size_t i) const { return i < dims.size() ? dims[i] : 1; }
};

bool isDataType(npudnnDataType_t type);
size_t elementBytes(npudnnDataType_t type); // of one number, also of a vectorised type
int64_t vectorLength(npudnnDataType_t type);
// The tensor ops' name of the type; false where they have none.
bool formatOf(npudnnDataType_t type, Format &format);
// Whether numbers of the type need double to be exact.
bool needsDouble(npudnnDataType_t type);

std::vector<int64_t> packedStrides(const std::vector<int64_t> &dims);
// Row-major strides with the channels (dimension 1) innermost.
std::vector<int64_t> channelsLastStrides(const std::vector<int64_t> &dims);
Layout packedLayout(npudnnDataType_t type, std::vector<int64_t> dims);

// The layout as a tensor op's operand; false when the ops have no such format.
bool tensorOf(const Layout &layout, const void *data, Tensor &tensor);

// BAD_PARAM when null, MAPPING_ERROR unless devices reach every byte.
void requireMemory(const Layout &layout, const void *data, const char *name);
void requireBytes(const void *data, size_t bytes, const char *name);

// A scaling factor: double for tensors of double, float for all others.
double scalarOf(npudnnDataType_t type, const void *address, const char *name);

// Every element in row-major order of `dims`. Real is float or double.
template <class Real> void gather(const Layout &layout, const void *data, Real *values);
// data = alpha * values + beta * data, rounded once; data is not read when beta is 0.
template <class Real>
void scatter(const Layout &layout, void *data, const Real *values, double alpha, double beta);

// The elements of a tensor for reading: its own memory where that is packed numbers of type Real,
// else a converted copy.
template <class Real> class Values {
public:
  Values(const Layout &layout, const void *data) {
    constexpr npudnnDataType_t own = sizeof(Real) == 8 ? NPUDNN_DATA_DOUBLE : NPUDNN_DATA_FLOAT;
    if (layout.type == own && layout.packed()) {
      first = static_cast<const Real *>(data);
      return;
    }
    copy.resize(size_t(layout.count()));
    gather(layout, data, copy.data());
    first = copy.data();
  }
  Values(const Values &) = delete;
  Values &operator=(const Values &) = delete;
  const Real *data() const { return first; }
  Real operator[](int64_t index) const { return first[index]; }

private:
  const Real *first;
  std::vector<Real> copy;
};

// Calls body with a value of the type in which a tensor of `type` is computed.
template <class Body> void withReal(npudnnDataType_t type, Body body) {
  if (needsDouble(type))
    body(double());
  else
    body(float());
}

} // namespace npu::dnn
