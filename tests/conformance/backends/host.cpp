// The host takes every tensor op of every format, but never a kernel.
#include "../conformance.h"

using namespace npu;

static const bool registered = conformance::registerBackend([] {
  conformance::Backend backend;
  backend.name = "host";
  backend.make = makeHostDevice;
  backend.fills = backend.copies = backend.hostCalls = backend.isMemoryHome = true;
  backend.epilogues = true;
  for (Format format : {Format::F64, Format::F32, Format::Tf32, Format::F16, Format::Bf16,
                        Format::Fp8E4M3, Format::Fp8E5M2, Format::Int32, Format::Int8,
                        Format::UInt8, Format::Int4, Format::C32, Format::C64}) {
    backend.products.push_back({format, format});
    backend.elementwise.push_back({format, format});
  }
  backend.products.push_back({Format::Int8, Format::Int32});
  return backend;
}());
