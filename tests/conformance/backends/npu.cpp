// The emulated NPU: tensor ops only, in the formats of its array. The precision variables are left
// out, because the tolerances are those of calls that ask for fp32.
#include "../conformance.h"

#include <cstdlib>

using namespace npu;

static Status makeWithDefaults(std::unique_ptr<Device> &device) {
  for (const char *variable : {"NPU_CONFIG", "NPU_FLOAT32_MATMUL_PRECISION", "NPU_MATMUL_FORMAT"})
    unsetenv(variable);
  return makeNpuDevice(device);
}

static const bool registered = conformance::registerBackend([] {
  conformance::Backend backend;
  backend.name = "npu";
  backend.make = makeWithDefaults;
  backend.modelsCost = backend.epilogues = true;
  for (Format format :
       {Format::F32, Format::Tf32, Format::F16, Format::Bf16, Format::Fp8E4M3, Format::Fp8E5M2}) {
    backend.products.push_back({format, format});
    backend.products.push_back({format, Format::F32});
    backend.elementwise.push_back({format, format});
    backend.elementwise.push_back({format, Format::F32});
  }
  backend.products.push_back({Format::Int8, Format::Int32});
  return backend;
}());
