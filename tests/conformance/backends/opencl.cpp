// The OpenCL device: memory, kernels, and matrix products of the formats that OpenCL C has.
#include "../conformance.h"

using namespace npu;

static const bool registered = conformance::registerBackend([] {
  conformance::Backend backend;
  backend.name = "opencl";
  backend.make = makeOpenclDevice;
  backend.fills = backend.copies = backend.launches = backend.isMemoryHome = true;
  backend.products = {{Format::F64, Format::F64},   {Format::F32, Format::F32},
                      {Format::F16, Format::F16},   {Format::F16, Format::F32},
                      {Format::Bf16, Format::Bf16}, {Format::Bf16, Format::F32},
                      {Format::C32, Format::C32},   {Format::C64, Format::C64}};
  return backend;
}());
